"""Thousands of runs: ended ones are read once, by whichever program comes first. Counted in files, not in seconds."""

import os
import shutil
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library import catalog, summaries

from tests.runs.wrong_folders import FIXTURES
from tests.support.waiting import until

COUNT = 60


def laid(number: int) -> Path:
    """A copy of a committed run, whose large files are links."""
    folder = runs_folder() / f"20260101-{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}-run-{number:010x}"
    shutil.copytree(FIXTURES / "schema_2", folder, copy_function=os.link)
    return folder


class Opened:
    """Counts the files that are opened below a folder."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.root = ""
        self.thread = 0
        sys.addaudithook(self._hear)  # there is no way to take it off again

    def _hear(self, event: str, of: tuple) -> None:
        if event == "open" and self.root and threading.get_ident() == self.thread and str(of[0]).startswith(self.root):
            self.names[Path(str(of[0])).name] += 1

    def during(self, action) -> Counter[str]:
        """The names of the files that an action opens among the runs."""
        self.names, self.root, self.thread = Counter(), str(runs_folder()), threading.get_ident()
        try:
            action()
        finally:
            self.root = ""
        return self.names


@pytest.fixture(scope="module")
def opened() -> Opened:
    return Opened()


@pytest.fixture(autouse=True)
def folders():
    found = [laid(number) for number in range(COUNT)]
    another_program()
    yield found
    another_program()


def another_program() -> None:
    """Forgets what this process knows of runs, as another program knows nothing."""
    catalog._known.clear()
    catalog._readers.clear()
    catalog._latest.clear()
    summaries._stored.clear()


def test_they_are_read_once_by_this_program(opened):
    assert opened.during(catalog.entries)["run.json"] == COUNT
    again = opened.during(catalog.entries)
    assert sum(again.values()) == 0, again


def test_the_next_program_reads_one_file(opened):
    first = catalog.entries()
    another_program()
    again = opened.during(catalog.entries)
    assert again == {summaries.FILE: 1}
    assert catalog.entries() == first


def test_only_what_has_changed_is_read_again(opened, folders):
    catalog.entries()
    another_program()
    metadata.write(folders[3].parent / folders[3].name, Metadata(name="mine", tags=("a",)), PROGRAM)
    shutil.rmtree(folders[5])
    again = opened.during(catalog.entries)
    assert again["run.json"] == 1
    listed = {one.id: one for one in catalog.entries()}
    assert len(listed) == COUNT - 1
    assert listed[folders[3].name].metadata.name == "mine"


def test_an_id_that_comes_back_is_read_again(opened, folders):
    catalog.entries()
    shutil.rmtree(folders[0])
    catalog.entries()
    shutil.copytree(FIXTURES / "gone", folders[0])
    assert opened.during(catalog.entries)["run.json"] == 1
    assert catalog.entry(folders[0].name).title == "XYZ on Vanished, k = 3, seed 0"


@pytest.mark.parametrize("content", [b"\xff" * 100, b"\x93" * 100_000], ids=["cut", "deep"])
def test_a_damaged_file_of_summaries_is_no_loss(opened, content):
    first = catalog.entries()
    another_program()
    (runs_folder() / summaries.FILE).write_bytes(content)
    assert opened.during(catalog.entries)["run.json"] == COUNT
    assert catalog.entries() == first
    another_program()
    assert opened.during(catalog.entries) == {summaries.FILE: 1}  # it has been written again


def test_another_version_reads_for_itself(opened, monkeypatch):
    catalog.entries()
    another_program()
    monkeypatch.setattr(summaries, "_FORMAT", "another")
    assert opened.during(catalog.entries)["run.json"] == COUNT


def test_a_folder_that_cannot_be_written_is_listed_all_the_same(opened, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(summaries, "write_whole", refuse)
    assert len(catalog.entries()) == COUNT
    assert not (runs_folder() / summaries.FILE).exists()
    assert sum(opened.during(catalog.entries).values()) == 0


def test_a_page_reads_no_more_than_it_has_time_for(opened, folders, monkeypatch):
    """Without time a page reads nothing; the rest is read behind it, the newest first, and what is known is listed."""
    order, read = [], catalog.read_entry
    monkeypatch.setattr(catalog, "read_entry", lambda folder, run_id: order.append(run_id) or read(folder, run_id))
    made = opened.during(lambda: catalog.listing(-1.0))
    assert made["run.json"] == 0
    known, unread = 0, COUNT
    while unread:
        listed, unread = catalog.listing(-1.0)
        assert len(listed) + unread == COUNT
        assert len(listed) >= known
        known = len(listed)
    until(lambda: catalog.unread() == 0)
    assert list(dict.fromkeys(order)) == sorted((one.name for one in folders), reverse=True)
    assert opened.during(catalog.entries)["run.json"] == 0


def test_a_run_that_cannot_be_read_holds_up_no_other(monkeypatch, folders):
    """One read of many raises; the others are listed, and that one is tried again."""
    read, bad, refused = catalog.read_entry, folders[7].name, True

    def refuse(folder, run_id):
        if refused and run_id == bad:
            raise OSError(5, "Input/output error")
        return read(folder, run_id)

    monkeypatch.setattr(catalog, "read_entry", refuse)
    until(lambda: catalog.listing(-1.0).unread == 1)
    refused = False
    until(lambda: catalog.listing(-1.0).unread == 0)
    assert bad in [one.id for one in catalog.entries()]


def test_an_interrupted_run_is_not_read_again_and_again(opened, folders):
    (folders[3] / "status.json").unlink()
    (folders[3] / "status.json").write_text('{"state": "running", "epochs": 1, "total": 9, "updated": 0.0}')
    first = {one.id: one for one in catalog.entries()}
    assert first[folders[3].name].state == "interrupted"
    again = opened.during(catalog.entries)
    assert again["epochs.jsonl"] == 0
    assert {one.id: one for one in catalog.entries()} == first


def test_many_pages_that_ask_at_the_same_time_look_once(opened):
    catalog.entries()
    stats = []

    def counted(*of):
        stats.append(of)
        return ()

    assert len(catalog.recent_entries(60.0)) == COUNT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "_names", counted)
        catalog.recent_entries(60.0)
    assert not stats


def test_runs_of_one_setting_are_found_without_reading_them(opened):
    catalog.entries()
    another_program()
    settings = {one.settings for one in catalog.entries()}
    assert len(settings) == 1
    assert settings != {""}
