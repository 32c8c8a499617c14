"""What an attack costs everybody else: `python -m benchmarks.attack --write` renews the table in SECURITY.md.

A server as `make app` starts it, an attacker, and a bystander (benchmarks.bystander). For each attack: memory of the
server and the delays of the bystander, before, during and after. `ATTACKS` is the list; another attack is one function
and one line in it. Attacks by files are here, those by load and by failures in benchmarks.load_attacks.
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
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.bystander import BYSTANDER_RUN, LONGEST, Attack, Measured, Scene, measured
from benchmarks.damage import KINDS, whole
from benchmarks.load_attacks import LOAD_ATTACKS
from tests.data.bombs import BOMBS
from tests.runs.wrong_folders import FIXTURES, variants
from tests.support.browser import ROOT, serving

DOCUMENT = ROOT / "SECURITY.md"
_BEGIN, _END = "<!-- attacks: begin -->", "<!-- attacks: end -->"


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=LONGEST) as answer:
        return answer.read()


def _file(name: str, bomb_name: str) -> Attack:
    """Somebody names a file on the Data page."""
    bomb = next(one for one in BOMBS if one.name == bomb_name)

    async def act(scene: Scene) -> None:
        session, task = await scene.page("data")
        await session.fill("own.0.path", str(scene.files / bomb.name))
        await asyncio.wait_for(session.drawn.wait(), LONGEST)
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

    def appear() -> None:
        for folder in scene.files.iterdir():
            folder.rename(scene.runs / folder.name)

    await asyncio.to_thread(appear)
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


def _make_pipes(scene: Scene) -> None:
    """Runs, futures and a class in which a pipe or a device has the name of each file, one after the other."""
    for kind in KINDS:
        whole(kind, scene.files / "whole")
        names = [path.relative_to(scene.files / "whole") for path in (scene.files / "whole").rglob("*.*")]
        for number, name in enumerate(name for name in names if (scene.files / "whole" / name).is_file()):
            folder = scene.files / ("class-AAAAAA" if kind == "class" else f"20250401-000000-{kind}-{number:010x}")
            if not folder.exists():
                whole(kind, folder)
                (folder / name).unlink()
                os.mkfifo(folder / name) if number % 2 else (folder / name).symlink_to("/dev/zero")
        shutil.rmtree(scene.files / "whole")


async def pipes(scene: Scene) -> None:
    """They are listed and opened."""
    made = [folder.rename(scene.runs / folder.name).name for folder in scene.files.iterdir()]
    for page in ("runs", "futures", "classroom"):
        _, task = await scene.page(page)
        task.cancel()
    for name in made[::3]:
        with contextlib.suppress(urllib.error.HTTPError):
            await asyncio.to_thread(_get, f"{scene.url}/api/{'futures' if 'futures' in name else 'runs'}/{name}/info")


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
    Attack("a pipe or a device for each file of runs, futures, a class", pipes, _make_pipes),
    Attack("5,000 runs that nobody has read", many_runs, _make_many),
    *LOAD_ATTACKS,
)
"""All attacks, in the order of the table."""


def one(attack: Attack) -> tuple[Measured, Measured, Measured]:
    """The attack on a server of its own, which has been used before."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("runs", "data", "files"):
            (folder / name).mkdir()
        _place(folder / "runs", BYSTANDER_RUN)
        folders = {"EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_DATA": str(folder / "data")}
        with serving(folder, {**os.environ, **folders, **attack.settings}, attack.launcher) as url:
            scene = Scene(url, folder / "runs", folder / "files")

            async def all_of_it() -> tuple[Measured, Measured, Measured]:
                for page in ("runs", "data", "compare", "inspect"):
                    _, task = await scene.page(page)
                    task.cancel()
                await asyncio.to_thread(attack.prepare, scene)
                return await measured(attack, scene)

            return asyncio.run(all_of_it())


_HEAD = (
    "| attack | memory of the server, MB | /healthz, s | a viewer's question, s | Runs page, s |\n"
    "| --- | --- | --- | --- | --- |\n"
)


def line(name: str, times: Sequence[Measured]) -> str:
    """One line of the table."""
    memory = " · ".join(f"{each.memory:.0f}" for each in times)
    delays = [
        " · ".join(f"{delay.usual:.3f} / {delay.longest:.2f}" for delay in delays)
        for delays in ([each.health for each in times], [each.run for each in times])
    ]
    page = " · ".join(f"{each.page:.2f}" for each in times)
    return f"| {' | '.join([name, memory, *delays, page])} |\n"


def write(rows: Mapping[str, str], document: Path = DOCUMENT) -> None:
    """Puts these lines into the table of SECURITY.md, by the names of their attacks; the others stay."""
    before, _, rest = document.read_text().partition(_BEGIN)
    old, _, after = rest.partition(_END)
    known = {line.split(" | ")[0].removeprefix("| "): f"{line}\n" for line in old.splitlines() if line[:2] == "| "}
    table = "".join({**known, **rows}.get(attack.name, "") for attack in ATTACKS)
    document.write_text(f"{before}{_BEGIN}\n\n{_HEAD}{table}\n{_END}{after}")


def main() -> None:
    """Prints the table, before · during · after."""
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
