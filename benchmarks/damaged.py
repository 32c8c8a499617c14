"""Whether damaged folders harm anybody: `python -m benchmarks.damaged --variants 600 --seed 1`.

Lays damaged folders of somebody (benchmarks.damage) beside a whole run, in a server as `make app` starts it, and opens
every page and address that lists or shows them: who sits at the machine, and a stranger on another computer; with
`--shared own` both are strangers. Then trains with stored pretraining that was damaged. Prints what took longer than a
second beside what a whole one takes, and whatever was no data and no sentence.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.damage import MOVED, Damaged, lay, whole
from benchmarks.damaged_pretraining import checkpoints
from benchmarks.viewer import PCA, Session, Visitor
from tests.support.browser import serving

NEIGHBOR = "20260101-000000-neighbor-0000000000"
LISTS = ("", "runs", "compare", "inspect", "futures", "classroom")
_PATIENCE, _LONGEST = 30.0, 1.0


class Found(NamedTuple):
    """One thing that was looked at."""

    what: str
    seconds: float
    wrong: str  # why it is no data and no sentence; empty if it is one of them


def one_sentence(words: str) -> str:
    """What is wrong with what somebody is told; empty if it is a sentence."""
    signs = ("Traceback", 'File "', "Error:", "object has no attribute", "NoneType")
    return next((f"{sign} in {words[:200]!r}" for sign in signs if sign in words), "")


async def page(url: str, visitor: Visitor, name: str, query: str = "") -> Found:
    """A page in a new tab."""
    session, began, wrong = Session(url, visitor, name), time.monotonic(), ""
    staying = asyncio.create_task(session.stay(query))
    drawn = asyncio.create_task(session.drawn.wait())
    await asyncio.wait([staying, drawn], timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    seconds = time.monotonic() - began
    if staying.done():
        wrong = f"{staying.exception()!r}"[:300]
    elif not drawn.done():
        wrong = "never drawn"
    for task in (staying, drawn):
        task.cancel()
    await asyncio.gather(staying, drawn, return_exceptions=True)
    return Found(f"page {name}?{query}", seconds, wrong or next(filter(None, map(one_sentence, session.texts)), ""))


def _get(url: str, path: str, visitor: Visitor) -> tuple[int, bytes]:
    request = urllib.request.Request(url + path, headers=visitor.headers)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


async def address(url: str, visitor: Visitor, path: str) -> Found:
    """An address of ours: an answer, or a sentence with 404."""
    began = time.monotonic()
    try:
        status, content = await asyncio.to_thread(_get, url, path, visitor)
    except OSError as error:
        return Found(path, time.monotonic() - began, repr(error))
    seconds, wrong = time.monotonic() - began, ""
    if status not in (200, 202, 404):
        wrong = f"HTTP {status} {content[:120]!r}"
    elif status == 404:
        with contextlib.suppress(ValueError):
            wrong = one_sentence(json.loads(content)["error"])
    return Found(path, seconds, wrong)


async def socket_of(url: str, visitor: Visitor, path: str, said: str = "") -> Found:
    """What a socket is told first: a student's phone, or who follows a presentation."""
    headers, began, wrong = {**visitor.headers, "Origin": url}, time.monotonic(), ""
    try:
        async with connect(f"ws{url[4:]}/api/{path}", additional_headers=headers, compression=None) as socket:
            if said:
                await socket.send(said)
            json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE))
    except ConnectionClosed as error:
        reason = error.rcvd.reason if error.rcvd else ""
        wrong = one_sentence(reason) if reason else f"closed without a word: {error!r}"[:200]
    except (TimeoutError, ValueError, OSError) as error:
        wrong = repr(error)
    return Found(path, time.monotonic() - began, wrong)


