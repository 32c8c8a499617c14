"""The numbers of a run as a DataFrame, a row an epoch."""

from __future__ import annotations

import pandas as pd

from epochscope.exports.tables import curves
from epochscope.runs.format.run import Run

_SAME_IN_EACH_ROW = ("run", "method", "dataset", "k", "seed")


def history_of(run: Run) -> pd.DataFrame:
    """Epoch as index; phase, seconds, then `loss ...`, `measure ...`, `score ...` and `size 0`, `size 1`, ... as in the
    exported tables. NaN where an epoch has no such number.
    """
    table = curves([run])
    if not len(table):
        return pd.DataFrame({"phase": [], "seconds": []}).rename_axis("epoch")
    return table.drop(columns=list(_SAME_IN_EACH_ROW)).set_index("epoch")
