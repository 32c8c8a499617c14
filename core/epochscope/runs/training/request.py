"""Looks up the method and data set of stored settings: needed only to train, repeat, continue or duplicate a run.

Reading, showing, comparing and exporting a run do not use this: its method may no longer exist.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from epochscope.data import SOURCES, Source
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.params import Params, current_name, shown
from epochscope.runs.format.channels import with_line_numbers
from epochscope.runs.format.lineage import changed_words
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import Branch, Display, Parameter
from epochscope.runs.format.spec import RunSpec, known
from epochscope.runs.training import external
from epochscope.runs.training.given import is_given, source_of
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

_WATCH_ONLY = "it can be watched, but not repeated"


class Resolved(NamedTuple):
    """Settings with their data set and method. `spec` has the values of all parameters."""

    spec: RunSpec
    source: Source
    algorithm: Method
    source_params: Params
    method_params: Any  # of the method's own class

    @property
    def title(self) -> str:
        if self.spec.external:
            return self.spec.title
        clusters = "" if self.algorithm.finds_k else f", k = {self.spec.k}"
        title = f"{self.algorithm.title} on {self.source.title}{clusters}, seed {self.spec.seed}"
        if not self.spec.course:
            return title
        named = _parameters(self.method_params)
        return f"{title}, from epoch {self.spec.course[-1]['epoch']}: {changed_words(self.spec, named)}"

    @property
    def display(self) -> Display:
        """The names of the parts of this run, stored for pages that show it after its method is gone."""
        return {
            "title": self.title[:300],
            "dataset": self.source.title[:300],
            "method": self.algorithm.title[:300],
            "space": self.algorithm.space,
            "provides": sorted(with_line_numbers(self.algorithm.provides)),
            "data": _parameters(self.source_params),
            "params": _parameters(self.method_params),
        }


def resolve(spec: RunSpec) -> Resolved:
    """Looks up data set and method and completes the values, so that a run folder holds all of them even if a later
    version changes a default.

    Raises EpochscopeError if the data set, method or a parameter does not exist, or a value is out of range.
    """
    if spec.external:
        source, method = external.SOURCE, external.METHOD._replace(title=spec.external)
    else:
        method = known(METHODS, spec.method, "method")
        handed_over = is_given(spec.dataset, spec.external)
        source = source_of(spec.data) if handed_over else known(SOURCES, spec.dataset, "data set")
    source_params, method_params = source.params().but(spec.data), method.params().but(spec.params)
    whole = replace(spec, data=source_params.flat(), params=method_params.flat(), branch=_known(spec, method_params))
    return Resolved(whole, source, method, source_params, method_params)


def _known(spec: RunSpec, start: Params) -> Branch | None:
    """The branch of these settings with its values checked. Raises EpochscopeError as `resolve` does."""
    if spec.branch is None:
        return None
    now, course, last = start, [], -1
    for step in spec.branch["course"]:
        if step["epoch"] <= last:
            raise EpochscopeError("The changes of a branch must be in the order of their epochs, one step for each.")
        last, now = step["epoch"], now.but(step["changes"])
        values = now.flat()
        changes = {name: values[name] for name in (current_name(name, values) for name in step["changes"])}
        course.append({**step, "changes": changes})
    return {**spec.branch, "course": course}


def reason_not_repeatable(spec: RunSpec) -> str:
    """Why this run cannot be trained here again, in one sentence; empty if it can."""
    if spec.external:
        return f"{sanitize(spec.external, 300)} was recorded by another program; only that program can train it again."
    if is_given(spec.dataset, spec.external):
        name = sanitize(str(spec.data.get("name", "")), 100)
        return f"The data of this run, {name}, came from another program; only that program can train on them again."
    gone = [f"by method {shown(spec.method)}"] if spec.method not in METHODS else []
    gone += [f"on data set {shown(spec.dataset)}"] if spec.dataset not in SOURCES else []
    if gone:
        return f"This run was trained {gone[0]}, which this epochscope does not have: {_WATCH_ONLY}."
    try:
        resolve(spec)
    except EpochscopeError as error:
        return f"This run has other settings than this epochscope knows ({str(error).rstrip('.')}): {_WATCH_ONLY}."
    return ""


def display_of(run: Run) -> Display:
    """The names of the parts of a run on pages: the stored ones; for a run of format 1 today's names, or the keys where
    those no longer exist.
    """
    if run.display:
        return run.display
    try:
        return resolve(run.spec).display
    except EpochscopeError:
        return _by_keys(run)


def _by_keys(run: Run) -> Display:
    spec = run.spec
    bare: Parameter = {"symbol": "", "label": "", "group": ""}
    return {
        "title": run.title,
        "dataset": sanitize(spec.dataset),
        "method": sanitize(spec.external or spec.method),
        "space": "codes",
        "provides": ["z"],
        "data": {name: bare for name in spec.data},
        "params": {name: bare for name in spec.params},
    }


def _parameters(params: Params) -> dict[str, Parameter]:
    groups = params.group_labels()
    return {
        flag: {"symbol": about.symbol, "label": about.label, "group": groups.get(flag.partition(".")[0], "")}
        for flag, about in params.ranges()
    }
