"""Damaged folders of every kind that a server reads, for benchmarks.damaged: of a run, a branch, futures, a class.

What is damaged is found by looking at the files themselves, not at the schema: values, names, lines, bytes, arrays,
kinds of files, and what one file says of another. The same seed makes the same damage.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from epochscope import rights
from epochscope.classroom.lesson import SCORE, Asked, Joined, Plan, Question, Trained
from epochscope.rights import Kind, Visitor
from safetensors.numpy import load, save

from tests.runs.wrong_folders import FIXTURES
from tests.support.browser import ROOT

KINDS = ("run", "branch", "futures", "class", "move")
MOVED = "point=1025&since=5&epoch=6"
"""What is explained by the move that is kept beside the branch that ships."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_SOMEBODY = Visitor(Kind.BROWSER, "7" * 64)  # who made all of it
_DEEP: list[Any] = []
for _ in range(90):
    _DEEP = [_DEEP]
VALUES: tuple[Any, ...] = (
    None, True, "word", "", " ", 0, -1, 1.5, 3, 1e30, -1e30, 10**25, -(10**400), 2**31, 2**63, 1e308,
    float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], {"": {}}, _DEEP, "\ud800", "\x00", "a\nb\r\tc",
    "x" * 70_000, "../../../etc/passwd", "<script>alert(1)</script>", "javascript:alert(1)", "\u202eabc", [0] * 20_000,
    {str(n): n for n in range(5000)}, "\u0661\u0662", "1e5", [1, "two", None], {"a": float("nan")},
)  # fmt: skip


class Damaged(NamedTuple):
    """One damaged folder."""

    kind: str
    id: str
    what: str  # how it was damaged


