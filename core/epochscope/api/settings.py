"""The settings of a training from the arguments of a call, with the checks and sentences of command line and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from epochscope.params import Params, shown
from epochscope.types import EpochscopeError


def keyword(name: str) -> str:
    """A dotted name as a keyword of Python: "cluster.lr" is cluster_lr."""
    return name.replace(".", "_")


def by_dotted_name(params: Params, *given: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted name; those given may have dotted names or keywords. Unknown names are left for `Params.but`.

    Raises EpochscopeError where the same parameter is given twice.
    """
    names = {keyword(name): name for name in params.flat()}
    values: dict[str, Any] = {}
    for name, value in (item for each in given for item in each.items()):
        dotted = names.get(keyword(name), name)
        if dotted in values:
            raise EpochscopeError(f"The parameter {dotted} is given twice.")
        values[dotted] = value
    return values


def whole(value: Any, what: str) -> int:
    """A whole number, numpy's included. Raises EpochscopeError."""
    try:
        number = value.__index__()
    except AttributeError:
        number = None
    if number is None or isinstance(value, bool):
        raise EpochscopeError(f"{what} must be a whole number, but got {shown(value)}.")
    return number
