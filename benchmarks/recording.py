"""What recording costs the training, bare and recorded in turn: `python -m benchmarks.recording`.

A: the method alone, its snapshots thrown away. B: scored and written to the run folder. C: B with PCA frames
computed beside it. A B C A B C ...: what counts are medians and ratios.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from statistics import median

import torch
from epochscope.data import load
from epochscope.methods import METHODS
from epochscope.nets.device import compute_device, denormals_flushed, generator, sharing_cores, threads
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.runs.training.projector import projector
from epochscope.runs.training.request import resolve
from epochscope.runs.training.writer import RunWriter
from epochscope.types import Snapshot

EPOCHS = {"pretrain.epochs": 2, "cluster.epochs": 3, "cluster.tol": 0.0}


def bare(spec: RunSpec) -> float:
    """Seconds of the whole run without a recorder."""
    data = load(spec.dataset, spec.data)
    device = compute_device()
    began = time.perf_counter()
    steps = METHODS[spec.method].run(
        torch.tensor(data.x, device=device), spec.k, resolve(spec).method_params, generator(0, device)
    )
    with denormals_flushed(), threads(), sharing_cores():  # as the app does
        sum(isinstance(step, Snapshot) for step in steps)
    return time.perf_counter() - began


def recorded(spec: RunSpec, *, projected: bool) -> float:
    """Seconds of the whole run as the app makes it."""
    writer = RunWriter(spec, PROGRAM)
    if projected:
        projector().request(Run(writer.id), ProjectionSpec("pca", {}), PROGRAM)
    began = time.perf_counter()
    train(writer, Control())
    return time.perf_counter() - began


def main() -> None:
    """Prints medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--method", default="dec")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    os.environ |= {"EPOCHSCOPE_RUNS": tempfile.mkdtemp(), "EPOCHSCOPE_PRETRAINED": "off"}
    spec = RunSpec(options.dataset, options.method, 10, 0, params=EPOCHS)
    bare(spec)  # warm up
    variants = {
        "bare": lambda: bare(spec),
        "recorded": lambda: recorded(spec, projected=False),
        "recorded, PCA beside": lambda: recorded(spec, projected=True),
    }
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, measure in variants.items():
            times[name].append(measure())
    for name, values in times.items():
        ratios = [value / base for value, base in zip(values, times["bare"], strict=True)]
        spread = f"{median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        print(f"{name:<22} {median(values):6.2f} s   ratio to bare {spread}")


if __name__ == "__main__":
    main()