def _pack(name: str, to: Path) -> None:
    with zipfile.ZipFile(ROOT / "core" / "epochscope" / "bundled" / "runs.zip") as packed:
        for member in packed.namelist():
            if member.startswith(f"{name}/") and not member.endswith("/"):
                target = to / member.removeprefix(f"{name}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(member))


def _class(to: Path, code: str, futures: str, about: dict[str, Any]) -> None:
    """A lesson about some futures, with students and answers."""
    seeds = tuple(one["seed"] for one in about["members"])
    spec = about["spec"]
    plan = Plan(
        code, "A class", 1_700_000_000.0, spec, seeds, (Question(SCORE, "Which ACC?", "ACC is a share"),), version="1"
    )
    events = [Joined("0" * 64, "Ada"), Joined("1" * 64, "Bo"), Asked(SCORE), Trained(futures)]
    to.mkdir(parents=True)
    (to / "lesson.json").write_bytes(msgspec.json.encode(plan))
    (to / "groups.safetensors").write_bytes(save({"groups": np.zeros(300, np.int32)}))
    (to / "events.jsonl").write_bytes(b"".join(b"\n" + msgspec.json.encode(one) for one in events))


def whole(kind: str, to: Path, code: str = "AAAAAA", futures: str = "") -> None:
    """A whole folder of this kind."""
    if kind == "run":
        shutil.copytree(FIXTURES / "schema_2", to)
    elif kind in ("branch", "move"):
        _pack("tour-what-if", to)
    elif kind == "futures":
        _pack("tour-seeds", to)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            _pack("tour-seeds", Path(temporary))
            about = json.loads((Path(temporary) / "futures.json").read_text())
        _class(to, code, futures, about)


# How a file is damaged: each takes the path and a chance, and says in a word what it did.


def _json_value(path: Path, chance: random.Random) -> str:
    """One value somewhere in a file of JSON, or in one of its lines."""
    lines = path.read_text().split("\n") if path.suffix == ".jsonl" else [path.read_text()]
    full = [number for number, line in enumerate(lines) if line.strip()]
    at = chance.choice([*full, full[-1], full[0]])
    content = json.loads(lines[at])
    places = list(_places(content))
    inside, key, where = chance.choice(places) if places else (None, None, "")
    if inside is None:
        content, said = chance.choice(VALUES), "all of it"
    elif (what := chance.random()) < 0.15:
        del inside[key]
        said = f"{where} gone"
    elif what < 0.25:
        other = chance.choice(places)
        inside[key] = other[0][other[1]]
        said = f"{where} as {other[2]}"
    elif what < 0.3 and isinstance(inside, dict):
        inside[chance.choice(["", "é" * 200, "0", "__class__", "at"])] = inside.pop(key)
        said = f"{where} renamed"
    elif what < 0.4 and isinstance(inside[key], list) and inside[key]:
        inside[key] = inside[key] * chance.choice([2, 50]) if chance.random() < 0.5 else inside[key][:-1]
        said = f"{where} of another length"
    else:
        value = chance.choice(VALUES)
        inside[key] = value
        said = f"{where} = {repr(value)[:40]}"
    lines[at] = json.dumps(content)
    path.write_text("\n".join(lines))
    return f"{at}: {said}" if path.suffix == ".jsonl" else said


def _places(content: Any, where: str = "") -> Iterator[tuple[Any, Any, str]]:
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in list(items):
        name = f"{where}.{key}" if where else str(key)
        yield content, key, name
        if not (isinstance(value, list) and len(value) > 30):
            yield from _places(value, name)


def _lines(path: Path, chance: random.Random) -> str:
    lines = path.read_bytes().split(b"\n")
    what = chance.choice(["shuffled", "reversed", "doubled", "one gone", "first again", "glued", "blank"])
    if what == "shuffled":
        chance.shuffle(lines)
    elif what == "reversed":
        lines = [*lines[:-1][::-1], b""]
    elif what == "doubled":
        lines = [line for line in lines[:-1] for _ in range(2)] + [b""]
    elif what == "one gone":
        del lines[chance.randrange(max(1, len(lines) - 1))]
    elif what == "first again":
        lines = [*lines[:-1], lines[0], b""]
    elif what == "glued":
        return _write(path, b"".join(lines), what)
    else:
        lines = [b"", b" ", *lines, b"\x00\x00", b""]
    return _write(path, b"\n".join(lines), f"lines {what}")


def _bytes(path: Path, chance: random.Random) -> str:
    content = bytearray(path.read_bytes())
    what = chance.choice(["cut", "cut short", "flipped", "noise", "empty", "zeros", "utf-16", "longer", "latin-1"])
    if what in ("cut", "cut short"):
        del content[chance.randrange(len(content) + 1) if what == "cut" else max(0, len(content) - 3) :]
    elif what == "flipped":
        for _ in range(20):
            if content:
                content[chance.randrange(min(len(content), 4000))] ^= 1 << chance.randrange(8)
    elif what == "noise":
        content = bytearray(chance.randbytes(len(content) or 10))
    elif what == "empty":
        content.clear()
    elif what == "zeros":
        content = bytearray(len(content))
    elif what == "utf-16":
        content = bytearray(bytes(content).decode("latin-1").encode("utf-16"))
    elif what == "longer":
        content += chance.randbytes(1000)
    else:
        content[len(content) // 2 : len(content) // 2] = b"\xe9\xff"
    return _write(path, bytes(content), what)


def _write(path: Path, content: bytes, said: str) -> str:
    path.write_bytes(content)
    return said


def _other_kind(path: Path, chance: random.Random) -> str:
    """Something else than a file has its name."""
    what = chance.choice(["gone", "folder", "pipe", "loop", "link elsewhere", "device", "link to nothing"])
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "loop":
        path.symlink_to(path.name)
    elif what == "link elsewhere":
        path.symlink_to("/etc/passwd")
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "link to nothing":
        path.symlink_to("/nowhere/at/all")
    return what


def _arrays(path: Path, chance: random.Random) -> str:
    """A file of arrays with one of them changed."""
    arrays = load(path.read_bytes())
    name = chance.choice(sorted(arrays))
    array = arrays[name]
    changes: dict[str, Callable[[], Any]] = {
        "transposed": lambda: np.ascontiguousarray(array.T),
        "first only": lambda: array[:1],
        "empty": lambda: array[:0],
        "as text": lambda: np.frombuffer(b"hello world!", np.uint8),
        "largest": lambda: np.full_like(array, np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 3e38),
        "lowest": lambda: np.full_like(array, np.iinfo(array.dtype).min if array.dtype.kind in "iu" else np.nan),
        "many": lambda: np.zeros((2_000_000,), array.dtype),
        "wide": lambda: np.zeros((*array.shape, 3), array.dtype),
        "bool": lambda: array.astype(bool),
        "doubles": lambda: array.astype(np.float64),
    }
    what = chance.choice(sorted(changes))
    arrays[name] = changes[what]()
    path.write_bytes(save(arrays))
    return f"{name} {what}"


def _about(path: Path, chance: random.Random) -> str:
    """One value of the text that a file of arrays holds as bytes: what a move is about."""
    arrays = load(path.read_bytes())
    text = path.with_suffix(".json")
    text.write_bytes(arrays["about"].tobytes())
    said = _json_value(text, chance)
    path.write_bytes(save({**arrays, "about": np.frombuffer(text.read_bytes(), np.uint8)}))
    text.unlink()
    return said


def _family(folder: Path, chance: random.Random, others: list[str]) -> str:
    """Branches of nothing, of themselves, of each other."""
    content = json.loads((folder / "run.json").read_text())
    parent = chance.choice([folder.name, "20200101-000000-nowhere-0000000000", "../..", *others])
    content["spec"]["branch"] = {
        "parent": parent,
        "digest": chance.choice(["", "0" * 64]),
        "course": [{"epoch": chance.choice([0, 2, 99_999]), "phase": "", "changes": {}} for _ in range(2)],
    }
    (folder / "run.json").write_text(json.dumps(content))
    return f"branch of {parent}"


def damage_file(path: Path, chance: random.Random) -> str:
    """Damages one file; in words, how."""
    ways: list[Callable[[Path, random.Random], str]] = [_bytes, _other_kind]
    if path.suffix in (".json", ".jsonl"):
        ways = [_json_value] * 7 + ways
    if path.suffix == ".jsonl":
        ways += [_lines]
    if path.suffix == ".safetensors":
        ways += [_arrays] * 4 + [_about] * 6 * (path.parent.name == "moves")
    try:
        return chance.choice(ways)(path, chance)
    except (ValueError, IndexError, TypeError, OSError, UnicodeError):
        return _bytes(path, chance)


def damage(folder: Path, chance: random.Random, others: list[str], only: str = "") -> str:
    """Damages something in a folder, or in its folder `only`; in words, what."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    texts = [path for path in files if path.suffix in (".json", ".jsonl")]
    if not only and (folder / "run.json").is_file() and chance.random() < 0.08:
        return _family(folder, chance, others)
    path = chance.choice(texts) if chance.random() < 0.7 else chance.choice(files)
    if only:
        path = chance.choice([path for path in files if only in path.parts])
    said = damage_file(path, chance)
    return f"{path.relative_to(folder)}: {said}"


def lay(runs: Path, count: int, chance: random.Random, prefix: str) -> list[Damaged]:
    """So many damaged folders, of all kinds."""
    made: list[Damaged] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        code = "".join(_LETTERS[(int(prefix) * 1000 + number) // 30**place % 30] for place in range(6))
        name = f"class-{code}" if kind == "class" else f"20260401-{number:06d}-{kind}-{int(prefix):010x}"
        futures = next((one.id for one in reversed(made) if one.kind == "futures"), "tour-seeds")
        whole(kind, runs / name, code, chance.choice([futures, "tour-seeds", "20200101-000000-gone-0000000000"]))
        rights.write_owner(_SOMEBODY, runs / name / rights.OWNER)
        others = [one.id for one in made if one.kind in ("run", "branch")]
        said = damage(runs / name, chance, others, "moves" if kind == "move" else "")
        made.append(Damaged(kind, name, said))
    return made
