"""Files that hold a set in parts (train, val, test): which arrays belong together, and joining them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, issparse, vstack

from epochscope.data.own.naming import ORDER, part_of
from epochscope.data.own.questions import Answers, Question, ask


class Whole(NamedTuple):
    """Arrays by name with the parts joined or one part chosen; what was left, and the question if there is one."""

    arrays: dict[str, Any]
    left: tuple[str, ...] = ()
    question: Question | None = None


def whole(arrays: Mapping[str, Any], answers: Answers) -> Whole:
    """All parts joined, if each holds the same arrays; else the first part alone. The page asks."""
    named = {name: part_of(name) for name in arrays}
    tables: dict[str, dict[str, str]] = {}  # base -> part -> name
    for name, (base, part) in named.items():
        if part and arrays[name].ndim:
            tables.setdefault(base, {}).setdefault(part, name)
    parts = [part for part in ORDER if any(part in names for names in tables.values())]
    if len(parts) < 2:
        return Whole(dict(arrays))
    fit = {base: names for base, names in tables.items() if sorted(names) == sorted(parts) and _fit(arrays, names)}
    complete = len(fit) == len(tables)
    both = " and ".join(parts) if len(parts) == 2 else ", ".join(parts[:-1]) + f" and {parts[-1]}"
    options = (both, *parts) if fit else tuple(parts)
    why = f"The file holds {both}." if complete else f"The file holds {both}, but not the same arrays of each."
    question = ask(answers, "parts", "Parts", options, both if complete else parts[0], why)
    if question.chosen != both:
        left = tuple(name for name, (_, part) in named.items() if part and part != question.chosen)
        return Whole({name: arrays[name] for name in arrays if name not in left}, left, question)
    inside = {name for names in fit.values() for name in names.values()}
    made = {base: _stacked([arrays[names[part]] for part in parts]) for base, names in fit.items()}
    rest = {name: arrays[name] for name, (_, part) in named.items() if not part and name not in made}
    left = tuple(name for name, (_, part) in named.items() if part and name not in inside)
    return Whole({**made, **rest}, left, question)


def _fit(arrays: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    some = [arrays[name] for name in names.values()]
    text = {array.dtype.kind in "USO" for array in some}
    return len({array.shape[1:] for array in some}) == 1 and len(text) == 1 and len({issparse(a) for a in some}) == 1


def _stacked(arrays: list[Any]) -> Any:
    return csr_matrix(vstack(arrays)) if issparse(arrays[0]) else np.concatenate(arrays)
