"""Whatever befalls the projections: each request is answered by frames, or by a sentence why there are none."""

import errno
import functools
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format import locks, memory_frames
from epochscope.runs.format.points import track
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training import heavy_projections, projection_frames
from epochscope.runs.training.projection_frames import Derivation, ProjectionSpec, compute_frames
from epochscope.runs.training.projector import Projector
from epochscope.server import live
from epochscope.server.bundle import unpacked

from tests.support import waiting
from tests.support.training import recorded

PCA = ProjectionSpec("pca", {})
TSNE = ProjectionSpec("tsne", {"perplexity": 10.0, "first": 50, "iterations": 5})
until = functools.partial(waiting.until, seconds=180)  # the process runs at low priority
linux = pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")


@pytest.fixture(autouse=True)
def _nothing_known():
    memory_frames._kept.clear()
    memory_frames._refusals.clear()


@pytest.fixture
def projector():
    made = Projector()
    yield made
    made.shutdown()


def made(seed: int = 0, epochs: int = 3) -> Run:
    """A run with one epoch more than that."""
    small = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": epochs - 2, "cluster.tol": 0.0}
    run = recorded(RunSpec("blobs", "dec", 3, seed, data={"n": 150}, params=small))
    assert len(run.epochs()) == epochs + 1
    return run


def frames(run: Run, spec: ProjectionSpec) -> list[int]:
    return sorted({line["epoch"] for line in run.frames(spec.name).lines()})


def process_of(projector: Projector) -> subprocess.Popen:
    return until(lambda: projector._heavy._process)


def sent(run: Run, spec: ProjectionSpec) -> dict:
    """What a viewer is told of a projection who has no frames of it."""
    return unpacked(live._bundle(run, 0, spec.name, 0))[0]


@pytest.mark.slow
def test_a_process_that_is_killed_is_started_again_and_asked_again(projector):
    runs = [made(seed=seed, epochs=20) for seed in (0, 1)]
    for run in runs:
        projector.request(run, TSNE, PROGRAM)
    until(lambda: len(frames(runs[1], TSNE)) > 2)
    first = process_of(projector)
    first.kill()
    for run in runs:
        until(lambda run=run: frames(run, TSNE) == list(range(21)))
    assert process_of(projector).pid != first.pid
    assert first.returncode is not None, "it was waited for: no zombie"


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_has_nothing_to_do(projector):
    run, other = (made(seed=seed, epochs=3) for seed in (0, 1))
    projector.request(run, TSNE, PROGRAM)
    until(lambda: not projector._heavy._wanted)
    process_of(projector).kill()
    projector.request(other, TSNE, PROGRAM)
    until(lambda: frames(other, TSNE) == [0, 1, 2, 3])


def test_five_runs_asked_for_at_once_are_all_answered_and_none_waits_for_the_end_of_another(projector):
    runs = [made(seed=seed, epochs=6) for seed in range(5)]
    for run in runs:
        projector.request(run, TSNE, PROGRAM)
    until(lambda: all(len(frames(run, TSNE)) > 0 for run in runs))
    assert any(len(frames(run, TSNE)) < 7 for run in runs)
    for run in runs:
        until(lambda run=run: frames(run, TSNE) == list(range(7)))


def test_more_requests_than_files_may_be_open(monkeypatch):
    from epochscope.runs.training import projection_process

    monkeypatch.setattr(projection_process, "_MOST_OPEN", 2)
    said = []
    requests = projection_process.Requests(said.append)
    runs = [made(seed=seed, epochs=3) for seed in range(5)]
    for run in runs:
        requests.take({"run": run.id, "folder": str(run.folder), "name": PCA.name, "key": "pca", "params": {}})
    for _ in range(100):
        requests.step()
        assert sum(derivation._opened for derivation in requests._active.values()) <= 5
    assert not len(requests)
    assert {message["answered"][0] for message in said if "answered" in message} == {str(run.folder) for run in runs}
    assert all(frames(run, PCA) == [0, 1, 2, 3] for run in runs)


