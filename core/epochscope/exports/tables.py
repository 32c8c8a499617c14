"""The numbers of runs, epoch by epoch, as a table: CSV for spreadsheets, Parquet for programs."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pandas as pd

from epochscope.runs.format.store import Run


def curves(runs: Iterable[Run]) -> pd.DataFrame:
    """One row per epoch: run, method, data set, k, seed, epoch, phase, seconds, then `loss ...`, `measure ...`,
    `score ...` and `size 0`, `size 1`, ... (points per cluster). Empty where an epoch has no such number.
    """
    rows = []
    for run in runs:
        spec = run.spec
        about = {"run": run.id, "method": spec.method, "dataset": spec.dataset, "k": spec.k, "seed": spec.seed}
        for line in run.epochs():
            row = {**about, **{name: line[name] for name in ("epoch", "phase", "seconds")}}
            for column, title in (("losses", "loss"), ("measures", "measure"), ("scores", "score")):
                row |= {f"{title} {name}": value for name, value in line.get(column, {}).items()}
            rows.append(row | {f"size {j}": size for j, size in enumerate(line.get("sizes", ()))})
    return pd.DataFrame(rows)


def csv(runs: Iterable[Run]) -> bytes:
    """The curves as CSV, UTF-8."""
    return curves(runs).to_csv(index=False).encode()


def parquet(runs: Iterable[Run]) -> bytes:
    """The curves as Parquet."""
    file = io.BytesIO()
    curves(runs).to_parquet(file, index=False)
    return file.getvalue()
