"""One wrong run folder spoils nothing: it is one sentence, wherever it is looked at, and its neighbor is intact."""

import json
import shutil
from contextlib import suppress

import pytest
from epochscope.exports import archive, tables, tensorboard
from epochscope.files import append_to, opened, remove_unwritten, write_whole
from epochscope.inspect.health import notes
from epochscope.rights import PROGRAM
from epochscope.runs.format.points import track
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.thumbnails import opened_sheet
from epochscope.runs.library import catalog, trash
from epochscope.runs.library.compare import asked, numbers, settings, titles
from epochscope.runs.library.history import History
from epochscope.runs.training.resume import reason_not_resumable
from epochscope.server import live, of_points
from epochscope.types import EpochscopeError

from tests.runs.wrong_folders import ARRAYS, FILES, FIXTURES, PCA, one_epoch_of, place, variants

VICTIM, NEIGHBOR = "20260101-000000-victim-0000000000", "20260101-000001-neighbor-0000000000"
ALL = list(variants())
OTHERS = [one for one in ALL if one.name.count(":") == 1]
FIELDS = [one for one in ALL if one.name.count(":") == 2]


def one_sentence(error: object) -> None:
    text = str(error)
    assert text.strip()
    assert "\n" not in text
    assert len(text) < 1000
    assert "Traceback" not in text


def told(action) -> object:
    """What an action returns, or None after one sentence; every other exception fails the test."""
    try:
        return action()
    except EpochscopeError as error:
        one_sentence(error)
        return None


def as_json(value: object) -> None:
    json.dumps(value, allow_nan=False)


def glance_at(run: Run) -> None:
    """What the lists and the browser's socket read of a run."""
    told(run.check)
    told(lambda: as_json(live.info(run)))
    told(lambda: live._bundle(run, 0, PCA, 0))
    told(lambda: reason_not_resumable(run))


def look_at(run: Run) -> None:
    """What pages and exports read of a run."""
    told(lambda: live.state(run, PCA))
    told(lambda: as_json(of_points.point_colors(run, 3)))
    told(lambda: as_json(of_points.neighbors(run, 3, 0)))
    told(lambda: tables.csv([run]))
    told(lambda: tables.parquet([run]))
    told(lambda: tensorboard.projector_zip(run, 3))
    told(lambda: numbers([run.epochs()]))
    told(lambda: titles([asked(run), asked(run)]))
    told(lambda: settings([asked(run)]))
    told(lambda: track(run.frames(PCA), 0))
    past = History(run)
    told(lambda: _notes(run, past))
    for name in ("z", "q", "p", "labels", "centers"):
        told(lambda name=name: run.array(3, name))
        told(lambda name=name: past.rows(name, 0))


def _notes(run: Run, past: History) -> None:
    if info := run.info:
        spreads, changes = past.spreads(), run.param_changes()
        notes(
            run.epochs(),
            n=info["n"],
            k=info["k"],
            one_cluster=info["one_cluster"],
            spreads=spreads,
            param_changes=changes,
        )


def survives(name: str, *, thorough: bool) -> None:
    found = {one.id: one for one in catalog.entries()}
    assert (found[NEIGHBOR].state, found[NEIGHBOR].epochs) == ("done", 4), name
    for one in found.values():
        one_sentence(one.message or "-")
    assert NEIGHBOR in [run.id for run in runs()]
    run = told(lambda: Run(VICTIM))
    if run:
        glance_at(run)
    if run and thorough:
        look_at(run)
        content = told(lambda: archive.packed([run]))
        if content:
            for taken in told(lambda: archive.unpack(content, "runs.zip", PROGRAM)) or ():
                shutil.rmtree(run.folder.parent / taken)


def try_all(chosen, thorough) -> None:
    place("schema_2", NEIGHBOR)
    folder = place("schema_2", VICTIM)
    for number, variant in enumerate(chosen):
        try:
            variant.change(folder)
            survives(variant.name, thorough=thorough(number, variant))
        except Exception as error:
            error.add_note(variant.name)
            raise
        finally:
            wrong = folder / variant.file
            shutil.rmtree(wrong) if wrong.is_dir() else wrong.unlink(missing_ok=True)
            if (FIXTURES / "schema_2" / variant.file).exists():
                shutil.copy2(FIXTURES / "schema_2" / variant.file, wrong)
    assert catalog.entry(VICTIM).state == "done"


