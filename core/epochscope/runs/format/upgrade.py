"""Upgrades from older formats of a run folder, one function per step, applied while reading.

Nothing on disk is changed, so an older epochscope can still read its own runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from epochscope.params import FORMER_OPTIONS, todays_name
from epochscope.runs.format import external

SCHEMA = 2
"""Version of the format. A reader refuses newer ones and upgrades older ones.

1  the first one
2  `recorded` is called `external`; run.json says how pages call method, data set and parameters (`display`);
   the share of changed labels is a measure; parameters and their options are spelled as in American English
"""


def _from_1(spec: dict[str, Any]) -> dict[str, Any]:
    """`recorded`, the name that somebody's own loop gave its run, is called `external`; words have today's spelling."""
    name = spec.pop("recorded", "")
    if name != "":
        spec |= {"external": name, "dataset": external.KEY, "method": external.KEY}
    for values in ("data", "params"):
        if isinstance(spec.get(values), dict):
            spec[values] = {todays_name(key): _current_option(value) for key, value in spec[values].items()}
    return spec


def _current_option(value: Any) -> Any:
    return FORMER_OPTIONS.get(value, value) if isinstance(value, str) else value


_STEPS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""Format -> what makes the settings of its runs those of the next format."""


_LABEL_CHANGE = "label change"


def _epoch_from_1(line: Any) -> None:
    """The share of changed labels was stored as a loss; it is a measure."""
    if _LABEL_CHANGE in line["losses"]:
        line["measures"] = {_LABEL_CHANGE: line["losses"].pop(_LABEL_CHANGE), **line["measures"]}


_EPOCH_STEPS: Mapping[int, Callable[[Any], None]] = {1: _epoch_from_1}
"""Format -> what makes a line of its epochs.jsonl one of the next format, in place."""


def upgrade_epoch(line: Any, schema: int) -> None:
    """Converts a line of epochs.jsonl of that format to the current one, in place."""
    for absent_in_the_first_runs in ("measures", "held"):
        line.setdefault(absent_in_the_first_runs, {})
    while schema in _EPOCH_STEPS:
        _EPOCH_STEPS[schema](line)
        schema += 1


def written_in(spec: Mapping[str, Any]) -> int:
    """The format in which a run was written."""
    schema = spec.get("schema", 1)
    return schema if type(schema) is int else SCHEMA


def upgraded(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of run.json in the current format; those of no older format are returned unchanged."""
    upgraded_spec = dict(spec)
    schema = upgraded_spec.get("schema", 1)
    if type(schema) is int:
        while schema in _STEPS:
            upgraded_spec = _STEPS[schema](upgraded_spec)
            schema += 1
            upgraded_spec["schema"] = schema
    return upgraded_spec
