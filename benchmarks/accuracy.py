"""ACC and NMI of every method over several seeds, as a table: `python -m benchmarks.accuracy --datasets digits mnist`.

Each run is one process of the command line. "At the start" means the clusters with which the clustering phase begins:
for DEC and IDEC these are the result of autoencoder + k-means with the same seed (a test says so). Seconds an epoch
mean something where runs come one after the other (`--jobs 1`); side by side (`--jobs 2`) each run has one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

from core.runs.store import Run

METHODS = ("kmeans", "ae_kmeans", "dec", "idec")


def run(seed: int, dataset: str, method: str, extra: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """One run; its JSON result, and the scores of the first epoch that has clusters."""
    asked = ["run", "--dataset", dataset, "--method", method, "--seed", str(seed), "--json"]
    command = [sys.executable, "-m", "core", *asked, *extra]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    found = json.loads(done.stdout)
    print(f"seed {seed}: {done.stdout.strip()}", file=sys.stderr, flush=True)
    table = Run(found["run"]).epochs()
    start = next(line["scores"] for line in table if line.get("scores"))
    return {**found, **{f"{name} at the start": start[name] for name in ("acc", "nmi")}}


def spread(values: list[float], digits: int = 3) -> str:
    """median (lowest to highest)"""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def main() -> None:
    """Prints one markdown row for each method and data set as soon as its seeds are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", nargs="+", default=["digits"])
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--preset", help="default: the first preset of each method")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("extra", nargs="*", help="flags passed on to every run (after --)")
    options = parser.parse_args()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"} if options.jobs > 1 else dict(os.environ)
    extra = [*options.extra, *(["--preset", options.preset] if options.preset else [])]
    columns = ("acc at the start", "nmi at the start", "acc", "nmi", "ari")
    print(f"| data | method | {' | '.join(columns)} | epochs | seconds an epoch |\n{'|---' * 9}|", flush=True)
    for dataset in options.datasets:
        for method in options.methods:
            one = partial(run, dataset=dataset, method=method, extra=extra, environment=environment)
            with ThreadPoolExecutor(options.jobs) as pool:
                found = list(pool.map(one, range(options.seeds)))
            scores = [spread([each[name] for each in found]) for name in columns]
            epochs = median(each["epochs"] for each in found)
            seconds = spread([each["training_seconds"] / each["epochs"] for each in found], 2)
            print(f"| {dataset} | {method} | {' | '.join(scores)} | {epochs:.0f} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
