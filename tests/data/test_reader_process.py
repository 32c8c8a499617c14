"""Reading in a process of its own: the same data as without; whatever a file does there is one sentence here."""

import ast
import io
import os
import re
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from epochscope.__main__ import main
from epochscope.data.own import process, wire
from epochscope.data.own.questions import Question
from epochscope.data.own.raw import Raw
from epochscope.data.own.read import read
from epochscope.types import EpochscopeError
from scipy.sparse import csr_matrix

from tests.data.bombs import BOMBS
from tests.data.own_files import image, packed, tenx, zipped
from tests.support.waiting import until

CORE = Path(__file__).parents[2] / "core" / "epochscope"
CSV = b"id,width,kind\n1,1.5,oak\n2,,elm\n3,2.5,\n4,7,oak\n"
CELLS = csr_matrix(np.arange(12.0).reshape(4, 3) % 5)
FILES = {
    "csv": CSV,
    "npz": packed(np.savez, X=np.arange(6.0).reshape(3, 2), y=np.array(["a", "b", "a"])),
    "10x": tenx(CELLS),
    "pictures": zipped({f"{i % 2}/{i}.png": image(np.full((4, 5), 40 * i, np.uint8)) for i in range(4)}),
}
RAW = Raw(
    {"n": np.array([1.0, np.nan]), "w": np.array(["ä\n", None], object), "empty": np.array([None, None], object)},
    np.ones((2, 6), np.float32),
    np.zeros((2, 1, 2, 3), np.uint8),
    "a note",
    csr_matrix(np.eye(2)),
    ("f1", "f2"),
    "w",
    ("n",),
    ("so",),
    (Question("key", "Label", ("one", "two"), "two", "Why."),),
    True,
)


def same(one: Raw, other: Raw) -> None:
    for name, a, b in zip(Raw._fields, one, other, strict=True):
        if name == "columns":
            assert list(a) == list(b)
            for column in a:
                assert a[column].dtype == b[column].dtype
                np.testing.assert_array_equal(a[column], b[column])
        elif name == "matrix" and a is not None:
            assert a.shape == b.shape
            assert (a != b).nnz == 0
        elif isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b, name


@pytest.fixture(autouse=True)
def _nobody_waits():
    yield
    process._waiting.dismiss()


def test_everything_travels():
    stream = io.BytesIO()
    wire.send(stream, RAW)
    stream.seek(0)
    answer = wire.receive(io.BufferedReader(stream), 10_000)
    same(RAW, answer.raw)


def test_a_damaged_answer_is_no_answer():
    """What comes back was made from a stranger's file: no byte of it is believed."""
    stream = io.BytesIO()
    wire.send(stream, RAW)
    whole = stream.getvalue()
    random = np.random.default_rng(0)
    for _ in range(1500):
        broken = bytearray(whole[: random.integers(len(whole)) + 1])
        broken[random.integers(len(broken))] ^= 1 << random.integers(8)
        try:
            wire.receive(io.BufferedReader(io.BytesIO(bytes(broken))), 10_000)
        except wire.NoAnswerError:
            continue
    with pytest.raises(wire.NoAnswerError):
        wire.receive(io.BufferedReader(io.BytesIO(whole)), 20)


@pytest.mark.parametrize("kind", FILES)
def test_the_same_data_as_without_a_process(kind):
    same(read(FILES[kind], kind), process.read(FILES[kind], kind))


def test_answers_and_sentences_come_through():
    german = b"a;b\n1,5;2\n3,5;4\n"
    assert process.read(german, "a.csv").columns["a"].tolist() == [1.5, 3.5]
    assert process.read(german, "a.csv", {"decimal": "1.5 (point)"}).columns["a"].tolist() == ["1,5", "3,5"]
    with pytest.raises(EpochscopeError, match=r"^a\.csv is empty"):
        process.read(b" \n", "a.csv")
    with pytest.raises(EpochscopeError, match="unsupported format"):
        process.read(b"\0\1\2\3", "a.bin")


def test_a_path_is_read_too(tmp_path):
    (tmp_path / "a.csv").write_bytes(CSV)
    assert process.read(tmp_path / "a.csv").rows == 4
    with pytest.raises(EpochscopeError, match="Is a directory"):
        process.read(tmp_path)


