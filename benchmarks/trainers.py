"""People who train all the time, in a class that `benchmarks.company` measures: each repeats a short run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from benchmarks.viewer import Session, Visitor

SHORT = (
    "data=Blobs&blobs.n=1000&method=IDEC&idec.net.widths=500-500&idec.pretrain.batch=256&idec.pretrain.epochs=5"
    "&idec.cluster.epochs=20&idec.cluster.tol=0"
)
_LOOK = 0.05
_PATIENCE = 120.0  # seconds for a page to be drawn
_SOON = 50.0  # milliseconds


class Turn(NamedTuple):
    """One run of one person: when it was asked for, and when its training began."""

    who: int
    asked: float
    began: float


class Trainers:
    """So many people, each in a browser of their own."""

    def __init__(self, url: str, runs: Path, count: int) -> None:
        self.url, self.runs, self.count = url, runs, count
        self.turns: list[Turn] = []

    async def work(self) -> None:
        """Until this is canceled. Raises where a run does not end well."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.count):
                group.create_task(self._person(number))

    async def _person(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        visitor = await asyncio.to_thread(Visitor.new, self.url)
        while True:
            session = Session(self.url, visitor)
            staying = asyncio.create_task(session.stay(SHORT))
            try:
                await asyncio.wait_for(session.drawn.wait(), _PATIENCE)
                asked = loop.time()
                run = self.runs / await asyncio.wait_for(session.play(), _PATIENCE)
                while _state(run) == "queued":
                    await asyncio.sleep(_LOOK)
                self.turns.append(Turn(number, asked, loop.time()))
                while (state := _state(run)) in ("queued", "loading", "running"):
                    await asyncio.sleep(_LOOK)
                if state != "done":
                    raise AssertionError(f"{run.name} is {state}: {_status(run)}")
            finally:
                staying.cancel()
                await asyncio.gather(staying, return_exceptions=True)

    def most_between(self) -> int:
        """The most turns that one other person had between the wish of somebody and their turn: 1 is fair, 2 a tie."""
        counts = [
            sum(other.who == who and turn.asked < other.began < turn.began for other in self.turns)
            for turn in self.turns
            for who in range(self.count)
            if who != turn.who
        ]
        return max(counts, default=0)

    def report(self) -> str:
        """In words, over the whole time."""
        waits = [turn.began - turn.asked for turn in self.turns]
        return (
            f"{self.count} people trained {len(waits)} runs; they waited {median(waits):.1f} s (median), at most "
            f"{max(waits):.1f} s; most turns of one other person before one's own: {self.most_between()}"
        )


def _status(run: Path) -> dict[str, Any]:
    try:
        return json.loads((run / "status.json").read_text())
    except (OSError, ValueError):
        return {}


def _state(run: Path) -> str:
    return _status(run).get("state", "queued")


def epochs(runs: Path) -> int:
    """Number of epochs stored so far in all runs of a folder."""
    return sum(path.read_bytes().count(b"\n") for path in runs.glob("*/epochs.jsonl"))


class Answer(NamedTuple):
    """One answer to a question that is asked again and again."""

    began: float  # when it was asked for, on the monotonic clock
    seconds: float  # until it was there; infinite where none came


class Health:
    """What `benchmarks.health` has measured so far."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self._process, self._said = process, said

    def answers(self) -> list[Answer]:
        """Ends the measuring."""
        self._process.terminate()
        self._process.wait(timeout=20)
        return self.since(0.0)

    def since(self, began: float) -> list[Answer]:
        """What was asked for since this instant of the monotonic clock, and answered so far."""
        *whole, _ = self._said.read_text().split("\n")  # the last line may be cut off
        found = [Answer(float(at), float(milliseconds) / 1000) for at, milliseconds in map(str.split, whole)]
        return [one for one in found if one.began >= began]


@contextmanager
def health(url: str) -> Iterator[Health]:
    """Asks a server for its health, or for what a longer address names, as long as this lasts."""
    command = [sys.executable, "-m", "benchmarks.health", url]
    with tempfile.TemporaryDirectory() as folder:  # a pipe that nobody empties would stop the one who asks
        said = Path(folder) / "answers"
        with said.open("wb") as file:
            process = subprocess.Popen(command, stdout=file)
        try:
            yield Health(process, said)
        finally:
            process.kill()
            process.wait(timeout=20)


def in_words(answers: list[Answer]) -> str:
    """How soon the server answered."""
    times = [1000 * one.seconds for one in answers] or [float("nan")]
    ranks = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    late = sum(one > _SOON for one in times) / len(times)
    return (
        f"{median(times):.1f} ms (median), 99 % {ranks[98]:.1f}, at most {max(times):.1f} ms; {100 * late:.1f} % of "
        f"{len(times)} took more than {_SOON:g} ms"
    )
