"""A sweep through Dask: the same runs as each alone, whatever ends on the way."""

import threading

import pytest
from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.sweeps import cluster, drive, worker
from epochscope.types import EpochscopeError, Progress

from tests.support.counting import COUNT
from tests.support.training import recorded, same_runs

distributed = pytest.importorskip("distributed")


def spec(method: str = "kmeans", seed: int = 0, k: int = 4) -> RunSpec:
    return RunSpec("blobs", method, k, seed, data={"n": 60}, params={"epochs": 6})


@pytest.fixture(scope="module")
def client():
    """Two workers as threads of this process, each with one run at a time."""
    here = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=50
    )
    with here, distributed.Client(here, set_as_default=False) as client:
        yield client


class Told(list):
    def __call__(self, one):
        self.append(one)


def swept(client, begun, *, share=True, asked=None, progress=lambda: None, retries=0):
    told = Told()
    sweep = drive.Sweep(client, begun, PROGRAM, cluster.Need(), retries=retries, share=share, tell=told)
    return sweep.follow(asked or threading.Event(), progress), told


@pytest.mark.parametrize("share", [True, False], ids=["in a shared folder", "through the client"])
def test_each_run_is_the_same_as_alone(client, share):
    begun = drive.begun([spec(seed=seed) for seed in range(4)], "four", PROGRAM)
    assert {Run(one.id).status["state"] for one in begun.writers} == {"queued"}
    whole, told = swept(client, begun, share=share)
    assert whole
    assert sorted((one.run_id, one.state) for one in told) == sorted((one.id, "done") for one in begun.writers)
    for one in begun.writers:
        run = Run(one.id).check()
        assert run.status["state"] == "done"
        assert metadata.read(run.folder).group == begun.group
        same_runs(run, recorded(one.spec))
    assert not worker._jobs


@pytest.mark.parametrize("share", [True, False], ids=["in a shared folder", "through the client"])
def test_it_is_cancelled_in_order_and_goes_on_later(client, share, monkeypatch):
    """While the first two train: they stop after an epoch, the others before their first."""
    gate = threading.Event()

    def run(x, k, hp, rng):
        for epoch, step in enumerate(COUNT.run(x, k, hp, rng)):
            while epoch == 3 and not gate.wait(0.01):
                yield Progress(0, 1)
            yield step

    monkeypatch.setitem(METHODS, "count", COUNT._replace(run=run))
    begun, asked = drive.begun([spec("count", seed) for seed in range(3)], "three", PROGRAM), threading.Event()
    shown = [Run(one.id) for one in begun.writers]

    def progress() -> None:
        if sum(bool(run.epochs()) for run in shown) == 2:
            asked.set()

    whole, told = swept(client, begun, share=share, asked=asked, progress=progress)
    assert not whole
    assert {one.state for one in told} == {"stopped"}
    stopped = {run.id: len(run.check().epochs()) for run in shown}
    assert [run.status["state"] for run in shown] == ["stopped"] * 3
    assert sorted(bool(count) for count in stopped.values()) == [False, True, True]
    assert not [run for run in shown if run.live]

    gate.set()
    again = drive.continued(begun.group, PROGRAM)
    assert {one.id for one in again.writers} == stopped.keys()
    whole, told = swept(client, again, share=share)
    assert whole
    for run in shown:
        assert len(run.check().epochs()) > stopped[run.id]
        same_runs(run, recorded(run.spec))
    with pytest.raises(EpochscopeError, match="None of the 3 runs of this group can go on"):
        drive.continued(begun.group, PROGRAM)
    with pytest.raises(EpochscopeError, match="There is no group 'nope'"):
        drive.continued("nope", PROGRAM)


def test_a_run_that_fails_is_told_and_stops_no_other(client):
    """More clusters than points: another try would fail again, so there is none."""
    begun = drive.begun([spec(), spec(k=100)], "two", PROGRAM)
    whole, told = swept(client, begun, retries=5)
    assert whole
    assert {one.state for one in told} == {"done", "failed"}
    assert "k = 100 clusters need at least 100 points" in next(one.message for one in told if one.state == "failed")
