"""The last few data sets stay in memory: loaded once for the page, the run and the pictures."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from epochscope.data import Dataset, load

_MOST = 4
_datasets: OrderedDict[str, Dataset] = OrderedDict()
_keeping = threading.Lock()
_loading: dict[str, threading.Lock] = {}  # of one set at a time, so that nobody waits for the download of another


def dataset(key: str, values: Mapping[str, Any], **fetch: Any) -> Dataset:
    """A data set with these values of its parameters. `fetch`: fields of epochscope.data.Fetcher.

    Raises what `load` raises.
    """
    at = json.dumps([key, dict(values)], sort_keys=True)
    with _keeping:
        loading = _loading.setdefault(key, threading.Lock())
    with loading:  # two viewers that ask for the same set wait for one loading
        found = _datasets.get(at)
        found = load(key, values, **fetch) if found is None else found
        with _keeping:
            _datasets[at] = found
            _datasets.move_to_end(at)
            while len(_datasets) > _MOST:
                _datasets.popitem(last=False)
    return found
