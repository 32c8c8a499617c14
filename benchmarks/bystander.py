"""Somebody who uses a server while another attacks it: what they wait for, and how much memory the server takes.

They ask for /healthz and for a run as a viewer does, from processes of their own, so that what the attacker computes is
not measured, and draw the Runs page again and again in a tab that has been open before.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.company import child, megabytes
from benchmarks.trainers import Answer, health
from benchmarks.viewer import Session, Visitor

BYSTANDER_RUN = "20270101-000000-bystander-0000000000"
LONGEST = 120.0  # seconds for anything
_PAUSE = 0.1  # seconds between two looks
_QUIET_SECONDS = 4.0
_LEAST_SECONDS = 2.0  # of an attack: some questions fall into it


class Scene(NamedTuple):
    """Where an attack takes place."""

    url: str
    runs: Path
    files: Path  # a folder for files of the attacker

    async def page(self, page: str, query: str = "", visitor: Visitor | None = None) -> tuple[Session, asyncio.Task]:
        """A tab, once it is drawn, of this visitor or of somebody new."""
        session = Session(self.url, visitor or await asyncio.to_thread(Visitor.new, self.url), page)
        task = asyncio.create_task(session.stay(query))
        await asyncio.wait_for(session.drawn.wait(), LONGEST)
        return session, task


class Attack(NamedTuple):
    """One attack: its name in the table, and what the attacker does; it ends when that has had its effect."""

    name: str
    act: Callable[[Scene], Awaitable[None]]
    prepare: Callable[[Scene], object] = lambda _: None  # by the attacker, before anything is measured
    settings: Mapping[str, str] = {}  # of the server
    launcher: Sequence[str] = ("-m", "streamlit")


class Delay(NamedTuple):
    """Seconds until answers came."""

    usual: float  # median
    longest: float

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Delay:
        """Of these answers; not a number where none was asked for."""
        seconds = [one.seconds for one in answers] or [float("nan")]
        return cls(median(seconds), max(seconds))


class Measured(NamedTuple):
    """What was seen in one of the three times."""

    memory: float  # most megabytes of the server
    health: Delay  # of /healthz
    run: Delay  # of a viewer's question
    page: float  # longest seconds until the Runs page was drawn


async def measured(attack: Attack, scene: Scene) -> tuple[Measured, Measured, Measured]:
    """Before, during and after. Raises where the server no longer answers or the attack does not work as it should."""
    pid = child()
    question = f"{scene.url}/api/runs/{BYSTANDER_RUN}/bundle?epochs=0&frames=0&projection="
    tab, staying = await scene.page("runs")
    seen, ends = [], []
    with health(scene.url) as healthy, health(question) as run:
        await asyncio.sleep(1.0)  # until both ask
        ends.append(time.monotonic())
        for what in (asyncio.sleep(_QUIET_SECONDS), _at_least(attack.act(scene)), asyncio.sleep(_QUIET_SECONDS)):
            seen.append(await _looking(pid, tab, what))
            ends.append(time.monotonic())
        answers = [one.answers() for one in (healthy, run)]
    staying.cancel()
    spans = [[Delay.of(some) for some in answers_by_time(each, ends)] for each in answers]
    return tuple(Measured(memory, spans[0][place], spans[1][place], page) for place, (memory, page) in enumerate(seen))  # type: ignore[return-value]


def answers_by_time(answers: Sequence[Answer], ends: Sequence[float]) -> list[list[Answer]]:
    """Answers before, during and after the attack: during it is whatever was waited for while it went on."""
    began, ended = ends[1:3]
    before = [one for one in answers if ends[0] <= one.began and one.began + one.seconds <= began]
    during = [one for one in answers if one.began < ended and one.began + one.seconds > began]
    return [before, during, [one for one in answers if ended <= one.began <= ends[3]]]


async def _at_least(what: Awaitable[None]) -> None:
    await asyncio.gather(what, asyncio.sleep(_LEAST_SECONDS))


async def _looking(pid: int, tab: Session, what: Awaitable[None]) -> tuple[float, float]:
    """(most megabytes of the server, longest seconds until the page was drawn) while `what` goes on."""
    memory, page = [megabytes(pid)], [0.0]

    async def weigh() -> None:
        while True:
            memory.append(megabytes(pid))
            await asyncio.sleep(_PAUSE)

    async def draw() -> None:
        while True:
            began = time.monotonic()
            await asyncio.wait_for(tab.draw_again(), LONGEST)
            page.append(time.monotonic() - began)
            await asyncio.sleep(_PAUSE)

    looks = [asyncio.create_task(weigh()), asyncio.create_task(draw())]
    waiting = asyncio.ensure_future(what)
    await asyncio.wait([*looks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for look in looks:
        if look.done():
            look.result()
    await waiting
    for look in looks:
        look.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await look
    return max(memory), max(page)
