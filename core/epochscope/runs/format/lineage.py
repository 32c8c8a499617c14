"""How runs descend from each other: what a branch changed, in words, and the tree of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from epochscope.runs.format.schema import Display, Parameter
from epochscope.runs.format.spec import RunSpec
from epochscope.text import sanitize, value_words

NO_CHANGE = "no change"
SEED = "seed"
"""Name under which a new seed is noted among the parameter changes of a run; no parameter may have it."""


def values_at_branch(spec: RunSpec) -> dict[str, Any]:
    """The parameters as they were when the run branched off, before its own change."""
    values = dict(spec.params)
    for step in spec.course[:-1]:
        values |= step["changes"]
    return values


def changed_words(spec: RunSpec, names: Mapping[str, Parameter]) -> str:
    """What a branch changed, such as "γ 0.1 → 0.5, seed 7"; empty for a run that is none. `names`: of its parameters,
    as in Display.
    """
    if not spec.course:
        return ""
    step, before = spec.course[-1], values_at_branch(spec)
    parts = [
        f"{short_name(name, names)} {value_words(before.get(name))} → {value_words(value)}"
        for name, value in step["changes"].items()
    ]
    parts += [f"seed {step['seed']}"] if "seed" in step else []
    return ", ".join(parts) or NO_CHANGE


def about_branch(spec: RunSpec, display: Display | None) -> dict[str, Any]:
    """Where a run branched off, and what it changed, as lists keep it; nothing for a run that is no branch."""
    if not spec.course:
        return {}
    words = changed_words(spec, display["params"] if display else {})
    return {"parent": spec.parent, "left_at": spec.course[-1]["epoch"], "changed": sanitize(words, 200)}


def short_name(name: str, known: Mapping[str, Parameter]) -> str:
    """The symbol of a parameter, else its label; with its group where another one is called the same."""
    about = known.get(name)
    if not about:
        return name
    short = about["symbol"] or about["label"] or name
    alike = [other for other in known.values() if (other["symbol"] or other["label"]) == short]
    return f"{short} ({about['group']})" if len(alike) > 1 and about["group"] else short


class Kin(Protocol):
    """What the tree asks of a run."""

    @property
    def id(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def left_at(self) -> int | None: ...
    @property
    def created(self) -> float: ...


class Node(NamedTuple):
    """A place in the tree, in the order of its rows from top to bottom."""

    run: Any
    depth: int
    parent_row: int | None  # None: the first of a family, or its parent is no longer there


def family(run_id: str, runs: Iterable[Kin]) -> list[Node]:
    """All runs that descend from the same first run as this one, this one included; empty if it is not among them.

    Each is followed by its branches, the earliest first, so that lines to branches do not cross.
    """
    known = {one.id: one for one in runs}
    if run_id not in known:
        return []
    first, seen = run_id, {run_id}
    while (above := known[first].parent) in known and above not in seen:
        first = above
        seen.add(above)
    return _below(first, known)


def families(runs: Iterable[Kin]) -> list[list[Node]]:
    """Every family of at least two runs; in each, the rows as in `family`."""
    known = {one.id: one for one in runs}
    parents = {one.parent for one in known.values() if one.parent in known}
    return [_below(name, known) for name in known if name in parents and known[name].parent not in known]


def _below(first: str, known: Mapping[str, Any]) -> list[Node]:
    branches: dict[str, list[Any]] = {}
    for one in known.values():
        branches.setdefault(one.parent, []).append(one)
    nodes: list[Node] = []
    seen: set[str] = set()
    waiting: list[tuple[str, int, int | None]] = [(first, 0, None)]
    while waiting:
        name, depth, row = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        nodes.append(Node(known[name], depth, row))
        # the latest branch is drawn first, right below its parent: its line is crossed by no other
        below = sorted(branches.get(name, []), key=lambda one: (one.left_at or 0, -one.created))
        waiting += [(one.id, depth + 1, len(nodes) - 1) for one in below]
    return nodes
