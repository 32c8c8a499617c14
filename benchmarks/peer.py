"""What ClustPy reaches on the same data with the same seeds: `EPOCHSCOPE_DATA=... python -m benchmarks.peer`.

ClustPy is another library of deep clustering and no dependency of this one: `pip install clustpy`, best into an
environment of its own beside epochscope. Each of its methods that is here, too, is run with its own defaults (100
epochs of pretraining, 150 of clustering) on data that are standardized as a whole, as its documentation advises, or for
VaDE, whose reconstruction is a cross entropy, brought to 0..1. Its N2D is given UMAP, as in the paper: its default,
t-SNE in as many dimensions as there are clusters, cannot run for more than three. Its lines stand in the same file as
ours, with `system` ClustPy; the Results page shows them beside ours. It resumes, seeds first, as `benchmarks.accuracy`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from epochscope.data import SOURCES
from epochscope.formulas.label_free import sample_rows
from epochscope.formulas.metrics import accuracy, ari, nmi
from epochscope.runs.library.results import KEPT_LABELS, RESULTS, Result, append, packed, read
from epochscope.types import EpochscopeError

from benchmarks.accuracy import SETS, data_values, points, watched_neighbors

SYSTEM, PRESET = "ClustPy", "its defaults"
THEIRS: Mapping[str, str] = {
    "abc": "AEC",
    "dcn": "DCN",
    "dkm": "DKM",
    "dec": "DEC",
    "idec": "IDEC",
    "vade": "VaDE",
    "n2d": "N2D",
}
"""Their class by our key."""

UNIT = ("vade",)
"""Methods whose data are brought to 0..1."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=SETS, choices=SOURCES, metavar="KEY")
    parser.add_argument("--methods", nargs="+", default=list(THEIRS), choices=THEIRS, metavar="KEY")
    parser.add_argument("--seeds", type=int, default=5, help="runs have the seeds 0 to this, less one")
    parser.add_argument("--pretrain-epochs", type=int, help="default: theirs")
    parser.add_argument("--clustering-epochs", type=int, help="default: theirs")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("extra", nargs="*", help="flags for the data, after --: --data.n 1000")
    options = parser.parse_args(arguments)
    if not find_spec("clustpy"):
        raise SystemExit("benchmarks.peer: ClustPy is not installed here; pip install clustpy.")
    given = {"pretrain_epochs": options.pretrain_epochs, "clustering_epochs": options.clustering_epochs}
    settings = {name: value for name, value in given.items() if value is not None}
    for seed in range(options.seeds):
        for data in options.datasets:
            for method in options.methods:
                try:
                    one(data, method, seed, settings, options)
                except EpochscopeError as error:
                    print(f"{data} is left out: {error}", file=sys.stderr) if seed == 0 else None
                    break


def one(data: str, method: str, seed: int, settings: Mapping[str, Any], options: argparse.Namespace) -> None:
    """Trains a run and writes its result down, unless it stands there. Raises EpochscopeError without the data."""
    values, path = data_values(data, options.extra), options.results
    here = points(data, json.dumps(values))
    n, f = here.x.shape
    asked: dict[str, Any] = {"system": SYSTEM, "preset": PRESET, "dataset": data, "data": values, "method": method}
    asked |= {"params": dict(settings), "k": len(here.class_names), "seed": seed, "n": n, "f": f}
    asked |= {"version": version("clustpy"), "device": "cpu", "threads": torch.get_num_threads()}
    asked["libraries"] = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    if any(r.settings == Result(**asked, state="").settings and r.state == "done" for r in read(path)):
        return
    began = time.perf_counter()
    try:
        labels = clusters(method, prepared(here.x, unit=method in UNIT), asked["k"], seed, settings)
    except (RuntimeError, ValueError, TypeError) as error:  # whatever their code raises on such data
        append(Result(**asked, state="failed", message=f"{type(error).__name__}: {error}"[:300]), path)
        return
    seconds = round(time.perf_counter() - began, 1)
    scores: dict[str, Any] = {
        name: round(formula(truth=here.truth, predicted=labels), 6) for name, formula in FORMULAS.items()
    }
    kept = packed(labels[sample_rows(n, KEPT_LABELS)])
    agreement = round(watched_neighbors(data, json.dumps(values)).of(labels), 4)
    append(Result(**asked, **scores, state="done", seconds=seconds, neighbors=agreement, labels=kept), path)
    print(f"{data} {THEIRS[method]} seed {seed}: ACC {scores['acc']}, {seconds} s", file=sys.stderr, flush=True)


FORMULAS = {"acc": accuracy, "nmi": nmi, "ari": ari}


def prepared(x: np.ndarray, *, unit: bool) -> np.ndarray:
    """The data as their documentation advises: mean 0 and deviation 1 over all numbers, or all of them in 0..1."""
    low, wide = (x.min(), np.ptp(x)) if unit else (x.mean(), x.std())
    return ((x - low) / (wide or 1)).astype(np.float32)


def clusters(method: str, x: np.ndarray, k: int, seed: int, settings: Mapping[str, Any]) -> np.ndarray:
    """The clusters that their class finds."""
    import clustpy.deep as theirs  # pyright: ignore[reportMissingImports]

    known = dict(settings)
    if method == "n2d":
        from umap import UMAP

        known = {name: value for name, value in settings.items() if name != "clustering_epochs"}
        known["manifold_class"] = UMAP
    found = getattr(theirs, THEIRS[method])(k, random_state=seed, device="cpu", **known).fit(x)
    return np.asarray(found.labels_).astype(np.int64)


if __name__ == "__main__":
    main()
