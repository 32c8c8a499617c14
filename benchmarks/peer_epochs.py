"""What an epoch costs beside ClustPy's: `EPOCHSCOPE_DATA=... OMP_NUM_THREADS=1 python -m benchmarks.peer_epochs`.

In one process, epoch by epoch in turn: the matrix products of an autoencoder's epoch and nothing else, our methods as a
user gets them (codes of all points and P after each epoch; recorded by nobody), and ClustPy's (`pip install clustpy`;
it is no dependency), each by its own loop. The same points, network, batches, optimizer (Adam) and number of threads,
which is that of OMP_NUM_THREADS. Weights are those after one epoch of pretraining; how good clusters are plays no part.
What counts are seconds of the processor, which other programs disturb less than those on the wall. A ratio is the
median over rounds of the ratio within a round.

ClustPy's DEC takes P from each batch, ours from all points; ours has no noise in pretraining here, as ClustPy's has
none, and in a row of its own the masked inputs of the default. The whole measurement is added as a line to
benchmarks/peer_epochs.jsonl; `--table` prints the last one. Without ClustPy only our own sides are measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from epochscope.data import load
from epochscope.formulas.dispersion import median_range
from epochscope.methods import METHODS
from epochscope.nets.device import denormals_flushed, generator, sharing_cores, threads
from epochscope.types import Snapshot

from benchmarks.rows import append_line, head, ranged, read_lines, row

RESULTS = Path(__file__).with_suffix(".jsonl")
HIDDEN, CODE, BATCH, K = (500, 500, 2000), 10, 256, 10
MASKED = {"pretrain.noise": 0.2}

PRODUCTS, AE, AE_MASKED = "matrix products", "autoencoder", "autoencoder, inputs masked"
DEC, IDEC, VADE, DGG = "DEC", "IDEC", "VaDE", "DGG"


class Goal(NamedTuple):
    """Seconds of one side over those of another, and what they are wanted to be at most."""

    of: str
    to: str
    most: float | None


THEIR = "ClustPy's "
GOALS = (
    Goal(AE, PRODUCTS, 1.25),
    Goal(AE, THEIR + AE, 0.85),
    Goal(AE_MASKED, THEIR + AE, None),
    Goal(DEC, THEIR + DEC, 0.9),
    Goal(IDEC, THEIR + IDEC, 0.8),
    Goal(VADE, THEIR + VADE, 0.8),
    Goal(DGG, VADE, 1.5),
)

Epochs = Iterator[None]
"""`next` trains one epoch; the first one gets everything ready and trains one that does not count."""


def products(x: np.ndarray) -> Epochs:
    """The products of an epoch of training an autoencoder, into memory that is there."""
    widths = [x.shape[1], *HIDDEN, CODE]
    widths += widths[-2::-1]
    data = torch.tensor(x)
    weights = [torch.randn(b, a) / a**0.5 for a, b in pairwise(widths)]
    slopes = [torch.empty_like(weight) for weight in weights]
    outputs = [torch.empty(BATCH, width) for width in widths[1:]]
    errors = [torch.ones(BATCH, width) for width in widths[1:]]
    while True:
        for batch in data.split(BATCH):
            count = len(batch)
            inputs = [batch, *(output[:count] for output in outputs)]
            for weight, before, after in zip(weights, inputs, inputs[1:], strict=False):
                torch.mm(before, weight.T, out=after)
            for layer in reversed(range(len(weights))):
                error = errors[layer][:count]
                torch.mm(error.T, inputs[layer], out=slopes[layer])
                if layer:
                    torch.mm(error, weights[layer], out=errors[layer - 1][:count])
                    errors[layer - 1].fill_(1.0)  # so that no number grows from epoch to epoch
        yield


def ours(method: str, phase: str, x: np.ndarray, values: Mapping[str, Any] | None = None) -> Epochs:
    """A method of ours in its phase of this name."""
    wanted = {"net.widths": "-".join(map(str, HIDDEN)), "net.d": CODE, "pretrain.batch": BATCH, "pretrain.noise": 0.0}
    wanted |= {"pretrain.epochs": 500 if phase == "pretrain" else 1, "cluster.epochs": 500, "cluster.batch": BATCH}
    wanted |= {"cluster.tol": 0.0, "cluster.restarts": 1, "restarts": 1}
    wanted |= {"graph.J": 20, "cluster.per_step": 1, **(values or {})}
    kind: Any = METHODS[method].params()
    hp = kind.but({name: value for name, value in wanted.items() if name in kind.flat()}).suited("unit interval")
    steps = METHODS[method].run(torch.tensor(x), K, hp, generator(0))
    started = 0
    while True:
        with denormals_flushed(), threads(), sharing_cores():  # as the app does
            step = next(steps)
            while not (isinstance(step, Snapshot) and step.phase == phase):
                step = next(steps)
        started += 1
        if started > 1:  # the first snapshot stands before the first epoch
            yield


def theirs(method: str, x: np.ndarray) -> Epochs:
    """A method of ClustPy, whose own `fit` is called for one epoch at a time."""
    import clustpy.deep as other  # pyright: ignore[reportMissingImports]
    from clustpy.deep import vade  # pyright: ignore[reportMissingImports]
    from clustpy.deep.neural_networks import FeedforwardAutoencoder  # pyright: ignore[reportMissingImports]

    torch.manual_seed(0)
    layers = [x.shape[1], *HIDDEN, CODE]
    net = vade._VaDE_VAE(layers) if method == VADE else FeedforwardAutoencoder(layers)
    points, device = other.get_dataloader(x, BATCH, True), torch.device("cpu")
    error = torch.nn.BCELoss(reduction="sum") if method == VADE else torch.nn.MSELoss()

    def pretrained() -> None:
        net.fit(1, {"lr": 1e-3}, dataloader=points, ssl_loss_fn=error)

    pretrained()
    if method == AE:
        while True:
            yield
            pretrained()
    first = other.encode_batchwise(other.get_dataloader(x, BATCH, False), net)[:K]
    if method == VADE:
        module = vade._VaDE_Module(K, CODE, means=first, variances=np.ones_like(first))
    else:
        module = other.dec._DEC_Module(first, 1.0, False)
    descent = torch.optim.Adam([*net.parameters(), *module.parameters()], lr=1e-4)
    weights = {DEC: (1.0, 0.0), IDEC: (0.1, 1.0), VADE: (1.0, 1.0)}[method]  # their defaults: clustering, other loss
    before = (other.get_dataloader(x, BATCH, False),) if method == VADE else ()
    while True:
        module.fit(net, *before, points, 1, device, descent, error, *weights)
        yield


def sides(x: np.ndarray, *, peer: bool) -> dict[str, Epochs]:
    """All sides by name, in the order of a round: what is compared stands together."""
    standard = ((x - x.mean()) / x.std()).astype(np.float32)
    made: dict[str, Callable[[], Epochs]] = {
        PRODUCTS: partial(products, x),
        AE: partial(ours, "ae_kmeans", "pretrain", x),
        THEIR + AE: partial(theirs, AE, standard),
        AE_MASKED: partial(ours, "ae_kmeans", "pretrain", x, MASKED),
        DEC: partial(ours, "dec", "cluster", x),
        THEIR + DEC: partial(theirs, DEC, standard),
        IDEC: partial(ours, "idec", "cluster", x),
        THEIR + IDEC: partial(theirs, IDEC, standard),
        VADE: partial(ours, "vade", "cluster", x),
        THEIR + VADE: partial(theirs, VADE, x),
        DGG: partial(ours, "dgg", "cluster", x),
    }
    return {name: make() for name, make in made.items() if peer or not name.startswith(THEIR)}


def measure(running: Mapping[str, Epochs], rounds: int) -> dict[str, list[list[float]]]:
    """Of each side, for each round, seconds of the processor and on the wall."""
    for name, epochs in running.items():
        next(epochs)
        print(f"{name} is ready", file=sys.stderr, flush=True)
    found: dict[str, list[list[float]]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, epochs in running.items():
            processor, wall = time.process_time(), time.perf_counter()
            next(epochs)
            spent = time.process_time() - processor, time.perf_counter() - wall
            found[name].append([round(seconds, 4) for seconds in spent])
    return found


def ratios(seconds: Mapping[str, Sequence[Sequence[float]]]) -> list[tuple[Goal, list[float]]]:
    """For each goal whose two sides were measured: the ratio of processor seconds in each round."""
    there = [goal for goal in GOALS if goal.of in seconds and goal.to in seconds]
    return [(goal, [a[0] / b[0] for a, b in zip(seconds[goal.of], seconds[goal.to], strict=True)]) for goal in there]


def table(line: Mapping[str, Any]) -> str:
    """Both tables of a measurement."""
    seconds = line["seconds"]
    rows = [head("side", "s of the processor", "s on the wall")]
    rows += [row(name, *(ranged(column, 2) for column in zip(*each, strict=True))) for name, each in seconds.items()]
    rows += ["", head("ratio", "goal", "here", "reached")]
    for goal, values in ratios(seconds):
        reached = "-" if goal.most is None else "yes" if median_range(values).median <= goal.most else "no"
        rows.append(row(f"{goal.of} : {goal.to}", f"<= {goal.most}" if goal.most else "-", ranged(values, 2), reached))
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, adds a line, prints it as tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000, help="digits of MNIST")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of measurements")
    parser.add_argument("--table", action="store_true", help="measure nothing, print the last line")
    options = parser.parse_args(arguments)
    if not options.table:
        peer = find_spec("clustpy") is not None
        os.environ["EPOCHSCOPE_PRETRAINED"] = "off"
        before = os.getloadavg()[0]
        running = sides(load("mnist", {"n": options.n}).x, peer=peer)
        seconds = measure(running, options.rounds)
        line: dict[str, Any] = {"n": options.n, "threads": torch.get_num_threads(), "processors": os.cpu_count()}
        line |= {"torch": torch.__version__, "clustpy": version("clustpy") if peer else None}
        line |= {"load": [round(before, 1), round(os.getloadavg()[0], 1)], "seconds": seconds}
        append_line(options.results, line)
    lines = read_lines(options.results)
    print(table(lines[-1]) if lines else "No measurement.")


if __name__ == "__main__":
    main()
