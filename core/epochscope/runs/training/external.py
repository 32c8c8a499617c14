"""Placeholders for the method and the data set of an external run."""

from __future__ import annotations

from typing import Any, NoReturn

from epochscope.data import Source
from epochscope.methods.base import Method, MethodParams
from epochscope.params import Params
from epochscope.runs.format.external import KEY
from epochscope.types import EpochscopeError

NOT_HERE = "This run was recorded by another program, and only that program has the data: start it again to train."


def _elsewhere(*_: Any) -> NoReturn:
    raise EpochscopeError(NOT_HERE)


METHOD = Method(
    key=KEY,
    title="A loop of your own",
    cite="",
    about="Trained outside of this program, which only recorded what it was handed.",
    params=MethodParams,
    provides=frozenset({"z"}),
    plan=lambda hp: {},
    run=_elsewhere,
    presets=(),
)

SOURCE = Source(KEY, "data of your own", "Data that only the external program has.", Params, _elsewhere)
