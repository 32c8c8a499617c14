"""A zip: one file in it, arrays, pictures, a matrix with names, or several tables that belong together."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from epochscope.data.npz import read_npy
from epochscope.data.own import mtx, tensors
from epochscope.data.own.arrays import from_arrays, read_arrays
from epochscope.data.own.excel import read_excel
from epochscope.data.own.naming import ORDER, part_of, says_labels, says_points
from epochscope.data.own.packed import unpacked
from epochscope.data.own.pictures import ENDINGS, picture_names, read_pictures
from epochscope.data.own.questions import Answers, ask
from epochscope.data.own.raw import MOST_BYTES, Raw, counting, numeric
from epochscope.data.own.refused import reason_of_names
from epochscope.data.unzip import member, zip_file
from epochscope.types import EpochscopeError

ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_Reader = Callable[[bytes, str, Answers], Raw]
_ASIDE = re.compile(r"(readme|license|licence|notice|citation|description|changelog|about|copying)\b.*", re.IGNORECASE)
_NO_DATA = (".md", ".html", ".htm", ".pdf", ".py", ".ipynb", ".r", ".m", ".names", ".rst", ".yml", ".yaml", ".docx")
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_MOST_FILES = 20  # tables that are looked at
_GENES = ("genes", "features", "peaks")


def read_zip(content: bytes, where: str, answers: Answers, read_one: _Reader) -> Raw:
    """What the members of a zip hold together. read_one: reads a file by itself, and no zip but a workbook or .npz."""
    with zip_file(content, where) as file:
        if sum(info.file_size for info in file.infolist()) > MOST_BYTES:
            raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
        names = file.namelist()
        if said := reason_of_names(names):
            raise EpochscopeError(f"{where} cannot be read, since {said}.")
        files = _files(names)
        arrays = bool(files) and all(name.endswith(".npy") for name in files)
        folders = arrays and all("/" in name for name in files)
        if folders or (arrays and len(files) < len(names)):
            return _of_npy(file, files, where, answers)
        of_one_kind = arrays or any(name.startswith("xl/") for name in names) or picture_names(names)
        inside = {} if of_one_kind else _content(file, files)
    if arrays:
        return read_arrays(content, where, answers)
    if of_one_kind:
        return (read_pictures if picture_names(names) else read_excel)(content, where, answers)
    return _together(inside, where, answers, read_one)


def _content(file: zipfile.ZipFile, files: list[str]) -> dict[str, bytes]:
    """What the members hold but for those that only tell of the data."""
    files = [name for name in files if not _aside(name)] or files
    found = {name: member(file, name, MOST_BYTES) for name in files[:_MOST_FILES]}
    return {name: packed for name, packed in found.items() if packed.strip()}


def _together(inside: Mapping[str, bytes], where: str, answers: Answers, read_one: _Reader) -> Raw:
    """What a few files are together."""
    if not inside:
        raise EpochscopeError(f"{where} contains neither numpy arrays nor images ({', '.join(ENDINGS)}) nor tables.")
    if matrix := next((name for name in inside if _stem(name).endswith("matrix") and _ends(name, ".mtx")), ""):
        return _cells(inside, matrix, where, answers)
    if len(inside) == 1:
        return _one(*next(iter(inside.items())), where, answers, read_one)
    return _several(inside, where, answers, read_one)


def _files(names: list[str]) -> list[str]:
    """The members that are files and not hidden."""
    return [
        name
        for name in names
        if not name.endswith("/") and not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
    ]


def _aside(name: str) -> bool:
    """Whether this member only tells of the data."""
    last = PurePosixPath(name).name
    return bool(_ASIDE.fullmatch(last)) or last.lower().endswith(_NO_DATA)


def _stem(name: str) -> str:
    """The name of a member without folder and endings; what IDX files are called after goes, too."""
    last = PurePosixPath(name).name
    for ending in _PACKED:
        last = last.removesuffix(ending)
    return re.sub(r"[-.]idx\d-ubyte$", "", last.rpartition(".")[0] if "." in last else last)


def _ends(name: str, ending: str) -> bool:
    return any(name.lower().endswith(ending + packed) for packed in ("", *_PACKED))


def _one(name: str, content: bytes, where: str, answers: Answers, read_one: _Reader) -> Raw:
    """One member by itself. A zip in a zip is opened only if it is a workbook or holds arrays."""
    if content[:4] in ZIPS:
        with zip_file(content, where) as file:
            names = file.namelist()
            size = sum(info.file_size for info in file.infolist())
        if size > MOST_BYTES:
            raise EpochscopeError(f"{where} unpacks to more than {MOST_BYTES >> 20} MiB; use a part of it.")
        if any(inner.startswith("xl/") for inner in names):
            return read_excel(content, where, answers)
        if names and all(inner.endswith(".npy") for inner in names):
            return read_arrays(content, where, answers)
        raise EpochscopeError(
            f"{where} contains neither numpy arrays nor images nor tables, but a zip in a zip: unpack the outer one."
        )
    return read_one(content, f"{name[:80]} in {where}", answers)


def _of_npy(file: zipfile.ZipFile, files: list[str], where: str, answers: Answers) -> Raw:
    """Arrays by name, or one array for each point, in a folder for each class."""
    arrays = {}
    folders = all("/" in name for name in files)
    for name in files:
        packed = member(file, name, MOST_BYTES)
        arrays[name.removesuffix(".npy")] = read_npy(io.BytesIO(packed), len(packed), f"{name[:80]} in {where}")
    shapes = {(array.shape, array.dtype.kind in "fiub") for array in arrays.values()}
    if not folders or len(files) < 3 or len(shapes) > 1 or not shapes.pop()[1]:
        return from_arrays({_stem(name): array for name, array in arrays.items()}, where, answers)
    order = sorted(arrays)
    of = np.array([PurePosixPath(name).parent.name for name in order])
    labels = {"folder": of} if len(set(of.tolist())) > 1 else {}
    raw = from_arrays({"X": np.stack([arrays[name] for name in order]), **labels}, where, {}, settled=True)
    return raw._replace(label="folder" if labels else "", assumed=("one array for each point", *raw.assumed))


def _cells(inside: Mapping[str, bytes], matrix: str, where: str, answers: Answers) -> Raw:
    """A matrix of Matrix Market with the names of genes and cells in files beside it."""
    lines = {}
    for name, packed in inside.items():
        stem = _stem(name).rpartition("_")[2]
        if PurePosixPath(name).parent == PurePosixPath(matrix).parent and name != matrix:
            text = unpacked(packed, f"{name[:80]} in {where}").decode("utf-8", "replace")
            rows = [line.split("\t") for line in text.splitlines() if line.strip()]
            lines["genes" if stem in _GENES else stem] = rows
    named = f"{matrix[:80]} in {where}"
    return mtx.named_matrix(mtx.matrix_of(unpacked(inside[matrix], named), named), lines, where, answers)


class _Table(NamedTuple):
    raw: Raw
    array: np.ndarray | None  # where all of it is numbers, or one column of words
    columns: list[str]


def _several(inside: Mapping[str, bytes], where: str, answers: Answers, read_one: _Reader) -> Raw:
    """Tables: parts of one set are joined, points and labels put together; of others one is asked for."""
    tables: dict[str, _Table] = {}
    first: EpochscopeError | None = None
    for name, packed in inside.items():
        try:
            tables[_free(_stem(name), tables)] = _table(name, packed, where, read_one)
        except EpochscopeError as error:  # a text that is no table
            first = first or error
    if not tables:
        assert first is not None
        raise first
    arrays = {name: table.array for name, table in tables.items() if table.array is not None}
    of_points = any(says_points(name) for name in arrays) and any(says_labels(name) for name in arrays)
    if of_points or (len(arrays) == len(tables) and any(says_points(name) for name in arrays)):
        return from_arrays(arrays, where, answers, {name: tables[name].columns for name in arrays})
    if (joined := _joined(tables, answers)) is not None:
        return joined
    order = sorted(tables, key=lambda name: -tables[name].raw.rows * max(1, len(numeric(tables[name].raw))))
    question = ask(answers, "file", "File", tuple(order), order[0], "The zip holds several tables.")
    name = next(name for name in inside if _stem(name) == question.chosen.partition(" (")[0])
    raw = _one(name, inside[name], where, answers, read_one)
    if len(tables) == 1:
        return raw
    return raw._replace(questions=(question, *raw.questions), assumed=(f"file: {question.chosen}", *raw.assumed))


def _table(name: str, packed: bytes, where: str, read_one: _Reader) -> _Table:
    called = f"{name[:80]} in {where}"
    plain = unpacked(packed, called)
    if tensors.is_idx(plain) or plain.startswith(b"\x93NUMPY"):
        idx = tensors.is_idx(plain)
        array = tensors.idx_array(plain) if idx else read_npy(io.BytesIO(plain), len(plain), called)
        return _Table(Raw({"values": array.reshape(len(array), -1)[:, 0].astype(np.float64)}), array, [])
    raw = _one(name, packed, where, {}, read_one)
    ids = {column for column in numeric(raw) if counting(raw.columns[column], column)}
    columns = [column for column in raw.columns if column not in ids] or list(raw.columns)
    if raw.by_columns and (len(columns) == 1 or not set(columns) - set(numeric(raw))):
        values = [raw.columns[column] for column in columns]
        one = values[0] if values[0].dtype.kind == "f" else np.array([word or "" for word in values[0].tolist()], str)
        return _Table(raw, one if len(columns) == 1 else np.stack(values, axis=1), columns)
    return _Table(raw, raw.matrix if raw.matrix is not None and not columns else None, columns)


def _joined(tables: Mapping[str, _Table], answers: Answers) -> Raw | None:
    """The parts of a set (train, test) as one table; None where these are none, or do not have the same columns."""
    of = {part_of(name): name for name in tables if tables[name].raw.by_columns}
    parts = [part for part in ORDER if any(part == one for _, one in of)]
    if len(parts) < 2 or len({base for base, part in of if part}) > 1:
        return None
    some = {part: tables[next(name for (_, one), name in of.items() if one == part)].raw for part in parts}
    names = list(some[parts[0]].columns)
    both = " and ".join(parts)
    shared = [
        name
        for name in names
        if all(name in raw.columns for raw in some.values())
        and len({raw.columns[name].dtype.kind for raw in some.values()}) == 1
    ]
    same = all(set(raw.columns) == set(shared) for raw in some.values())
    if not shared:
        return None
    why = "The zip holds these parts." if same else "The zip holds these parts, but not the same columns of each."
    question = ask(answers, "parts", "Parts", (both, *parts), both if same else parts[0], why)
    if question.chosen == both:
        columns = {name: np.concatenate([raw.columns[name] for raw in some.values()]) for name in shared}
        raw = some[parts[0]]._replace(columns=columns)
    else:
        raw = some[question.chosen]
    return raw._replace(questions=(question, *raw.questions), assumed=(f"parts: {question.chosen}", *raw.assumed))


def _free(name: str, taken: Mapping[str, Any]) -> str:
    return name if name not in taken else f"{name} ({len(taken) + 1})"
