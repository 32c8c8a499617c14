"""Run folders as zips: there and back unchanged; whatever else a zip holds is one sentence, and nothing is written."""

import io
import json
import os
import re
import shutil
import stat
import threading
import zipfile

import pytest
from epochscope.__main__ import main
from epochscope.exports import archive
from epochscope.rights import PROGRAM, Kind, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.disk import folder_bytes
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.spec import RunSpec, runs_folder, thing_of_run
from epochscope.runs.library.catalog import entries, entry
from epochscope.runs.library.history import history
from epochscope.runs.library.trash import empty, remove, restore, throw_away
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.writer import RunWriter
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError
from PIL import Image

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
    compute_frames(run, ProjectionSpec("pca", {}))
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
    ("key", "dataset"), [("dec", "digits"), ("kmeans", "blobs"), pytest.param("dgg", "blobs", marks=pytest.mark.slow)]
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
        (b"no zip at all", "truncated or damaged"),
        (b"", "truncated or damaged"),
        (one_file("run/run.json")[:-30], "truncated or damaged"),
        (archive.packed([]), "holds no run"),
    ):
        with pytest.raises(EpochscopeError, match=words) as told:
            archive.unpack(content, "evil.zip", PROGRAM)
        assert "\n" not in str(told.value)
    assert not runs_folder().exists() or listing() == []


def test_more_than_the_disk_has(monkeypatch):
    content = archive.packed([made()])
    before = listing()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: os.terminal_size((0, 0)) and type("", (), {"free": 9})())
    with pytest.raises(EpochscopeError, match="of the disk of"):
        archive.unpack(content, "runs.zip", PROGRAM)
    assert listing() == before


LINE_2 = r"epochs.jsonl is damaged at line 2|arrays/00000"


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
        ({"run.json": with_spec(method=7)}, "method must be"),
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
        ({"arrays/000001.safetensors": None}, "arrays/000001"),
        ({"arrays/000001.safetensors": b"\xff" * 64}, "arrays/000001"),
        ({"frames.bin": b"12"}, "epochs.jsonl"),
        ({"epochs.jsonl": b"garbage\n"}, "epochs.jsonl"),
        ({"epochs.jsonl": b"[]\n"}, "epochs.jsonl"),
        (
            {"epochs.jsonl": lines(run, lambda table: table[1].update(epoch=7))},
            LINE_2,
        ),
        (
            {"epochs.jsonl": lines(run, lambda table: table[1].update(losses={"x": "<b>"}))},
            LINE_2,
        ),
        (
            {"epochs.jsonl": lines(run, lambda table: table[1]["has"].update(z=2))},
            LINE_2,
        ),
        (
            {"epochs.jsonl": lines(run, lambda table: table[1]["has"].update(evil=1))},
            LINE_2,
        ),
        ({"epochs.jsonl": lines(run, lambda table: table[0]["at"].update(labels=[-9, 3]))}, "epochs.jsonl"),
        ({"marks.jsonl": b'{"at": {}}\n'}, "marks.jsonl"),
    ]
    before = listing()
    for files, words in wrong:
        with pytest.raises(EpochscopeError, match=words) as told:
            archive.unpack(changed(content, **files), "runs.zip", PROGRAM)
        assert "\n" not in str(told.value)
        assert listing() == before


