"""From older formats of a run folder to the present one: one function a step, applied while reading.

Nothing on the disk is changed, so an older epochscope still reads its own runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from epochscope.runs.format import external

SCHEMA = 2
"""Version of the format. A reader refuses newer ones and upgrades older ones.

1  the first one
2  `recorded` is called `external`; run.json says how pages call method, data set and parameters (`display`)
"""


def _from_1(spec: dict[str, Any]) -> dict[str, Any]:
    """`recorded`, the name that somebody's own loop gave its run, is called `external`."""
    name = spec.pop("recorded", "")
    if name != "":
        spec |= {"external": name, "dataset": external.KEY, "method": external.KEY}
    return spec


_STEPS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
"""Format -> what makes the settings of its runs those of the next format."""


def upgraded(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of run.json in the present format. What is no older format is returned as it is."""
    found = dict(spec)
    schema = found.get("schema", 1)
    if type(schema) is int:
        while schema in _STEPS:
            found = _STEPS[schema](found)
            schema += 1
            found["schema"] = schema
    return found
