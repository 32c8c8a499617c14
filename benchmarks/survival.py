"""Kills training again and again, at random instants, and continues it: `python -m benchmarks.survival --kills 200`.

Prints how many epochs the kills cost, what it costs to compute a run again, and whether what is there in the end equals
what an uninterrupted run leaves, bit for bit. Any difference ends it with exit code 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from multiprocessing.context import ForkServerContext
from statistics import median

from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.format.store import Run, RunWriter
from epochscope.runs.training.manager import train
from epochscope.runs.training.record import Control
from epochscope.runs.training.resume import Resumed

SMALL = {"net.widths": "32", "pretrain.epochs": 15, "cluster.epochs": 25, "cluster.tol": 0.0, "graph.J": 5}
SMALL |= {"pretrain.layer_epochs": 2, "pretrain.batch": 64, "cluster.batch": 64, "classifier.epochs": 10}


def request(key: str, seed: int) -> RunSpec:
    """A run of some seconds at most."""
    known = METHODS[key].params().flat()
    params = {name: value for name, value in SMALL.items() if name in known}
    return RunSpec("blobs", key, 4, seed, data={"n": 300}, params=params)


def resumed(run_id: str) -> None:
    """What the process does that will be killed."""
    train(Resumed(run_id, PROGRAM), Control())


def survive(spec: RunSpec, rng: random.Random, context: ForkServerContext) -> tuple[int, bool, float]:
    """Kills one run until it has come to its end: how often, whether it equals a quiet one, seconds of that one."""
    writer = RunWriter(spec, PROGRAM)
    began = time.perf_counter()
    train(writer, Control())
    alone = time.perf_counter() - began
    stopped = RunWriter(spec, PROGRAM)
    stopped.finish("stopped")
    run, kills = Run(stopped.id), 0
    while run.status["state"] != "done":
        process = context.Process(target=resumed, args=(run.id,))
        process.start()
        # A process that needs longer than the last one did gets further: else chance might never let it through.
        process.join(0.05 + rng.random() * alone * (1.0 + 0.2 * kills))
        if process.is_alive():
            process.kill()
            kills += 1
        process.join()
    return kills, equal(Run(run.id), Run(writer.id)), alone


def equal(one: Run, other: Run) -> bool:
    """Whether two run folders hold the same epochs, bytes and arrays."""
    strip = [[{**line, "seconds": 0} for line in run.epochs()] for run in (one, other)]
    names = [sorted(path.name for path in (run.folder / "arrays").glob("*.safetensors")) for run in (one, other)]
    files = ["frames.bin", "points.safetensors", *(f"arrays/{name}" for name in names[0])]
    return (
        strip[0] == strip[1]
        and names[0] == names[1]
        and all((one.folder / name).read_bytes() == (other.folder / name).read_bytes() for name in files)
    )


def main() -> int:
    """Prints one line a run, then the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ |= {"EPOCHSCOPE_PRETRAINED": "off", "EPOCHSCOPE_RUNS": tempfile.mkdtemp()}
    context = multiprocessing.get_context("forkserver")  # imports torch once, not once a kill
    context.set_forkserver_preload(["epochscope.runs.training.manager", "epochscope.runs.training.resume"])
    rng, kills, runs, wrong = random.Random(options.seed), 0, 0, 0
    seconds = []
    while kills < options.kills:
        key = options.methods[runs % len(options.methods)]
        killed, same, alone = survive(request(key, options.seed + runs), rng, context)
        kills, runs, wrong = kills + killed, runs + 1, wrong + (not same)
        seconds.append(alone)
        print(f"{key:<12} killed {killed:3d} times  {'the same, bit for bit' if same else 'DIFFERENT'}", flush=True)
    print(f"{runs} runs, {kills} kills, {wrong} different; a quiet run took {median(seconds):.2f} s (median)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
