"""ACC and NMI of every method over several seeds, as a table: `python -m benchmarks.accuracy --datasets digits mnist`.

Each run is one process of the command line, one after the other. Presets, points and seeds stand in the table's header,
so that a figure in the README can be made again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from statistics import median
from typing import Any

METHODS = ("kmeans", "ae_kmeans", "dec", "idec")


def run(dataset: str, method: str, seed: int, extra: list[str]) -> dict[str, Any]:
    """One run; its JSON result."""
    command = [
        sys.executable,
        "-m",
        "core",
        "run",
        "--dataset",
        dataset,
        "--method",
        method,
        "--seed",
        str(seed),
        "--json",
    ]
    done = subprocess.run(command + extra, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)


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
    parser.add_argument("extra", nargs="*", help="flags passed on to every run (after --)")
    options = parser.parse_args()
    print("| data | method | ACC | NMI | ARI | epochs | seconds an epoch |\n|---|---|---|---|---|---|---|", flush=True)
    for dataset in options.datasets:
        for method in options.methods:
            extra = [*options.extra, *(["--preset", options.preset] if options.preset else [])]
            found = [run(dataset, method, seed, extra) for seed in range(options.seeds)]
            columns = [spread([each[name] for each in found]) for name in ("acc", "nmi", "ari")]
            epochs = median(each["epochs"] for each in found)
            seconds = spread([each["training_seconds"] / each["epochs"] for each in found], 2)
            print(f"| {dataset} | {method} | {' | '.join(columns)} | {epochs:.0f} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