def png(mode: str, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG")
    return file.getvalue()


def test_pictures_are_as_many_and_as_large_as_the_run_says():
    run = made("dec", "digits")
    content = archive.packed([run])
    with Image.open(run.folder / "sprites.png") as file:
        size = file.size
    for wrong in (
        b"<svg onload=alert(1)>",
        png("RGBA", size),
        png("L", (size[0], size[1] - 1)),
        png("L", (size[0] * 2, size[1])),
        png("L", size)[:-30],
        None,
    ):
        with pytest.raises(EpochscopeError, match=r"sprites\.png"):
            archive.unpack(changed(content, **{"sprites.png": wrong}), "runs.zip", PROGRAM)


def test_pictures_of_which_the_run_does_not_speak_are_left_out():
    content = changed(archive.packed([made()]), **{"sprites.png": b"<svg onload=alert(1)>"})
    (run_id,) = archive.unpack(content, "runs.zip", PROGRAM)
    assert not (Run(run_id).folder / "sprites.png").exists()


def zeros(content: bytes, size: int) -> bytes:
    """The zip with a long file of zeros: bytes of frames to which no line points."""
    return changed(content, **{"frames.bin": bytes(size)})


def test_more_than_200_mb_are_asked_for():
    """299 MB of zeros take 292 kB in a zip."""
    content = zeros(archive.packed([made()]), 299_000_000)
    assert len(content) < 400_000
    assert re.fullmatch(r"1 run, 299\.\d MB unpacked", archive.announced(content, "runs.zip").words)
    before = listing()
    with pytest.raises(EpochscopeError, match=r"299\.\d MB unpacked"):
        archive.unpack(content, "runs.zip", PROGRAM)
    assert listing() == before
    (run_id,) = archive.unpack(content, "runs.zip", PROGRAM, large=True)
    assert folder_bytes(Run(run_id).folder) < 1_000_000  # what no line points to is cut off


def test_the_command_line_asks_too(tmp_path, capsys):
    (tmp_path / "runs.zip").write_bytes(zeros(archive.packed([made()]), 250_000_000))
    assert main(["import", str(tmp_path / "runs.zip")]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main(["import", str(tmp_path / "runs.zip"), "--yes"]) == 0
    told = capsys.readouterr()
    assert "1 run, 250." in told.err
    assert Run(told.out.strip()).epochs()


VISITOR, OTHER = (Visitor(Kind.BROWSER, mark * 64) for mark in "ab")


def test_one_person_fills_no_shared_disk(monkeypatch):
    content = archive.packed([made()])
    size = archive.announced(content, "runs.zip").bytes
    monkeypatch.setenv("EPOCHSCOPE_DISK_EACH", str(1.5 * size / 1e9))
    monkeypatch.setenv("EPOCHSCOPE_SHARED", "own")
    (mine,) = archive.unpack(content, "runs.zip", VISITOR)
    throw_away(mine, VISITOR)
    with pytest.raises(EpochscopeError, match="is the most for one person here: delete some, and empty the trash"):
        archive.unpack(content, "runs.zip", VISITOR)  # the trash counts, too
    archive.unpack(content, "runs.zip", OTHER)
    empty(VISITOR)
    archive.unpack(content, "runs.zip", VISITOR)


def test_an_id_in_somebody_s_trash_stays_theirs():
    run = made()
    content = archive.packed([run])
    throw_away(run.id, PROGRAM)
    (taken,) = archive.unpack(content, "runs.zip", VISITOR)
    assert taken != run.id
    assert restore([run.id], PROGRAM) == [run.id]
    assert thing_of_run(taken).owner == VISITOR.mark
    assert thing_of_run(run.id).owner == ""


def test_two_zips_with_one_id_at_the_same_time():
    content = archive.packed([run := made()])
    remove(run, PROGRAM)
    taken: list[str] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(archive.unpack(content, "runs.zip", PROGRAM))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 6
    assert {one.id for one in entries()} == set(taken)


def test_either_all_runs_are_taken_or_none(monkeypatch):
    content = archive.packed([made(), made()])
    before, place, placed = listing(), archive._place, []

    def fails_at_the_second(*of):
        if placed:
            raise OSError(28, "No space left on device")
        placed.append(place(*of))
        return placed[0]

    monkeypatch.setattr(archive, "_place", fails_at_the_second)
    with pytest.raises(EpochscopeError, match="the disk is full"):
        archive.unpack(content, "runs.zip", PROGRAM)
    assert placed
    assert listing() == before


def test_a_group_of_somebody_else_is_not_joined():
    run = made()
    metadata.write(run.folder, Metadata(group="theirs", group_title="a sweep"), PROGRAM)
    content = archive.packed([run])
    (taken,) = archive.unpack(content, "runs.zip", VISITOR)
    assert entry(taken).metadata.group not in ("", "theirs")
    assert entry(taken).metadata.group_title == "a sweep"


def test_a_run_whose_writer_died_comes_as_interrupted():
    content = changed(archive.packed([made()]), **{"status.json": b'{"state": "running", "message": ""}'})
    (taken,) = archive.unpack(content, "runs.zip", PROGRAM)
    assert json.loads((Run(taken).folder / "status.json").read_text())["state"] == "interrupted"
    assert entry(taken).state == "interrupted"


def test_a_deleted_id_that_comes_back_is_read_afresh():
    """The same id with other content: nothing that was remembered of the first is shown of the second."""
    run = made()
    content = archive.packed([run])
    first = open_run(run.id)
    assert (len(first.epochs()), entry(run.id).epochs) == (4, 4)
    assert unpacked(live.bundle(first, epochs=0, projection="", frames=0))[0]["epochs"]
    shorter = {"epochs.jsonl": lines(first, lambda table: table.pop())}
    shorter |= {path.relative_to(run.folder).as_posix(): b"" for path in run.folder.rglob("frames.jsonl")}
    remove(run, PROGRAM)
    assert archive.unpack(changed(content, **shorter), "runs.zip", PROGRAM) == [run.id]
    again = open_run(run.id)
    assert again is not first
    assert (len(again.epochs()), entry(run.id).epochs, len(history(again).rows("z", 0))) == (3, 3, 3)
    assert len(unpacked(live.bundle(again, epochs=0, projection="", frames=0))[0]["epochs"]) == 3


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
