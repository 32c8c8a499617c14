"""What an attack costs everybody else: `python -m benchmarks.attack --write` renews the table in SECURITY.md.

A server as `make app` starts it, an attacker, and a bystander who meanwhile asks whether the page is healthy, loads a
run and draws the Runs page. For each attack: memory of the server and the delays of the bystander, before, during and
after. `ATTACKS` is the list; another attack is one function and one line in it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.company import child, megabytes
from benchmarks.viewer import Session, Visitor
from tests.data.bombs import BOMBS
from tests.runs.wrong_folders import FIXTURES, variants
from tests.support.browser import ROOT, serving

DOCUMENT = ROOT / "SECURITY.md"
_BEGIN, _END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
_BYSTANDER_RUN = "20270101-000000-bystander-0000000000"
_PAUSE = 0.1  # seconds between two questions of the bystander
_QUIET_SECONDS = 4.0
_LONGEST = 120.0


class Scene(NamedTuple):
    """Where an attack takes place."""

    url: str
    runs: Path
    files: Path  # a folder for files of the attacker

    async def page(self, page: str, query: str = "") -> tuple[Session, asyncio.Task[None]]:
        """A tab of the attacker, once it is drawn."""
        visitor = await asyncio.to_thread(Visitor.new, self.url)
        session = Session(self.url, visitor, page)
        task = asyncio.create_task(session.stay(query))
        await asyncio.wait_for(session.drawn.wait(), _LONGEST)
        return session, task


class Attack(NamedTuple):
    """One attack: its name in the table, and what the attacker does; it ends when that has had its effect."""

    name: str
    act: Callable[[Scene], Awaitable[None]]
    prepare: Callable[[Scene], object] = lambda scene: (
        None
    )  # at the attacker's own computer, before anything is measured


class Measured(NamedTuple):
    """What was seen in one of the three times."""

    memory: float  # most megabytes of the server
    health: float  # longest seconds until the page said that it is healthy
    run: float  # longest seconds until a run was there
    page: float  # longest seconds until the Runs page was drawn


class Bystander:
    """Asks again and again, and remembers what was worst."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._pid = scene, child()
        self._worst = {"memory": 0.0, "health": 0.0, "run": 0.0, "page": 0.0}

    async def look(self) -> None:
        """Until it is canceled. Raises where the server no longer answers."""
        bundle = f"{self._scene.url}/api/runs/{_BYSTANDER_RUN}/bundle?epochs=0&frames=0&projection="
        await asyncio.gather(
            self._ask("health", lambda: _get(f"{self._scene.url}/_stcore/health")),
            self._ask("run", lambda: _get(bundle)),
            self._draw(),
            self._weigh(),
        )

    async def during(self, what: Awaitable[object]) -> Measured:
        """What was worst while `what` went on."""
        self._worst = dict.fromkeys(self._worst, 0.0)
        looking = asyncio.create_task(self.look())
        waiting = asyncio.ensure_future(what)
        await asyncio.wait([looking, waiting], return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            looking.result()
        await waiting
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        return Measured(**self._worst)

    def _note(self, what: str, value: float) -> None:
        self._worst[what] = max(self._worst[what], value)

    async def _ask(self, what: str, question: Callable[[], object]) -> None:
        while True:
            began = time.monotonic()
            await asyncio.to_thread(question)
            self._note(what, time.monotonic() - began)
            await asyncio.sleep(_PAUSE)

    async def _draw(self) -> None:
        while True:
            began = time.monotonic()
            _, task = await self._scene.page("runs")
            self._note("page", time.monotonic() - began)
            task.cancel()
            await asyncio.sleep(_PAUSE)

    async def _weigh(self) -> None:
        while True:
            self._note("memory", megabytes(self._pid))
            await asyncio.sleep(_PAUSE)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_LONGEST) as answer:
        return answer.read()


def _file(name: str, bomb_name: str) -> Attack:
    """Somebody names a file on the Data page."""
    bomb = next(one for one in BOMBS if one.name == bomb_name)

    async def act(scene: Scene) -> None:
        session, task = await scene.page("data")
        await session.fill("own.0.path", str(scene.files / bomb.name))
        await asyncio.wait_for(session.drawn.wait(), _LONGEST)
        task.cancel()
        told = "\n".join(session.texts).replace("\\", "")
        if not re.search(bomb.said or "points of", told):
            raise AssertionError(f"{bomb.name} has not been read: {told[-500:]}")

    return Attack(name, act, lambda scene: (scene.files / bomb.name).write_bytes(bomb.make()))


def _place(runs: Path, run_id: str) -> Path:
    shutil.copytree(FIXTURES / "schema_2", runs / run_id, copy_function=os.link)
    return runs / run_id


def _make_many(scene: Scene) -> None:
    for number in range(5000):
        _place(scene.files, f"20250101-{number // 60 % 24:02d}{number % 60:02d}00-many-{number:010x}")


async def many_runs(scene: Scene) -> None:
    """5,000 runs appear in the folder; the attacker opens every page that lists them."""
    for folder in scene.files.iterdir():
        folder.rename(scene.runs / folder.name)
    for page in ("runs", "compare", "inspect"):
        _, task = await scene.page(page)
        task.cancel()


