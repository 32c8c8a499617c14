"""A typed table (of Parquet, Feather, Arrow, ORC or JSON) as columns: numbers, words, lists, structs, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from epochscope.data.own.numbers import floats
from epochscope.data.own.pictures import decoded
from epochscope.data.own.questions import Answers
from epochscope.data.own.raw import LONGEST_WORD, MOST_COLUMNS, Raw, unique, within_limits
from epochscope.data.sprites import color_pictures_of
from epochscope.types import EpochscopeError

_DEEPEST = 4  # lists within lists, structs within structs


def of_table(table: pa.Table, where: str, answers: Answers) -> Raw:
    """The values of a list become columns, a list of two levels or more or a picture becomes pixels."""
    table = _flat(table)
    raw, skipped = Raw({}), []
    columns: dict[str, np.ndarray] = {}
    for name, column in zip(unique(table.column_names), table.columns, strict=True):
        if raw.pixels is None and (pictures := _pictures(column, where, answers)) is not None:
            raw = pictures
            continue
        try:
            parts = _typed(column)
        except MemoryError:
            raise
        except (pa.ArrowException, ValueError, TypeError):
            parts = []
        if not parts:
            skipped.append(name)
        within_limits(table.num_rows, len(columns) + len(parts), where)
        columns |= {name if len(parts) == 1 else f"{name} {i + 1}": part for i, part in enumerate(parts)}
    note = f"Not used: {', '.join(skipped[:5])}." if skipped else ""
    return raw._replace(columns=columns, one_table=True, note=" ".join(filter(None, [raw.note, note])))


def _flat(table: pa.Table) -> pa.Table:
    """The table with the fields of structs as columns of their own; pictures stay together."""
    for _ in range(_DEEPEST):
        if not any(pa.types.is_struct(field.type) and not _holds_bytes(field.type) for field in table.schema):
            break
        names: list[str] = []
        columns: list[Any] = []
        for field, column in zip(table.schema, table.columns, strict=True):
            if pa.types.is_struct(field.type) and not _holds_bytes(field.type):
                names += [f"{field.name}.{field.type.field(i).name}" for i in range(field.type.num_fields)]
                columns += column.flatten()
            else:
                names.append(field.name)
                columns.append(column)
        table = pa.Table.from_arrays(columns, names)
    return table


def _holds_bytes(kind: Any) -> bool:
    """Whether a struct is a picture as Hugging Face stores it."""
    return "bytes" in {kind.field(i).name for i in range(kind.num_fields)}


def _typed(column: pa.ChunkedArray) -> list[np.ndarray]:
    """One column of a typed table as one or, for a list of numbers, several; none where it is something else."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _typed(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _from_dictionary(column)
    if _is_number(kind):
        return [floats(pc.cast(column, pa.float64(), safe=False))]
    if _is_list(kind):
        flat = _rectangle(column)
        return list(flat.reshape(len(column), -1).T) if flat is not None else []
    cells = _texts(column)
    return [] if cells is None else [_words(cells)]


def _from_dictionary(column: pa.ChunkedArray) -> list[np.ndarray]:
    """A column of which each different value is stored once; the words stay so."""
    parts = []
    for chunk in column.chunks:
        words = _texts(pa.chunked_array([chunk.dictionary]))
        if words is None:
            return _typed(pc.cast(column, column.type.value_type))
        codes = chunk.indices.cast(pa.int64()).fill_null(len(words)).to_numpy(zero_copy_only=False)
        parts.append(_words([*words, None])[codes])
    return [np.concatenate(parts)] if parts else [_words([])]


def _texts(column: pa.ChunkedArray) -> list[str | None] | None:
    """Words, dates or bytes as text; None for anything else."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_temporal(kind):
        return pc.utf8_slice_codeunits(pc.cast(column, pa.string()), 0, LONGEST_WORD).to_pylist()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [None if cell is None else cell[:LONGEST_WORD].decode("utf-8", "replace") for cell in column.to_pylist()]
    return None


def _words(cells: Sequence[str | None]) -> np.ndarray:
    found = np.empty(len(cells), object)
    found[:] = cells
    return found


def _is_number(kind: pa.DataType) -> bool:
    kinds = pa.types
    return kinds.is_boolean(kind) or kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind)


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind)


def _rectangle(column: Any, deep: int = 0) -> np.ndarray | None:
    """Lists of equally many numbers as n x ...; a row without a list is NaN. None where the lengths differ."""
    if not _is_list(column.type):
        return floats(pc.cast(column, pa.float64(), safe=False)) if _is_number(column.type) else None
    there = pc.is_valid(column)
    whole = pc.filter(column, there)
    lengths = set(pc.unique(pc.list_value_length(whole)).to_pylist())
    if len(lengths) != 1 or deep > _DEEPEST or not (length := lengths.pop()):
        return None
    inner = _rectangle(pc.list_flatten(whole), deep + 1)
    if inner is None:
        return None
    made = inner.reshape(len(whole), length, *inner.shape[1:])
    if len(whole) == len(column):
        return made
    full = np.full((len(column), *made.shape[1:]), np.nan)
    full[there.to_numpy(zero_copy_only=False) if isinstance(there, pa.Array) else np.asarray(there)] = made
    return full


def _pictures(column: pa.ChunkedArray, where: str, answers: Answers) -> Raw | None:
    """The points as pixels, if the column holds pictures: {bytes, path}, a tensor or lists within lists of numbers."""
    kind = column.type
    if pa.types.is_struct(kind) and _holds_bytes(kind):
        contents = pc.struct_field(pa.chunked_array(column), "bytes").to_pylist()
        if all(content is None for content in contents):
            raise EpochscopeError(f"{where} only names pictures that lie in other files; embed them.")
        return decoded([content if isinstance(content, bytes) else None for content in contents], where, answers)
    shape: tuple[int, ...] = ()
    if isinstance(kind, pa.FixedShapeTensorType):
        shape = tuple(kind.shape)
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
    elif isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
    if not _is_list(column.type):
        return None
    try:
        values = _rectangle(column)
    except MemoryError:
        raise
    except (pa.ArrowException, ValueError, TypeError):
        return None
    if values is None:
        return None
    values = values.reshape(len(values), *shape) if shape else values
    if values.ndim not in (3, 4) or min(values.shape[1:3]) < 2 or np.prod(values.shape[1:]) > MOST_COLUMNS:
        return None
    within_limits(len(values), int(np.prod(values.shape[1:])), where)
    gone = np.isnan(values.reshape(len(values), -1)).all(axis=1)
    pictures = color_pictures_of(np.where(np.isnan(values), np.nanmin(values), values)) if not gone.all() else None
    size = " x ".join(map(str, values.shape[1:]))
    return Raw({}, values.reshape(len(values), -1).astype(np.float32), pictures, f"{len(values):,} pictures, {size}.")
