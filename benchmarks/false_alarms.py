"""Findings about runs that go well: `python -m benchmarks.false_alarms --seeds 5`.

Trains each method with its preset "quick demo" on the digits and prints each finding but those that are good news,
with its epoch, then how many runs have one, rule by rule. A finding about a run whose accuracy is as usual is a false
alarm, unless what it says is so: then it is the run that is to be mended.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter

from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.findings import findings
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter


def trained(method: str, seed: int, dataset: str) -> Run:
    """A finished run of the method's preset "quick demo"."""
    params = METHODS[method].start("quick demo").flat()
    writer = RunWriter(RunSpec(dataset, method, 10, seed, params=params, preset="quick demo"), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    args = parser.parse_args()
    counts: Counter[str] = Counter()
    runs = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EPOCHSCOPE_RUNS"] = folder
        for method in args.methods:
            for seed in range(args.first, args.first + args.seeds):
                run = trained(method, seed, args.dataset)
                runs += 1
                acc, level = run.epochs()[-1].get("scores", {}).get("acc"), (run.info or {}).get("kmeans_acc")
                print(f"{method} {seed}: {run.status['state']}, ACC {acc}, k-means {level}", flush=True)
                for note in findings(run):
                    if note.level != "fine":
                        counts[note.kind] += 1
                        print(f"    {note.level}, {note.kind}, epoch {note.epoch}: {note.sentence}", flush=True)
    print(f"{runs} runs; findings: {dict(counts) or 'none'}")


if __name__ == "__main__":
    main()
