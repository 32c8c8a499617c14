"""A class of simulated phones: `python -m benchmarks.classroom --phones 100`.

A server as `make app` starts it; a lecturer opens the class about a digit by the page's own protocol, the phones load
their page, join at once, answer at once, see their seeds train and are told what happened. Prints how long each took
until the last phone knew, what a phone has loaded, the processor time of the server, and how soon it answers /healthz
meanwhile. Phones and server share this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Self
from urllib.parse import parse_qs, urljoin

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.company import child, megabytes, p95, processor
from benchmarks.trainers import health, in_words
from benchmarks.viewer import Session, Visitor
from tests.support.browser import serving

SEEDS = 12  # what the page proposes
_PATIENCE = 300.0  # seconds for anything


def loaded(url: str) -> dict[str, int]:
    """What a browser loads for an address: each file with its bytes, those that modules import included."""
    found: dict[str, int] = {}
    left = [url]
    while left:
        address = left.pop()
        if address in found:
            continue
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": "text/html"})) as answer:
            text = answer.read().decode()
        found[address] = len(text.encode())
        named = re.findall(r'(?:src|href)="(\.\./[^"]+)"|from "(\..*?)";$', text, re.MULTILINE)
        left += [urljoin(address, one or other) for one, other in named]
    return found


class Phone:
    """One phone: what it was told last, and when."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.told, self.bytes = socket, {}, 0
        self._news = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())

    @classmethod
    async def opened(cls, url: str, code: str) -> Self:
        """Loads the page for its cookie, and connects."""
        visitor = await asyncio.to_thread(Visitor.new, f"{url}/join/{code}")
        address = f"{url.replace('http', 'ws', 1)}/api/lessons/{code}"
        headers = {"Cookie": visitor.cookie, "Origin": url}
        return cls(await connect(address, additional_headers=headers, compression=None))

    async def _hear(self) -> None:
        async for message in self.socket:
            self.told = json.loads(message)
            self.bytes += len(message)
            self._news.set()

    async def say(self, **message: Any) -> None:
        """Sends a message."""
        await self.socket.send(json.dumps(message))

    async def until(self, holds: Callable[[dict[str, Any]], Any]) -> float:
        """When this held first of what it is told."""
        while not holds(self.told):
            if self._hearing.done():
                raise ConnectionError("the server closed the socket of a phone")
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), _PATIENCE)
        return asyncio.get_running_loop().time()

    async def leave(self) -> None:
        """Closes the page."""
        self._hearing.cancel()
        await self.socket.close()


class Class:
    """A lecturer's page and all phones."""

    def __init__(self, lecturer: Session, phones: list[Phone]) -> None:
        self.lecturer, self.phones = lecturer, phones

    async def press(self, key: str, holds: Callable[[dict[str, Any]], Any]) -> list[float]:
        """Seconds from a press of the lecturer until it holds on each phone, the first phone first."""
        await self._there(key)
        began = asyncio.get_running_loop().time()
        await self.lecturer.press(key)
        return await self.all(began, holds)

    async def all(self, began: float, holds: Callable[[dict[str, Any]], Any]) -> list[float]:
        """Seconds from `began` until it holds on each phone."""
        return sorted(one - began for one in await asyncio.gather(*(phone.until(holds) for phone in self.phones)))

    async def _there(self, key: str) -> None:
        async with asyncio.timeout(_PATIENCE):
            while key not in self.lecturer.buttons:
                await asyncio.sleep(0.02)


async def page(url: str, who: Visitor, query: str = "") -> tuple[Session, asyncio.Task[None]]:
    """The Class page of a lecturer, once it is drawn, and what keeps it open."""
    lecturer = Session(url, who, "classroom")
    staying = asyncio.create_task(lecturer.stay(query))
    await asyncio.wait_for(lecturer.drawn.wait(), _PATIENCE)
    return lecturer, staying


async def measure(url: str, options: argparse.Namespace) -> None:
    """Goes through a class and prints what was seen."""
    loop, pid = asyncio.get_running_loop(), child()
    who = await asyncio.to_thread(Visitor.new, url)
    lecturer, staying = await page(url, who)
    await lecturer.press("open")
    while "class" not in (found := parse_qs(lecturer.query)):
        await asyncio.sleep(0.05)
    code = found["class"][0]
    files = await asyncio.to_thread(loaded, f"{url}/join/{code}")
    print(f"page of a phone: {len(files)} files, {sum(files.values()) / 1000:.1f} kB", flush=True)
    with health(url) as asked:
        before, came = megabytes(pid), loop.time()
        phones = list(await asyncio.gather(*(Phone.opened(url, code) for _ in range(options.phones))))
        lesson = Class(lecturer, phones)
        show("all connected", [loop.time() - came])
        began = loop.time()
        await asyncio.gather(*(phone.say(name=f"Student {place}") for place, phone in enumerate(phones)))
        show("all join at once", await lesson.all(began, lambda told: told.get("name")))
        show("a question reaches", await lesson.press("help", lambda told: told["phase"] == "asking"))
        began = loop.time()
        await asyncio.gather(*(phone.say(question="joins", answer=place % 10) for place, phone in enumerate(phones)))
        show("all answer at once", await lesson.all(began, lambda told: told.get("answer") is not None))
        computed, began = processor(pid), loop.time()
        show("the training reaches", await lesson.press("play_arrow", lambda told: told.get("training")))
        ended = await lesson.all(began, lambda told: told["phase"] == "trained")
        print(
            f"training of {SEEDS} seeds: {ended[0]:.1f} s, the last phone {ended[-1] - ended[0]:.3f} s after "
            f"the first; processor {(processor(pid) - computed) / ended[-1]:.2f} s a second",
            flush=True,
        )
        staying.cancel()  # a page that the server draws again by itself is not the same one to this lecturer: reload it
        lesson.lecturer, staying = await page(url, who, f"class={code}")
        computed = processor(pid)
        show("what happened reaches", await lesson.press("visibility", lambda told: told.get("results")))
        print(f"    processor {1000 * (processor(pid) - computed):.0f} ms for all", flush=True)
        print(f"/healthz: {in_words(asked.answers())}", flush=True)
        each = median(phone.bytes for phone in phones) / 1000
        print(f"a phone was told {each:.1f} kB in all; server {before:.0f} to {megabytes(pid):.0f} MB", flush=True)
    await asyncio.gather(*(phone.leave() for phone in phones))
    staying.cancel()
    await asyncio.gather(staying, return_exceptions=True)


def show(what: str, seconds: list[float]) -> None:
    """Prints how long it took for the first, the median and the last phone."""
    words = ", ".join(f"{one:.3f}" for one in (seconds[0], median(seconds), p95(seconds), seconds[-1]))
    print(f"{what}: first, median, 95 %, last: {words} s" if len(seconds) > 1 else f"{what}: {words[:5]} s", flush=True)


def main() -> None:
    """Starts a server and measures it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
        environment |= {"EPOCHSCOPE_OFFLINE": "1", "EPOCHSCOPE_STUDENTS": str(max(200, options.phones))}
        with serving(folder, environment) as url:
            asyncio.run(measure(url, options))


if __name__ == "__main__":
    main()
