"""The test with a whole class in short: some sessions watch a run over the real protocols; only its owner stops it."""

import asyncio
import os

import pytest
from epochscope.runs.format.run import Run

from benchmarks.company import Clock, turn
from benchmarks.trainers import Answer, Trainers, Turn, health, in_words
from benchmarks.viewer import Session, Visitor
from tests.support.browser import serving
from tests.support.waiting import until

LINK = "data=Blobs&blobs.n=200&method=IDEC&idec.pretrain.epochs=500&idec.net.widths=32-32"
PATIENCE = 120  # seconds, on the slowest machine


async def attend(url: str, folder) -> None:
    owner = Session(url, Visitor.new(url))
    staying = asyncio.create_task(owner.stay(LINK))
    run = await asyncio.wait_for(owner.play(), PATIENCE)
    clock = Clock(folder / "runs" / run)
    ticking = asyncio.create_task(clock.watch())
    seen = await asyncio.wait_for(turn(url, run, clock, 4, seconds=1.0, least=10), PATIENCE)
    assert seen.rate > 0
    assert len(seen.lags) > 10  # all of the four saw some epochs come
    assert min(seen.lags) < 1.0
    assert seen.rss[0] > 50
    stranger = Session(url, Visitor.new(url))
    other = asyncio.create_task(stranger.stay(f"run={run}&{LINK}"))
    await asyncio.wait_for(stranger.drawn.wait(), PATIENCE)
    assert stranger.buttons["stop"].disabled
    assert "by somebody else" in stranger.buttons["stop"].help
    await stranger.press("stop")
    await asyncio.wait_for(stranger.drawn.wait(), PATIENCE)
    assert Run(run).live
    assert not owner.buttons["stop"].disabled
    await owner.press("stop")
    await asyncio.to_thread(until, lambda: not Run(run).live, PATIENCE)
    for task in (staying, other, ticking):
        task.cancel()


async def train(url: str, folder) -> None:
    trainers = Trainers(url, folder / "runs", 2)
    with health(url) as asked:
        training = asyncio.create_task(trainers.work())
        await asyncio.to_thread(until, lambda: len(trainers.turns) > 2 or training.done(), PATIENCE)
        answers = asked.answers()
    assert not training.done(), training
    training.cancel()
    await asyncio.gather(training, return_exceptions=True)
    assert {one.who for one in trainers.turns} == {0, 1}
    assert trainers.most_between() <= 2
    assert 0 < min(one.seconds for one in answers) < 10


@pytest.mark.slow
def test_a_handful_of_sessions_watches_and_only_the_owner_stops(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    environment = {**os.environ, "EPOCHSCOPE_SHARED": "own", "EPOCHSCOPE_DATA": str(tmp_path / "data")}
    with serving(tmp_path, environment) as url:
        asyncio.run(asyncio.wait_for(attend(url, tmp_path), 2 * PATIENCE))
        asyncio.run(asyncio.wait_for(train(url, tmp_path), PATIENCE))
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("values", [[0.5], [0.1] * 99 + [5.0]])
def test_the_lag_of_95_in_100(values):
    from benchmarks.company import p95

    assert p95(values) == values[0]


def test_the_most_turns_of_others_before_ones_own(tmp_path):
    trainers = Trainers("", tmp_path, 3)
    trainers.turns = [Turn(0, 0.0, 1.0), Turn(1, 0.5, 2.0), Turn(0, 1.5, 3.0), Turn(2, 0.5, 4.0)]
    assert trainers.most_between() == 2  # of the first, while the last waited
    assert "3 people trained 4 runs; they waited 1.5 s (median), at most 3.5 s" in trainers.report()
    told = in_words([Answer(0.0, one / 1000) for one in (1.0, 2.0, 3.0, 70.0)])
    assert told == "2.5 ms (median), 99 % 68.0, at most 70.0 ms; 25.0 % of 4 took more than 50 ms"