def _make_damaged(scene: Scene) -> None:
    for number, variant in enumerate(list(variants())[::7][:400]):
        folder = scene.files / f"20250201-000000-wrong-{number:010x}"
        shutil.copytree(FIXTURES / "schema_2", folder)
        variant.change(folder)


async def damaged_runs(scene: Scene) -> None:
    """400 runs that are wrong in one place each, listed and opened."""
    made = [folder.rename(scene.runs / folder.name).name for folder in scene.files.iterdir()]
    _, task = await scene.page("runs")
    task.cancel()

    def ask() -> None:
        for run_id in made[::4]:
            for what in ("info", "bundle?epochs=0&frames=0&projection=pca-250bd23d12"):
                with contextlib.suppress(urllib.error.HTTPError):
                    _get(f"{scene.url}/api/runs/{run_id}/{what}")

    await asyncio.to_thread(ask)


async def shared_bytes(scene: Scene) -> None:
    """All channels of all epochs point at the same 8 MB; six ask for them and never read."""
    folder = scene.runs / "20250301-000000-shared-0000000000"
    shutil.copytree(FIXTURES / "schema_2", folder)
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    for line in lines:
        line["at"] = {name: [0, 8_000_000] for name in line["at"]}
    (folder / "epochs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (folder / "frames.bin").open("wb") as file:
        file.truncate(8_000_000)
    host, port = scene.url.removeprefix("http://").split(":")
    links = []
    for _ in range(6):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/runs/{folder.name}/bundle?epochs=0 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        await writer.drain()
        links.append(writer)
    await asyncio.sleep(2.0)
    for writer in links:
        writer.close()


ATTACKS: Sequence[Attack] = (
    _file("Parquet of 60 kB: one word of 60,000 letters, 20,000 times", "one word often.parquet"),
    _file("Parquet of 102 kB: one picture in 10,000 rows", "one picture often.parquet"),
    _file("HDF5: 3,000 groups within each other", "nested groups.h5"),
    _file("HDF5 of 37 kB: 100 arrays of 400 MB", "arrays never written.h5"),
    _file("zip of 486 kB: a table of 500 MB", "text.zip"),
    _file("zip of 770 kB: 4,000 pictures of 25 million pixels", "many large pictures.zip"),
    _file("Excel of 468 kB: ten million cells", "cells.xlsx"),
    Attack("a run whose channels share 8 MB, six times, unread", shared_bytes),
    Attack("400 runs that are wrong in one place each", damaged_runs, _make_damaged),
    Attack("5,000 runs that nobody has read", many_runs, _make_many),
)
"""All attacks, in the order of the table."""


async def measured(attack: Attack, scene: Scene) -> tuple[Measured, Measured, Measured]:
    """Before, during and after."""
    bystander = Bystander(scene)
    return (
        await bystander.during(asyncio.sleep(_QUIET_SECONDS)),
        await bystander.during(attack.act(scene)),
        await bystander.during(asyncio.sleep(_QUIET_SECONDS)),
    )


def one(attack: Attack) -> tuple[Measured, Measured, Measured]:
    """The attack on a server of its own, which has been used before."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("runs", "data", "files"):
            (folder / name).mkdir()
        _place(folder / "runs", _BYSTANDER_RUN)
        environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
        with serving(folder, environment) as url:
            scene = Scene(url, folder / "runs", folder / "files")
            attack.prepare(scene)

            async def all_of_it() -> tuple[Measured, Measured, Measured]:
                for page in ("runs", "data", "compare", "inspect"):
                    _, task = await scene.page(page)
                    task.cancel()
                return await measured(attack, scene)

            return asyncio.run(all_of_it())


_HEAD = (
    "| attack | memory of the server, MB | healthy? s | a run, s | Runs page, s |\n| --- | --- | --- | --- | --- |\n"
)


def line(name: str, times: Sequence[Measured]) -> str:
    """One line of the table."""
    memory = " · ".join(f"{each.memory:.0f}" for each in times)
    delays = [" · ".join(f"{value:.2f}" for value in values) for values in list(zip(*times, strict=True))[1:]]
    return f"| {' | '.join([name, memory, *delays])} |\n"


def write(rows: Mapping[str, str], document: Path = DOCUMENT) -> None:
    """Puts these lines into the table of SECURITY.md, by the names of their attacks; the others stay."""
    before, _, rest = document.read_text().partition(_BEGIN)
    old, _, after = rest.partition(_END)
    known = {line.split(" | ")[0].removeprefix("| "): f"{line}\n" for line in old.splitlines() if line[:2] == "| "}
    table = "".join({**known, **rows}.get(attack.name, "") for attack in ATTACKS)
    document.write_text(f"{before}{_BEGIN}\n\n{_HEAD}{table}\n{_END}{after}")


def main() -> None:
    """Prints the table, worst value before · during · after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="attacks with this word in their names")
    parser.add_argument("--write", action="store_true", help="put the table into SECURITY.md")
    options = parser.parse_args()
    print(_HEAD, end="", flush=True)
    for attack in ATTACKS:
        if options.only in attack.name:
            row = line(attack.name, one(attack))
            print(row, end="", flush=True)
            if options.write:
                write({attack.name: row})


if __name__ == "__main__":
    main()
