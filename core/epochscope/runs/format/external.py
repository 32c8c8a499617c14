"""Runs of loops that are not ours: what stands where a run of our own has its method and its data set."""

from __future__ import annotations

from typing import Any, NoReturn

from epochscope.data import Source
from epochscope.methods.base import Method, MethodParams
from epochscope.params import Params
from epochscope.types import EpochscopeError

KEY = "recorded"


def _elsewhere(*_: Any) -> NoReturn:
    raise EpochscopeError(
        "This run was recorded by a program of its own, which alone has the data: start that program again to train it."
    )


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

SOURCE = Source(KEY, "data of your own", "Data that only the recorded program has.", Params, _elsewhere)
