"""The data sets that can be clustered, and one function to load them (epochscope.data.registry).

They are imported at first use: who wants one module of this package, such as the process that reads a file, does not
wait two seconds for the libraries of all data sets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epochscope.data.registry import (
        BUILT_IN,
        SOURCES,
        ByHand,
        Cancelled,
        DataCard,
        Dataset,
        Download,
        Fetcher,
        Source,
        UnknownFileError,
        card,
        load,
    )

__all__ = [
    "BUILT_IN",
    "SOURCES",
    "ByHand",
    "Cancelled",
    "DataCard",
    "Dataset",
    "Download",
    "Fetcher",
    "Source",
    "UnknownFileError",
    "card",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("epochscope.data.registry"), name)