def test_only_the_process_reads_files_of_people():
    """Nothing else in the program calls a reader: what a stranger sends is never expanded in the server."""
    for path in CORE.rglob("*.py"):
        if path in (CORE / "data/own/child.py", CORE / "data/own/read.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "epochscope.data.own.read":
                assert "read" not in {one.name for one in node.names}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert ast.unparse(node.func) != "read.read", path


def test_the_process_ends_and_gives_its_memory_back():
    process.prepare()
    child = process._waiting._process
    assert process.read(CSV, "a.csv").rows == 4
    assert child.poll() is not None
    assert process._waiting._process is None


def test_who_waits_ends_when_nobody_comes(monkeypatch):
    monkeypatch.setattr(process, "_IDLE_SECONDS", 0.01)
    process.prepare()
    until(lambda: process._waiting._process is None)


def test_a_waiting_process_that_has_died_is_replaced():
    process.prepare()
    process._waiting._process.kill()
    process._waiting._process.wait()
    assert process.read(CSV, "a.csv").rows == 4


class GoneError(Exception):
    """The person has gone on."""


def test_whoever_goes_on_ends_the_reading():
    children = []

    def leave(seconds: float) -> None:
        raise GoneError

    process.prepare()
    children.append(process._waiting._process)
    with pytest.raises(GoneError):
        process.read(b"1,2\n" * 3_000_000, "long.csv", progress=leave)
    assert children[0].poll() is not None
    assert process.read(CSV, "a.csv").rows == 4  # its place is free again


def test_a_process_that_is_killed_is_a_sentence():
    process.prepare()
    child = process._waiting._process
    threading.Timer(0.3, child.kill).start()
    with pytest.raises(EpochscopeError, match=r"long\.csv needs more than"):
        process.read(b"1,2\n" * 8_000_000, "long.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.parametrize(
    ("status", "words"),
    [(-signal.SIGSEGV, "has crashed"), (-signal.SIGABRT, "or is damaged"), (-signal.SIGXCPU, "takes longer than 20 s")],
)
def test_each_end_is_a_sentence(status, words):
    with pytest.raises(EpochscopeError, match=words):
        process._Reading(b"x", "a.csv", {})._raw(status, late=False)


def test_the_limit_is_a_setting(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_READER_MB", "1000")
    assert process.limits(0).memory == 1000 << 20


def test_a_large_file_may_take_more_than_a_small_one():
    assert process.limits(1000).memory >> 20 == 512
    assert process.limits(200 << 20).memory > 1 << 30
    assert process.limits(10**12).memory == 3 << 30


def test_no_more_than_two_at_a_time():
    """The third waits, and may go away meanwhile."""
    with process._places, process._places:

        def leave(seconds: float) -> None:
            raise GoneError

        with pytest.raises(GoneError):
            process.read(CSV, "a.csv", progress=leave)


def test_a_process_that_cannot_be_started_is_a_sentence(monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/nowhere/python")
    with pytest.raises(EpochscopeError, match="cannot be started"):
        process.read(CSV, "a.csv")


def test_modules_beside_the_file_are_not_run(tmp_path, monkeypatch):
    """Somebody unpacks a folder and reads the file in it from there: what else lies there is not imported."""
    (tmp_path / "numpy.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "a.csv").write_bytes(CSV)
    monkeypatch.chdir(tmp_path)
    assert process.read(Path("a.csv")).rows == 4
    assert not (tmp_path / "ran").exists()


def test_the_command_line_reads_in_the_process(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    (tmp_path / "bomb.npz").write_bytes(next(bomb.make() for bomb in BOMBS if bomb.name == "zeros.npz"))
    command = ["run", "--dataset", "own", "--data.file", str(tmp_path / "bomb.npz"), "--method", "kmeans"]
    assert main(command) != 0
    assert "bomb.npz needs more than 512 MB of memory to read" in "".join(capsys.readouterr())


def resident() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def outcome(read) -> str:
    """The sentence that a reading came to; "" where there are data."""
    try:
        read()
        return ""
    except EpochscopeError as error:
        return str(error)


def defused(bombs) -> None:
    """Reads each: as it is said, within the limits, and this process is as large as before."""
    for bomb in bombs:
        content = bomb.make()
        before, most = resident(), 0.0
        process.prepare()
        child = process._waiting._process.pid

        def look(seconds: float, child: int = child) -> None:
            nonlocal most
            pages = Path(f"/proc/{child}/statm").read_text().split()
            most = max(most, int(pages[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if len(pages) > 1 else 0)

        said = outcome(lambda content=content, bomb=bomb, look=look: process.read(content, bomb.name, progress=look))
        assert re.search(bomb.said, said) if bomb.said else not said, (bomb.name, said)
        assert "\n" not in said
        assert most < 560, (bomb.name, most)  # MB: 512 MiB and a little for large files
        assert resident() < before + 60, bomb.name


QUICK = ("one word", "nested", "arrays never", "link", "zeros.npz", "huge.png")
IN_PROC = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is looked up in /proc")


@IN_PROC
def test_some_bombs():
    """Those that take no time to make; all of them are slow."""
    defused(bomb for bomb in BOMBS if any(word in bomb.name for word in QUICK))


@IN_PROC
@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS, ids=[bomb.name for bomb in BOMBS])
def test_each_bomb(bomb):
    defused([bomb])
