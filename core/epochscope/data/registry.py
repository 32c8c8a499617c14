"""The data sets that can be clustered, and one function to load them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from epochscope.data import digits, newsgroups, stl10, uci_har, usps
from epochscope.data.base import DataCard, Source, card, source_fault
from epochscope.data.cache import ByHand, Download, Fetcher, UnknownFileError
from epochscope.data.download import Cancelled
from epochscope.data.features import FEATURES
from epochscope.data.idx_images import FASHION_MNIST, MNIST
from epochscope.data.own.sources import own_keys, own_source
from epochscope.data.rcv1 import MAT, RCV1
from epochscope.data.reuters21578 import REUTERS
from epochscope.data.synthetic import SYNTHETIC
from epochscope.plugins import Registry
from epochscope.types import Dataset, EpochscopeError

_LIST = (
    digits.SOURCE,
    *SYNTHETIC,
    MNIST,
    FASHION_MNIST,
    usps.SOURCE,
    *REUTERS,
    newsgroups.SOURCE,
    RCV1,
    MAT,
    uci_har.SOURCE,
    *FEATURES,
    stl10.SOURCE,
)
BUILT_IN: Registry[Source] = Registry("epochscope.datasets", "data set", _LIST, source_fault)
"""The built-in data sets, the default one first, then those of plugins."""


class _Sources(Mapping[str, Source]):
    """BUILT_IN, then the sets that users added. A removed set is not listed, but its key still resolves to a title."""

    def __getitem__(self, key: str) -> Source:
        source = BUILT_IN.get(key) or own_source(key)
        if source is None:
            raise KeyError(key)
        return source

    def __iter__(self) -> Iterator[str]:
        yield from BUILT_IN
        yield from own_keys()

    def __len__(self) -> int:
        return sum(1 for _ in self)


SOURCES: Mapping[str, Source] = _Sources()
"""All data sets by key. Those that users add and remove have keys of the form own-<id>."""


def load(key: str, values: Mapping[str, Any] | None = None, **fetch: Any) -> Dataset:
    """Loads the data set `key` with these parameter values (else its defaults); `fetch` are the fields of Fetcher.

    Raises EpochscopeError for an unknown key or a bad value, and the errors of `Fetcher.fetch`.
    """
    if key not in SOURCES:
        raise EpochscopeError(f"There is no data set {key!r}; the data sets are: {', '.join(SOURCES)}.")
    source = SOURCES[key]
    return source.load(source.params().but(values or {}), Fetcher(**fetch))


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
