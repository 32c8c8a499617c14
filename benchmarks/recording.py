"""What recording costs the training, bare and recorded in turn: `python -m benchmarks.recording`.

A: the method alone, its snapshots thrown away. B: scored and written to the run folder. C: B with PCA frames
computed beside it. A B C A B C ...: what counts are medians and ratios, on a busy machine those of the processor's
seconds, of the whole process.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

import torch
from epochscope.data import load
from epochscope.formulas.dispersion import median_range
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

from benchmarks.rows import ranged

EPOCHS = {"pretrain.epochs": 2, "cluster.epochs": 3, "cluster.tol": 0.0}


Seconds = tuple[float, float]
"""Of the processor, and on the wall."""


def now() -> Seconds:
    """Seconds since some origin."""
    return time.process_time(), time.perf_counter()


def since(began: Seconds) -> Seconds:
    """Seconds since then."""
    processor, wall = now()
    return processor - began[0], wall - began[1]


def bare(spec: RunSpec) -> Seconds:
    """The whole run without a recorder."""
    data = load(spec.dataset, spec.data)
    device = compute_device()
    began = now()
    steps = METHODS[spec.method].run(
        torch.tensor(data.x, device=device), spec.k, resolve(spec).method_params, generator(0, device)
    )
    with denormals_flushed(), threads(), sharing_cores():  # as the app does
        sum(isinstance(step, Snapshot) for step in steps)
    return since(began)


def recorded(spec: RunSpec, *, projected: bool) -> Seconds:
    """The whole run as the app makes it."""
    writer = RunWriter(spec, PROGRAM)
    if projected:
        projector().request(Run(writer.id), ProjectionSpec("pca", {}), PROGRAM)
    began = now()
    train(writer, Control())
    return since(began)


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
    times: dict[str, list[Seconds]] = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, measure in variants.items():
            times[name].append(measure())
    for name, values in times.items():
        for column, kind in enumerate(("of the processor", "on the wall")):
            seconds = [value[column] for value in values]
            ratios = [one / base[column] for one, base in zip(seconds, times["bare"], strict=True)]
            spent = median_range(seconds).median
            print(f"{name:<22} {spent:6.2f} s {kind:<17} ratio to bare {ranged(ratios)}")


if __name__ == "__main__":
    main()
