"""Run folders as zips: there and back unchanged; whatever else a zip holds is one sentence, and nothing is written."""

import io
import json
import os
import stat
import zipfile

import pytest
from epochscope.exports import archive
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.format.store import Run, RunWriter, remove
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec, derive
from epochscope.runs.training.record import Control
from epochscope.types import EpochscopeError

SMALL = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 2}


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


def made(key: str = "dec", dataset: str = "blobs") -> Run:
    writer = RunWriter(
        RunSpec(dataset, key, 3, 0, data={"n": 120} if dataset == "blobs" else {}, params=SMALL), PROGRAM
    )
    train(writer, Control())
    run = Run(writer.id)
    derive(run, ProjectionSpec("pca", {}))
    return run


def contents(run: Run) -> dict[str, bytes]:
    paths = (path for path in run.folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in paths}


def listing() -> list[str]:
    return sorted(str(path) for path in runs_folder().rglob("*"))


def changed(content: bytes, **files) -> bytes:
    """The zip with some files replaced (None: left out), by path with __ for the slash after the run's id."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        top = old.namelist()[0].split("/")[0]
        for name in old.namelist():
            short = name.removeprefix(f"{top}/")
            value = files.get(short, old.read(name))
            if value is not None:
                new.writestr(name, value)
        for name in files.keys() - {name.removeprefix(f"{top}/") for name in old.namelist()}:
            new.writestr(f"{top}/{name}", files[name])
    return out.getvalue()


@pytest.mark.parametrize(
    ("key", "dataset"), [("dec", "blobs"), ("dec", "digits"), ("kmeans", "blobs"), ("dgg", "blobs")]
)
def test_there_and_back(key, dataset):
    if key != "dec":
        writer = RunWriter(RunSpec(dataset, key, 3, 0, data={"n": 120}), PROGRAM)
        train(writer, Control())
        run = Run(writer.id)
    else:
        run = made(key, dataset)
    before, content = contents(run), archive.packed([run])
    remove(run, PROGRAM)
    assert archive.unpack(content, "runs.zip", PROGRAM) == [run.id]
    assert contents(Run(run.id)) == before
    assert entries()[0].state == "done"


def test_several_runs_and_ids_that_are_taken():
    runs = [made(), made()]
    found = archive.unpack(archive.packed(runs), "runs.zip", PROGRAM)
    assert len(found) == 2
    assert not {run.id for run in runs} & set(found)
    assert len(entries()) == 4
    assert [len(Run(one).epochs()) for one in found] == [len(run.epochs()) for run in runs]


def test_a_run_cut_off_in_its_last_line_comes_along():
    run = made()
    with run.journal.lines_path.open("ab") as file:
        file.write(b'{"epoch": 5, "pha')
    content = archive.packed([run])
    assert len(Run(archive.unpack(content, "runs.zip", PROGRAM)[0]).epochs()) == len(run.epochs())


def test_a_live_run_is_not_packed():
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0), PROGRAM)
    with pytest.raises(EpochscopeError, match="still training"):
        archive.packed([Run(writer.id)])
    writer.finish("stopped")


def one_file(name: str, content: bytes = b"x", mode: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        file.writestr(info, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../evil/run.json",
        "/etc/run.json",
        "run/../../x/run.json",
        "run/arrays/../../../x",
        "run\\..\\x",
        "C:/run.json",
        ".trash/run.json",
        "run/evil.py",
        "run/arrays/1.safetensors",
        "run/projections/../frames.bin",
        "run.json",
        "run/lock",
        "a" * 200 + "/run.json",
    ],
)
def test_names_that_lead_elsewhere(name):
    with pytest.raises(EpochscopeError, match=r"no file of a run|no run"):
        archive.unpack(one_file(name), "evil.zip", PROGRAM)
    assert not runs_folder().exists() or listing() == []


def test_links_bombs_and_other_files():
    for content, words in (
        (one_file("run/run.json", b"/etc/passwd", stat.S_IFLNK | 0o777), "no file of a run"),
        (one_file("run/frames.bin", bytes(400_000_000)), "no set of runs does"),
        (one_file("run/frames.bin"), "has no run.json"),
        (b"no zip at all", "cut off or damaged"),
        (b"", "cut off or damaged"),
        (one_file("run/run.json")[:-30], "cut off or damaged"),
        (archive.packed([]), "holds no run"),
    ):
        with pytest.raises(EpochscopeError, match=words) as told:
            archive.unpack(content, "evil.zip", PROGRAM)
        assert "\n" not in str(told.value)
    assert not runs_folder().exists() or listing() == []


def test_more_than_the_disk_has(monkeypatch):
    content = archive.packed([made()])
    before = listing()
    monkeypatch.setattr(
        archive.shutil, "disk_usage", lambda path: os.terminal_size((0, 0)) and type("", (), {"free": 9})()
    )
    with pytest.raises(EpochscopeError, match="more than the disk"):
        archive.unpack(content, "runs.zip", PROGRAM)
    assert listing() == before


def lines(run: Run, change) -> bytes:
    table = [json.loads(line) for line in run.journal.lines_path.read_text().splitlines()]
    change(table)
    return "".join(json.dumps(line) + "\n" for line in table).encode()


def test_wrong_content_is_named_and_nothing_is_written():
    run = made()
    content = archive.packed([run])
    spec, info = json.loads((run.folder / "run.json").read_text()), json.loads((run.folder / "info.json").read_text())

    def with_spec(**values) -> bytes:
        return json.dumps({**spec, "spec": {**spec["spec"], **values}}).encode()

    wrong = [
        ({"run.json": with_spec(schema=99)}, "newer epochscope"),
        ({"run.json": with_spec(method="nope")}, "no method 'nope'"),
        ({"run.json": with_spec(k="three")}, "k must be a whole number"),
        ({"run.json": with_spec(extra=1)}, "run.json"),
        ({"run.json": b"[]"}, "run.json"),
        ({"run.json": b"[" * 100_000}, "run.json"),
        ({"status.json": None}, "status.json"),
        ({"status.json": b'{"state": "happy", "message": ""}'}, "status.json"),
        ({"info.json": None}, "info.json"),
        ({"info.json": json.dumps({**info, "n": 10**12}).encode()}, "info.json"),
        ({"info.json": json.dumps({**info, "m": 7}).encode()}, "info.json|points"),
        ({"points.safetensors": b"\xff" * 100}, "points.safetensors"),
        ({"sprites.png": b"<svg onload=alert(1)>"}, "sprites.png"),
        ({"arrays/000001.safetensors": None}, "arrays/000001"),
        ({"arrays/000001.safetensors": b"\xff" * 64}, "arrays/000001"),
        ({"frames.bin": b"12"}, "epochs.jsonl or frames.bin"),
        ({"epochs.jsonl": b"garbage\n"}, "epochs.jsonl"),
        ({"epochs.jsonl": b"[]\n"}, "epochs.jsonl"),
        ({"epochs.jsonl": lines(run, lambda table: table[1].update(epoch=7))}, "line 2 of epochs.jsonl"),
        ({"epochs.jsonl": lines(run, lambda table: table[1].update(losses={"x": "<b>"}))}, "line 2 of epochs.jsonl"),
        ({"epochs.jsonl": lines(run, lambda table: table[1]["has"].update(z=2))}, "line 2 of epochs.jsonl"),
        ({"epochs.jsonl": lines(run, lambda table: table[1]["has"].update(evil=1))}, "line 2 of epochs.jsonl"),
        ({"epochs.jsonl": lines(run, lambda table: table[0]["at"].update(labels=[-9, 3]))}, "epochs.jsonl"),
        ({"marks.jsonl": b'{"at": {}}\n'}, "marks.jsonl"),
    ]
    before = listing()
    for files, words in wrong:
        with pytest.raises(EpochscopeError, match=words) as told:
            archive.unpack(changed(content, **files), "runs.zip", PROGRAM)
        assert "\n" not in str(told.value)
        assert listing() == before


def test_cut_at_any_byte():
    content = archive.packed([made()])
    before = listing()
    for end in range(0, len(content) - 1, max(1, len(content) // 60)):
        with pytest.raises(EpochscopeError):
            archive.unpack(content[:end], "runs.zip", PROGRAM)
    assert listing() == before


def test_flipped_bytes_are_refused_or_harmless():
    """Every member has a checksum: a flipped byte in one is noticed; one in the zip's own tables names no file."""
    content = bytearray(archive.packed([made()]))
    for place in range(0, len(content), max(1, len(content) // 80)):
        broken = bytearray(content)
        broken[place] ^= 0x55
        try:
            for run_id in archive.unpack(bytes(broken), "runs.zip", PROGRAM):
                assert Run(run_id).epochs()
        except EpochscopeError:
            continue