async def looks(url: str, one: Damaged, who: Visitor) -> list[Found]:
    """Everything that shows this folder."""
    if one.kind == "class":
        code = one.id.removeprefix("class-")
        return [await page(url, who, "classroom", f"class={code}"), await socket_of(url, who, f"lessons/{code}")]
    if one.kind == "futures":
        paths = [f"/api/futures/{one.id}/{what}" for what in ("info", "epochs?epoch=0", "epochs?epoch=2")]
        return [await page(url, who, "futures", f"futures={one.id}"), *[await address(url, who, p) for p in paths]]
    if one.kind == "move":
        address_line = f"run={one.id}&{MOVED}"
        return [await page(url, who, "inspect", f"{address_line}&view={view}") for view in ("point", "whole")]
    questions = (
        "info",
        f"bundle?epochs=0&frames=0&projection={PCA}",
        "neighbors?epoch=2&point=0",
        "hues?epoch=2",
        "bands?epoch=2&value=q&first=0&last=50&height=20",
        f"trust?epoch=2&projection={PCA}",
        f"window?epochs=0,1&projection={PCA}",
        "feature?column=0",
        "findings",
        "sprites-0.png",
    )
    pages = [
        ("", f"run={one.id}"),
        ("", f"run={one.id}&present=2"),
        ("", f"run={one.id}&follow={one.id}"),
        ("inspect", f"run={one.id}&view=whole"),
        ("inspect", f"run={one.id}&view=point&point=3"),
        ("compare", f"runs={one.id}.{NEIGHBOR}"),
    ]
    seen = [await page(url, who, name, query) for name, query in pages]
    for what, said in (("follow", '{"heard": 0}'), ("lead", '{"key": "", "epoch": 0}')):
        seen.append(await socket_of(url, who, f"presentations/{one.id}/{what}", said))
    return seen + [await address(url, who, f"/api/runs/{one.id}/{what}") for what in questions]


async def batch(url: str, made: Sequence[Damaged], visitors: Sequence[Visitor], usual: float) -> tuple[int, int]:
    """Looks at all of them; (how many things, how many of them were wrong or late)."""
    count = bad = 0

    def tell(found: Found, what: str) -> None:
        nonlocal count, bad
        count += 1
        late = found.seconds > max(_LONGEST, 5 * usual)
        if found.wrong or late:
            bad += 1
            print(f"  {found.seconds:.2f} s  {found.what}  [{what}]  {found.wrong}", flush=True)

    for who in visitors:
        for name in LISTS:
            tell(await page(url, who, name), "a list")
        tell(await page(url, who, "", f"run={NEIGHBOR}"), "the whole run")
    for number, one in enumerate(made):
        for found in await looks(url, one, visitors[number % len(visitors)]):
            tell(found, one.what)
    return count, bad


async def measure(url: str, runs: Path, options: argparse.Namespace) -> None:
    """Batch by batch, so that one list shows many damaged ones at once."""
    visitors = [Visitor.new(url), Visitor.new(url)._replace(elsewhere=True)]
    for name in LISTS:
        await page(url, visitors[0], name)
    times = [await page(url, visitors[0], name, f"run={NEIGHBOR}") for name in ("", "inspect") for _ in range(3)]
    usual = median(one.seconds for one in times)
    print(f"a whole run opens in {usual:.2f} s", flush=True)
    count = bad = 0
    for number in range(-(-options.variants // options.batch)):
        chance = random.Random(f"{options.seed} {number}")
        made = lay(runs, options.batch, chance, str(number))
        if options.list:
            print(*(f"{one.kind} {one.id} {one.what}" for one in made), sep="\n")
        seen, wrong = await batch(url, made, visitors, usual)
        count, bad = count + seen, bad + wrong
        print(f"{(number + 1) * options.batch} damaged folders, {count} looks, {bad} wrong or late", flush=True)


def main() -> None:
    """Starts the server and looks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=600)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shared", default="", help="EPOCHSCOPE_SHARED of the server")
    parser.add_argument("--list", action="store_true", help="print what was damaged")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    runs = folder / "runs"
    runs.mkdir()
    whole("run", runs / NEIGHBOR)
    environment = {
        **os.environ,
        "EPOCHSCOPE_RUNS": str(runs),
        "EPOCHSCOPE_OFFLINE": "1",
        "EPOCHSCOPE_SHARED": options.shared,
    }
    with serving(folder, environment) as url:
        asyncio.run(measure(url, runs, options))
    log = (folder / "log").read_text()
    print(f"{log.count('Traceback')} tracebacks in the server's output, {folder / 'log'}")
    wrong = checkpoints(folder, options.variants, random.Random(f"{options.seed} pretraining"))
    print(*wrong, f"{options.variants} damaged pretrainings, {len(wrong)} wrong", sep="\n")


if __name__ == "__main__":
    main()