@pytest.mark.parametrize("part", range(2))
def test_whatever_is_wrong_is_one_sentence(part):
    """A quarter of the wrong fields and all other variants; a tenth of these is read in every way there is."""
    try_all([*FIELDS[part::8], *OTHERS[part::2]], lambda number, variant: number % 10 == 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("epochs.jsonl:all at once", "overlap"),
        ("epochs.jsonl:as the last", "overlap"),
        ("epochs.jsonl:all large at once", "8000000 bytes instead of"),
    ],
)
def test_channels_share_no_bytes(name, words):
    next(one for one in ALL if one.name == name).change(place("schema_2", VICTIM))
    with pytest.raises(EpochscopeError, match=words):
        Run(VICTIM).epochs()


def test_no_epoch_is_larger_than_a_message_may_be():
    """299 MB of zeros are no file in a zip, but one message to each viewer."""
    one_epoch_of(100_000_000)(place("schema_2", VICTIM))
    run = Run(VICTIM)
    with pytest.raises(EpochscopeError, match="more than 64,000,000"):
        run.epochs()
    assert len(run.journal.whole()[0]) == 3


@pytest.mark.parametrize("file", [*FILES, ARRAYS, "frames.bin", "points.safetensors", "sprites.png", "sprites-1.png"])
def test_nothing_is_read_or_written_through_a_link(file, tmp_path):
    """A folder that others may write names what this program alone may read, or what it had better not cut off."""
    folder, elsewhere = place("schema_2", VICTIM), tmp_path / "elsewhere"
    path = folder / file
    content = path.read_bytes() if path.exists() else b"private"
    elsewhere.write_bytes(content)
    path.unlink(missing_ok=True)
    path.symlink_to(elsewhere)
    with pytest.raises(OSError, match="not a file"):
        opened(path)
    assert opened_sheet(folder, 0) is None or not file.startswith("sprites")
    assert opened_sheet(folder, 1) is None
    if run := told(lambda: Run(VICTIM)):
        glance_at(run)
        assert file != ARRAYS or told(lambda: run.array(3, "z")) is None
        assert file != "frames.bin" or told(lambda: live._bundle(run, 0, PCA, 0)) is None
        with suppress(OSError):
            run.journal.repair()
    with pytest.raises(OSError, match="symbolic links"):
        append_to(path, b"more")
    assert elsewhere.read_bytes() == content


@pytest.mark.parametrize("part", ["arrays", "projections", f"projections/{PCA}"])
def test_nothing_is_read_written_or_deleted_through_a_folder_that_is_a_link(part, tmp_path):
    folder, elsewhere = place("schema_2", VICTIM), tmp_path / "elsewhere"
    (folder / part).rename(elsewhere)
    (folder / part).symlink_to(elsewhere)
    (elsewhere / ".kept.1.1").write_text("as if a writer had left it")
    before = {path: path.stat().st_size for path in elsewhere.rglob("*")}
    run = Run(VICTIM)
    file = next(path for path in (folder / part).rglob("*.*") if path.is_file() and not path.name.startswith("."))
    look_at(run)
    for act in (opened, lambda path: append_to(path, b"more"), lambda path: write_whole(path, b"")):
        with pytest.raises(OSError, match="its folder is a link"):
            act(file)
    with pytest.raises(OSError, match="its folder is a link"):
        remove_unwritten(folder / part)
    if part == "arrays":
        assert told(lambda: run.array(3, "z")) is None
    else:
        assert told(lambda: run.frames(PCA).lines()) is None
    assert {path: path.stat().st_size for path in elsewhere.rglob("*")} == before


def test_a_run_that_lies_elsewhere_is_a_run_and_only_its_link_is_deleted(tmp_path):
    """Whoever runs the server may put a run, or all of them, on another disk."""
    folder = place("schema_2", VICTIM)
    folder.rename(tmp_path / "run")
    folder.symlink_to(tmp_path / "run")
    assert Run(VICTIM).epochs()
    assert Run(VICTIM).array(3, "z").size
    trash.throw_away(VICTIM, PROGRAM)
    assert trash.restore(trash.thrown_away(PROGRAM), PROGRAM) == [VICTIM]
    trash.throw_away(VICTIM, PROGRAM)
    assert trash.empty(PROGRAM) == 1
    assert not any(trash.trash_folder().glob("[!.]*"))
    assert (tmp_path / "run" / "run.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_whatever_is_wrong_is_one_sentence_in_every_way_of_reading(part):
    try_all(ALL[part::8], lambda number, variant: True)
