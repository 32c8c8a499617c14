"""How calm and how honest each projection is over the epochs of a run: `python -m benchmarks.jitter`.

Trains `--method` on `--dataset` with each of `--seeds`, computes the frames of all epochs in each projection, and
prints for each: jitter (how much farther points move between two epochs than their codes, in units of spread:
`excess_motion` in epochscope.formulas.trust), trust (the share of nearest neighbors that a frame keeps), and seconds a
frame; medians over the epochs, then over the seeds, with their range.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from statistics import median

import numpy as np
from epochscope.formulas.trust import excess_motion, neighborhoods, trust
from epochscope.rights import PROGRAM
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.writer import RunWriter

_TRUSTED = 500  # points


def measured(run: Run, key: str) -> tuple[float, float, float]:
    """Median jitter, median trust, seconds a frame."""
    spec = ProjectionSpec(key, {})
    began = time.perf_counter()
    compute_frames(run, spec)
    journal = run.frames(spec.name)
    lines = sorted(journal.lines(), key=lambda line: line["epoch"])
    seconds = (time.perf_counter() - began) / len(lines)
    codes = [run.array(line["epoch"], "z").astype(np.float64) for line in lines]  # type: ignore[union-attr]
    frames = [read_xy(journal, line).astype(np.float64) for line in lines]
    steps = zip(codes, codes[1:], frames, frames[1:], strict=False)
    kept = [float(trust(neighborhoods(z, xy, _TRUSTED)).mean()) for z, xy in zip(codes, frames, strict=True)]
    return median(excess_motion(*step) for step in steps), median(kept), seconds


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--method", default="dec")
    parser.add_argument("--epochs", type=int, default=15, help="of each phase")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--projections", nargs="+", default=["pca", "tsne", "umap", "learned"])
    chosen = parser.parse_args()
    os.environ["EPOCHSCOPE_RUNS"] = tempfile.mkdtemp()
    params = {"pretrain.epochs": chosen.epochs, "cluster.epochs": chosen.epochs, "cluster.tol": 0.0}
    found: dict[str, list[tuple[float, float, float]]] = {key: [] for key in chosen.projections}
    for seed in chosen.seeds:
        writer = RunWriter(RunSpec(chosen.dataset, chosen.method, 10, seed, params=params), PROGRAM)
        train(writer, Control())
        for key in chosen.projections:
            found[key].append(measured(Run(writer.id), key))
    print(f"{chosen.method} on {chosen.dataset}, {len(chosen.seeds)} seeds: median (lowest to highest)")
    for key, rows in found.items():
        words = [
            f"{name} {median(column):.3f} ({min(column):.3f} to {max(column):.3f})"
            for name, column in zip(("jitter", "trust", "seconds a frame"), zip(*rows, strict=True), strict=True)
        ]
        print(f"{key:8}{', '.join(words)}", flush=True)


if __name__ == "__main__":
    main()
