"""Run folders that are wrong in one place, made from the schema itself: every field in every wrong way."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from epochscope.runs.format import schema
from epochscope.runs.format.spec import runs_folder
from safetensors.numpy import load_file, save

FIXTURES = Path(__file__).parent / "fixtures"
PCA = "pca-250bd23d12"

MISSING = object()
NESTED: list[Any] = []
for _ in range(300):
    NESTED = [NESTED]
WRONG: tuple[Any, ...] = (
    MISSING,
    None,
    True,
    "word",
    "4",
    "",
    0,
    -1,
    3.5,
    10**30,
    -1e12,
    1e30,
    float("nan"),
    float("inf"),
    [],
    {},
    [[1]],
    {"a": {"b": 1}},
    NESTED,
    "x" * 6000,
    "\ud800",
    "[x](http://evil.example) <a href='http://evil.example'>y</a>",
    2**53 - 1,
)
FILES: dict[str, Any] = {
    "run.json": schema.RunFile,
    "info.json": schema.Info,
    "status.json": schema.Status,
    "about.json": schema.MetadataFile,
    "epochs.jsonl": schema.EPOCH_LINE,
    "marks.jsonl": schema.ParamChange,
    f"projections/{PCA}/frames.jsonl": schema.FrameLine,
    f"projections/{PCA}/params.json": schema.ProjectionParams,
}
INNER: dict[tuple[str, str], Any] = {("run.json", "spec"): schema.Spec, ("run.json", "display"): schema.Display}


@dataclass(frozen=True)
class Variant:
    """One wrong folder: what is wrong, and what makes it so of a right one."""

    name: str
    file: str
    change: Callable[[Path], None]


def place(fixture: str, run_id: str) -> Path:
    """A copy of a committed run among the stored ones."""
    folder = runs_folder() / run_id
    shutil.copytree(FIXTURES / fixture, folder)
    return folder


def variants() -> Iterator[Variant]:
    """All of them, in the same order every time."""
    yield from _fields()
    yield from _texts()
    yield from _arrays()
    yield from _points()
    yield from _places()


def _fields() -> Iterator[Variant]:
    for file, kind in FILES.items():
        paths: list[tuple[str, ...]] = [(name,) for name in kind.__annotations__]
        for (where, name), inner in INNER.items():
            if where == file:
                paths += [(name, field) for field in inner.__annotations__]
        if file == "epochs.jsonl":
            paths += [("losses", "kl"), ("scores", "acc"), ("at", "q"), ("has", "q"), ("held", "q"), ("sizes", "1")]
            paths += [("measures", "<b>x</b>"), ("entropy", "0"), ("has", "evil"), ("at", "evil")]
        if file == "info.json":
            paths += [("classes", "0"), ("plan", "cluster"), ("provides", "0"), ("made_with", "threads")]
        if file.endswith("frames.jsonl"):
            paths += [("at", "xy"), ("at", "centers"), ("at", "forces"), ("center", "0")]
        if file == "run.json":
            paths += [("spec", "params", "nu"), ("spec", "params", "cluster.tol"), ("display", "params", "nu")]
        for path in paths:
            for number, value in enumerate(WRONG):
                yield Variant(f"{file}:{'.'.join(path)}:{number}", file, _setting(file, path, value))


def _setting(file: str, path: tuple[str, ...], value: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        target = folder / file
        lines = target.read_text().splitlines() if file.endswith("l") else [target.read_text()]
        last = json.loads(lines[-1])
        _put(last, path, value)
        lines[-1] = json.dumps(last)
        target.write_text("\n".join(lines) + "\n")

    return change


def _put(inside: Any, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        inside = inside[int(name)] if isinstance(inside, list) else inside.setdefault(name, {})
    key: Any = int(path[-1]) if isinstance(inside, list) else path[-1]
    if value is MISSING:
        inside.pop(key, None) if isinstance(inside, dict) else inside.pop(key)
    else:
        inside[key] = value


TEXTS = {
    "empty": b"",
    "null": b"null\n",
    "list": b"[]\n",
    "bytes": b"\xff\xfe\x00{\n",
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "half": b'{"epoch": 0, "pha',
    "twice": b'{"epoch":0}\n{"epoch":0}\n',
}


def _texts() -> Iterator[Variant]:
    for file in (*FILES, f"projections/{PCA}/error.txt"):
        for name, content in TEXTS.items():
            yield Variant(f"{file}:{name}", file, lambda folder, f=file, c=content: _write(folder / f, c))
        yield Variant(f"{file}:zeros", file, lambda folder, f=file: _zeros(folder / f))
        yield Variant(f"{file}:gone", file, lambda folder, f=file: (folder / f).unlink(missing_ok=True))
        yield Variant(f"{file}:folder", file, lambda folder, f=file: _folder(folder / f))
        yield Variant(f"{file}:pipe", file, lambda folder, f=file: _pipe(folder / f))
        yield Variant(f"{file}:device", file, lambda folder, f=file: _device(folder / f))


def _pipe(path: Path) -> None:
    """Whoever opens it waits until somebody writes."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _device(path: Path) -> None:
    """Whoever reads it never comes to an end."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _zeros(path: Path) -> None:
    """As long as a stranger likes, without taking any room here."""
    with path.open("wb") as file:
        file.truncate(schema.MOST_BYTES[path.name] + 1)


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


ARRAYS = "arrays/000003.safetensors"


def _arrays() -> Iterator[Variant]:
    names = sorted(load_file(FIXTURES / "schema_2" / ARRAYS))
    for name in names:
        for what, make in _array_changes(name).items():
            yield Variant(f"{name}:{what}", ARRAYS, _array(ARRAYS, name, make))
    for what, content in {
        "empty": b"",
        "cut": None,
        "huge header": struct.pack("<Q", 2**60) + b"{}",
        "overlap": _overlapping(),
        "no header": struct.pack("<Q", 2) + b"[]",
    }.items():
        yield Variant(f"arrays:{what}", ARRAYS, lambda folder, c=content: _damage(folder / ARRAYS, c))


def _array_changes(name: str) -> dict[str, Callable[[np.ndarray], np.ndarray | None]]:
    changes: dict[str, Callable[[np.ndarray], np.ndarray | None]] = {
        "missing": lambda a: None,
        "float64": lambda a: a.astype(np.float64),
        "int64": lambda a: np.nan_to_num(a).astype(np.int64),
        "flat": lambda a: a.reshape(-1),
        "one more axis": lambda a: a[..., None],
        "no columns": lambda a: a[..., :0],
        "fewer rows": lambda a: a[:-1],
        "fewer columns": lambda a: np.ascontiguousarray(a[..., :-1]),
        "more columns": lambda a: np.concatenate([a, a], axis=-1),
        "scalar": lambda a: np.zeros((), a.dtype),
    }
    if name == "labels":
        changes |= {
            "255": lambda a: np.full_like(a, 255),
            "as floats": lambda a: a.astype(np.float32),
            "many": lambda a: np.zeros(3_000_000, np.uint8),
        }
    else:
        changes |= {
            "nan": lambda a: np.full_like(a, np.nan),
            "inf": lambda a: np.full_like(a, np.inf),
            "negative": lambda a: np.ascontiguousarray(-np.abs(a) - 1),
            "huge": lambda a: np.full(a.shape, 3e38, np.float32),
        }
    return changes


def _array(file: str, name: str, make: Callable[[np.ndarray], np.ndarray | None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        arrays = load_file(folder / file)
        made = make(arrays.pop(name))
        if made is not None:
            arrays[name] = made
        (folder / file).write_bytes(save(arrays))

    return change


def _damage(path: Path, content: bytes | None) -> None:
    path.write_bytes(path.read_bytes()[:-20] if content is None else content)


def _overlapping() -> bytes:
    one = {"dtype": "U8", "shape": [60], "data_offsets": [0, 60]}
    header = json.dumps({"labels": one, "q": one}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(60)


def _points() -> Iterator[Variant]:
    file = "points.safetensors"
    changes: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray | None]]] = {
        "index beyond": ("index", lambda a: a + 60),
        "index negative": ("index", lambda a: a - 5),
        "index twice": ("index", np.zeros_like),
        "index floats": ("index", lambda a: a.astype(np.float32)),
        "index short": ("index", lambda a: a[:-1]),
        "truth beyond": ("truth", lambda a: a + 300),
        "truth negative": ("truth", lambda a: a - 300),
        "truth short": ("truth", lambda a: a[:-1]),
        "truth wide": ("truth", lambda a: a.astype(np.int64)),
        "truth gone": ("truth", lambda a: None),
    }
    for what, (name, make) in changes.items():
        yield Variant(f"points:{what}", file, _array(file, name, make))
    for what, content in {"cut": None, "empty": b""}.items():
        yield Variant(f"points:{what}", file, lambda folder, c=content: _damage(folder / file, c))


def _all_at(file: str, size: int | None = None) -> Callable[[Path], None]:
    """Everything in every line begins at the same byte, with its own size or this one."""

    def change(folder: Path) -> None:
        lines = [json.loads(line) for line in (folder / file).read_text().splitlines()]
        for line in lines:
            line["at"] = {name: [0, size or own] for name, (_, own) in line["at"].items()}
        (folder / file).write_text("".join(json.dumps(line) + "\n" for line in lines))

    return change


def _as_the_last(folder: Path) -> None:
    """Every epoch has the bytes of the last."""
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    for line in lines:
        line["at"] = lines[-1]["at"]
    (folder / "epochs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def one_epoch_of(size: int) -> Callable[[Path], None]:
    """One epoch of so many bytes, all of which are there: pictures of a million pixels."""

    def change(folder: Path) -> None:
        info = json.loads((folder / "info.json").read_text())
        (folder / "info.json").write_text(json.dumps({**info, "decodes": True, "f": 1_000_000}))
        _setting("epochs.jsonl", ("at",), {"decoded_centers": [1_000_000, size]})(folder)
        with (folder / "frames.bin").open("r+b") as file:
            file.truncate(1_000_000 + size)

    return change


def _places() -> Iterator[Variant]:
    """Bytes that lie elsewhere than a line says."""
    for file in ("epochs.jsonl", f"projections/{PCA}/frames.jsonl"):
        yield Variant(f"{file}:all at once", file, _all_at(file))
        yield Variant(f"{file}:all large at once", file, _all_at(file, 8_000_000))
    yield Variant("epochs.jsonl:as the last", "epochs.jsonl", _as_the_last)
    for file in ("frames.bin", f"projections/{PCA}/frames.bin"):
        yield Variant(f"{file}:cut", file, lambda folder, f=file: _damage(folder / f, None))
        yield Variant(f"{file}:gone", file, lambda folder, f=file: (folder / f).unlink())
        yield Variant(f"{file}:folder", file, lambda folder, f=file: _folder(folder / f))
    for file in ("frames.bin", f"projections/{PCA}/frames.bin", "points.safetensors", ARRAYS):
        yield Variant(f"{file}:pipe", file, lambda folder, f=file: _pipe(folder / f))
        yield Variant(f"{file}:device", file, lambda folder, f=file: _device(folder / f))
    for number, at in enumerate(([0, 8_000_000], [0, 180], [10**9, 180], [1000, -3], [1000], [664, 181], [664, 0])):
        yield Variant(f"at:{number}", "epochs.jsonl", _setting("epochs.jsonl", ("at", "q"), at))
        yield Variant(
            f"xy:{number}",
            f"projections/{PCA}/frames.jsonl",
            _setting(f"projections/{PCA}/frames.jsonl", ("at", "xy"), at),
        )