def test_a_run_outside_the_folder_of_runs_is_projected_where_it_lies(tmp_path):
    """As a notebook shows one; another run of the same name lies among the others."""
    from epochscope.runs.training import projection_process

    run = made(epochs=3)
    elsewhere = Run(run.id, Path(shutil.copytree(run.folder, tmp_path / "elsewhere" / run.id)))
    said = []
    requests = projection_process.Requests(said.append)
    requests.take({**heavy_projections._asked(elsewhere, PCA), "name": PCA.name})
    while len(requests):
        requests.step()
    assert frames(elsewhere, PCA) == [0, 1, 2, 3]
    assert frames(run, PCA) == []


@linux
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process")
def test_a_disk_that_is_full_for_the_process_shows_frames_from_memory(projector):
    first, run = made(seed=0, epochs=3), made(seed=1, epochs=6)
    projector.request(first, TSNE, PROGRAM)
    until(lambda: frames(first, TSNE) == [0, 1, 2, 3])
    resource.prlimit(process_of(projector).pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    projector.request(run, TSNE, PROGRAM)
    until(lambda: frames(run, TSNE) == list(range(7)))
    assert memory_frames.frames_in_memory(run.folder / "projections" / TSNE.name)
    header = sent(run, TSNE)
    assert sorted(line["epoch"] for line in header["frames"]) == list(range(7))
    assert not header["live"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_frames_that_cannot_be_stored_are_computed_in_memory(monkeypatch, code, caplog, capfd):
    run, stored = made(epochs=6), made(epochs=6)
    compute_frames(stored, PCA)

    def refused(path, timeout):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locks, "taken", refused)
    compute_frames(run, PCA)
    assert not (run.folder / "projections" / PCA.name / "frames.bin").exists()
    assert [line["epoch"] for line in run.frames(PCA.name).lines()] == [6, 0, 1, 2, 3, 4, 5]
    for mine, theirs in zip(run.frames(PCA.name).lines(), stored.frames(PCA.name).lines(), strict=True):
        assert run.frames(PCA.name).read(mine["at"]["xy"]) == stored.frames(PCA.name).read(theirs["at"]["xy"])
    assert len(track(run.frames(PCA.name), 7)[0]) == 7
    assert not sent(run, PCA).get("projection_error")
    assert not caplog.records
    assert "Traceback" not in capfd.readouterr().err


def test_what_watchers_ask_for_fills_neither_the_disk_nor_the_share_of_whoever_trained(monkeypatch):
    run, spec = made(epochs=4), ProjectionSpec("pca", {"points": 100})
    compute_frames(run, PCA)
    with monkeypatch.context() as few:
        few.setattr(memory_frames, "MOST_STORED", 1)
        compute_frames(run, spec)
        compute_frames(run, PCA)  # it is among those that are
    monkeypatch.setenv("EPOCHSCOPE_DISK_FREE", "1e9")
    compute_frames(run, ProjectionSpec("pca", {"points": 110}))
    assert [path.name for path in (run.folder / "projections").iterdir()] == [PCA.name]
    assert len(run.frames(spec.name).lines()) == 5


def test_a_disk_that_fills_up_in_the_middle(monkeypatch):
    run = made(epochs=6)
    real, room = projection_frames.Journal.append, iter(range(3))

    def append(self, line, parts):
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, line, parts)

    monkeypatch.setattr(projection_frames.Journal, "append", append)
    compute_frames(run, PCA)
    lines = run.frames(PCA.name).lines()
    assert [line["epoch"] for line in lines] == [6, 0, 1, 2, 3, 4, 5]
    assert run.frames(PCA.name).lines_path.read_bytes().count(b"\n") == 3
    assert all(len(run.frames(PCA.name).read(line["at"]["xy"])) == 4 * 150 for line in lines)


def test_a_lock_that_a_stopped_process_keeps_is_not_waited_for(monkeypatch):
    run = made(epochs=4)
    monkeypatch.setattr(projection_frames, "_STALLED_SECONDS", 0.3)
    with Derivation(run, PCA) as holder:
        holder.step()
        compute_frames(run, PCA)
        assert frames(run, PCA) == [0, 1, 2, 3, 4]
        assert len(run.frames(PCA.name).lines()) == 5, "what the other had stored was not computed again"


