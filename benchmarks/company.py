"""A class that watches one run: `python -m benchmarks.company --sessions 60 --trainers 10 --minutes 10`.

A server as `make app` starts it trains a run for each round; sessions open its page as browsers do (Streamlit's own
protocol, then the stage's: info, what there is, and what comes, asked for once the last was "painted"). They watch for
some minutes, then leave for as long. Prints seconds an epoch watched : alone, how far the viewers lag behind the
recorder, and the memory of the server at the beginning and at the end. They paint nothing: each would have a computer.
With `--trainers` so many people train a short run again and again meanwhile: how long they wait for their turn, epochs
a second of all runs watched : alone. How soon the server answers /healthz is told of three times: while all come, while
they watch, and when they have left. With `--nice 10` the programs that stand for browsers have the processor after the
server, as if each had one of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from benchmarks.trainers import Health, Trainers, epochs, health, in_words
from benchmarks.viewer import Session, Viewer, Visitor
from tests.support.browser import serving

# A training whose epochs are all alike but the first; about one a second on two cores.
RUN = (
    "data=Blobs&blobs.n=2000&method=IDEC&idec.net.widths=500-500-2000&idec.pretrain.batch=256&idec.pretrain.epochs=1"
    "&idec.cluster.epochs=500&idec.cluster.tol=0"
)


class Turn(NamedTuple):
    """What was seen while everybody watched, or while nobody did."""

    epoch: float  # median seconds from one stored epoch to the next
    lags: list[float]  # seconds from an epoch that is stored to a viewer that has it
    joined: float  # seconds until all had caught up
    cpu: float  # seconds of processor time of the server for each epoch, other programs' excepted
    rss: tuple[float, float]  # megabytes of the server when all had caught up, and at the end
    rate: float = 0.0  # epochs a second of all runs


class Clock:
    """Sees an epoch as soon as its line is written."""

    def __init__(self, folder: Path) -> None:
        self.path, self.at, self._size = folder / "epochs.jsonl", [], 0

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            size = self.path.stat().st_size if self.path.exists() else 0
            if size > self._size:
                with self.path.open("rb") as file:
                    file.seek(self._size)
                    new = file.read(size - self._size)
                self._size = size
                self.at += [loop.time()] * new.count(b"\n")
            await asyncio.sleep(0.01)

    def epochs_since(self, began: float) -> list[float]:
        """Seconds between the epochs that were stored after `began`."""
        since = [at for at in self.at if at >= began]
        return [b - a for a, b in pairwise(since)]


def child() -> int:
    """The server, among our children; tests that came before may have left others."""
    ours = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return next(int(pid) for pid in ours if b"streamlit" in Path(f"/proc/{pid}/cmdline").read_bytes())


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def processor(pid: int) -> float:
    """Seconds that the threads of a process have computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def unless_ended(what: Awaitable[Any], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Waits for `what` as long as none of the sessions ends, which is an error: that is raised."""
    waiting = asyncio.ensure_future(what)
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()
    await waiting


async def _watching(clock: Clock, seconds: float, least: int) -> None:
    """Lasts at least `seconds`, and until so many epochs have been stored."""
    began = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    while len(clock.epochs_since(began)) < least:
        await asyncio.sleep(0.05)


async def turn(url: str, run: str, clock: Clock, sessions: int, seconds: float, *, least: int = 1) -> Turn:
    """So many sessions come, catch up, watch at least so long and so many epochs, and leave; none where it is 0."""
    loop, pid = asyncio.get_running_loop(), child()
    came = loop.time()
    visitors = [await asyncio.to_thread(Visitor.new, url) for _ in range(sessions)]
    viewers = [Viewer(url, run, visitor=visitor) for visitor in visitors]
    pages = [Session(url, visitor) for visitor in visitors]
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(page.stay(f"run={run}&{RUN}")) for page in pages]
    tasks += [asyncio.create_task(viewer.watch()) for viewer in viewers]
    ready = [each.wait() for each in (*(one.caught_up for one in viewers), *(one.drawn for one in pages))]
    await unless_ended(asyncio.gather(*ready), tasks)
    joined = loop.time() - came
    await asyncio.sleep(2.0)
    began, before, computed, stored = loop.time(), megabytes(pid), processor(pid), epochs(clock.path.parents[1])
    await unless_ended(_watching(clock, seconds, least), tasks)
    after, computed = megabytes(pid), processor(pid) - computed
    rate = (epochs(clock.path.parents[1]) - stored) / (loop.time() - began)
    lags = [
        at - clock.at[epoch]
        for viewer in viewers
        for epoch, at in viewer.got.items()
        if epoch < len(clock.at) and clock.at[epoch] >= began
    ]
    steps = clock.epochs_since(began)
    cpu = computed / max(1e-9, loop.time() - began) * sum(steps) / len(steps)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return Turn(median(steps), lags, joined, cpu, (before, after), rate)


def p95(values: list[float]) -> float:
    """95 % of them are no larger."""
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


async def measure(url: str, runs: Path, options: argparse.Namespace, asked: Health) -> None:
    """Prints a line a round, then the sum."""
    await asyncio.sleep(options.warm)  # imports are not what is measured
    seconds, turns = 60 * options.minutes / options.rounds, []
    for number in range(options.rounds):
        seen, alone = await lesson(url, runs, options, seconds, asked, first=number == 0)
        turns.append((seen, alone))
        print(
            f"round {number + 1}: {seen.epoch:.3f} s an epoch watched by {options.sessions}, {alone.epoch:.3f} alone, "
            f"ratio {seen.epoch / alone.epoch:.3f}; processor {seen.cpu:.3f} : {alone.cpu:.3f} s an epoch; "
            f"lag median {median(seen.lags):.3f}, 95 % {p95(seen.lags):.3f}, "
            f"most {max(seen.lags):.3f} s; all there after {seen.joined:.1f} s; server {seen.rss[0]:.0f} to "
            f"{seen.rss[1]:.0f} MB; {seen.rate:.2f} : {alone.rate:.2f} epochs a second of all",
            flush=True,
        )
    report(turns)


async def lesson(
    url: str, runs: Path, options: argparse.Namespace, seconds: float, asked: Health, *, first: bool
) -> tuple[Turn, Turn]:
    """A run, watched and then not. In the first one all come once before: that costs memory once."""
    teacher = Visitor.new(url)
    async with asyncio.TaskGroup() as group:
        starting = Session(url, teacher)
        staying = group.create_task(starting.stay(f"{RUN}&{options.more}"))
        run = await starting.play()
        clock = Clock(runs / run)
        ticking = group.create_task(clock.watch())
        trainers = Trainers(url, runs, options.trainers)
        training = group.create_task(trainers.work())
        while len(clock.at) < 5:
            await asyncio.sleep(0.1)
        staying.cancel()
        if first:
            await turn(url, run, clock, options.sessions, options.seconds_warm)
        came = time.monotonic()
        seen = await turn(url, run, clock, options.sessions, seconds)
        answers = asked.since(came)
        there = came + seen.joined
        print(f"/healthz while all come: {in_words([one for one in answers if one.began < there])}")
        print(f"/healthz while they watch: {in_words([one for one in answers if one.began >= there])}", flush=True)
        left = time.monotonic()
        alone = await turn(url, run, clock, 0, seconds)
        print(f"/healthz when they have left: {in_words(asked.since(left))}", flush=True)
        ending = Session(url, teacher)
        leaving = group.create_task(ending.stay(f"run={run}&{RUN}"))
        await ending.drawn.wait()
        await ending.press("stop")
        await asyncio.sleep(5)
        for task in (leaving, ticking, training):
            task.cancel()
    if trainers.turns:
        print(trainers.report(), flush=True)
    return seen, alone


def report(turns: list[tuple[Turn, Turn]]) -> None:
    """The three numbers, over all rounds."""
    ratios = [seen.epoch / alone.epoch for seen, alone in turns]
    computed = [seen.cpu / alone.cpu for seen, alone in turns]
    lags = [lag for seen, _ in turns for lag in seen.lags]
    first, last = turns[0][0].rss[0], turns[-1][0].rss[1]
    print(
        f"slowdown of an epoch {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}); "
        f"processor time {median(computed):.3f} ({min(computed):.3f} to {max(computed):.3f}); lag 95 % {p95(lags):.3f} "
        f"s of {len(lags)} epochs seen; memory {first:.0f} to {last:.0f} MB, {100 * (last / first - 1):+.1f} %"
    )


def main() -> None:
    """Starts the server and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--trainers", type=int, default=0, help="people who train short runs meanwhile")
    parser.add_argument("--minutes", type=float, default=10, help="of watching, all rounds together")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm", type=float, default=10, help="seconds for the server to warm up")
    parser.add_argument(
        "--seconds-warm", type=float, default=15, help="seconds of the first turn, which is not counted"
    )
    parser.add_argument("--more", default="", help="more of the address line, such as blobs.n=2000")
    parser.add_argument("--nice", type=int, default=0, help="priority of the browsers' programs below the server's")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_PRETRAINED": "off"}
    with serving(folder, environment) as url, health(url) as asked:
        os.nice(options.nice)
        asyncio.run(measure(url, folder / "runs", options, asked))


if __name__ == "__main__":
    main()