def test_another_process_that_gets_on_is_left_to_its_work(monkeypatch):
    run = made(epochs=4)
    with Derivation(run, PCA) as holder:
        other, clock = Derivation(Run(run.id), PCA), [0.0]
        monkeypatch.setattr(projection_frames.time, "monotonic", lambda: clock[0])
        for _ in range(5):
            assert not other.step()
            clock[0] += projection_frames._STALLED_SECONDS - 1
            holder.step()
        for _ in range(5):
            clock[0] += projection_frames._STALLED_SECONDS
            assert not other.step()
    assert memory_frames.frames_in_memory(other.folder) is None
    assert other.finished


OUTLIVES = """
import sys
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.runs.training.projector import Projector
projector = Projector()
projector.request(Run(sys.argv[1]), ProjectionSpec("tsne", {"iterations": 500}), PROGRAM)
while projector._heavy._process is None:
    pass
print(projector._heavy._process.pid, flush=True)
sys.stdin.read()
"""


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie that some other program has to bury."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@linux
@pytest.mark.parametrize("stopped", [True, False])
def test_the_process_ends_with_its_server_even_while_it_is_stopped(stopped):
    run = made(epochs=30)
    command = [sys.executable, "-c", OUTLIVES, run.id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        child = int(server.stdout.readline())
        lock = run.folder / "projections" / ProjectionSpec("tsne", {"iterations": 500}).name / "lock"
        until(lambda: lock.exists() and locks.holder(lock) is locks.Holder.SOMEBODY)
        if stopped:
            os.kill(child, signal.SIGSTOP)
        server.kill()
        server.wait()
        until(lambda: not alive(child))
        until(lambda: locks.holder(lock) is locks.Holder.NOBODY)  # its files are closed a moment later


def test_a_process_that_cannot_even_start_is_told_after_some_tries(projector, monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(heavy_projections.sys, "executable", str(broken))
    monkeypatch.setattr(heavy_projections, "_PAUSE_SECONDS", 0.01)
    run = made(epochs=3)
    projector.request(run, TSNE, PROGRAM)
    told = until(lambda: sent(run, TSNE).get("projection_error"))
    assert told == "The process that computes it ended 3 times at its start."
    assert not sent(run, TSNE)["live"]
    projector.request(run, TSNE, PROGRAM)  # at once it would be the same
    assert not projector._heavy._wanted


@pytest.mark.slow
def test_what_kills_the_process_each_time_is_told(projector, monkeypatch):
    monkeypatch.setattr(heavy_projections, "_PAUSE_SECONDS", 0.01)
    run = made(epochs=60)
    projector.request(run, ProjectionSpec("tsne", {}), PROGRAM)
    spec = ProjectionSpec("tsne", {})
    end = time.monotonic() + 120
    while not memory_frames.refusal(run.folder / "projections" / spec.name) and time.monotonic() < end:
        process = projector._heavy._process
        lock = run.folder / "projections" / spec.name / "lock"
        if process and lock.exists() and locks.holder(lock) is locks.Holder.SOMEBODY:
            process.kill()
            process.wait()
        time.sleep(0.01)
    assert "t-SNE ended its process 3 times" in sent(run, spec)["projection_error"]


def test_a_mistake_of_a_projection_is_a_sentence(monkeypatch, capfd):
    run = made(epochs=3)

    def wrong(self, epoch):
        raise ValueError("negative\nsizes")

    monkeypatch.setattr(Derivation, "_frame", wrong)
    compute_frames(run, PCA)
    assert sent(run, PCA)["projection_error"] == "PCA failed (ValueError: negative sizes)."


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(memory_frames, "MOST_BYTES", 30_000)
    runs = [made(seed=seed, epochs=3) for seed in range(3)]

    def refused(path, timeout):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(locks, "taken", refused)
    for run in runs:
        compute_frames(run, PCA)
    assert sum(kept.size for kept in memory_frames._kept.values()) <= 30_000
    assert frames(runs[2], PCA) == [0, 1, 2, 3]
