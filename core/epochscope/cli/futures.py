"""`epochscope futures`: many seeds, or a grid of parameters, trained as one batched computation."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from epochscope.cli.flags import add_how, add_repeats, given, kept, source_of
from epochscope.cli.signals import EndRequest
from epochscope.cli.train import add_parameters
from epochscope.rights import PROGRAM

_LOOK_SECONDS = 0.1


def add(commands: Any, folders: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Adds the command. `arguments`: the whole line, since its flags depend on the data set and method."""
    about = "train many seeds of a method, or a grid of parameters, as one batched computation"
    parser = commands.add_parser(
        "futures", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders]
    )
    parser.set_defaults(act=_futures)
    parser.add_argument("--dataset", default="digits", help="key of a data set (see: list); default digits")
    parser.add_argument("--method", default="dec", help="ae_kmeans, dec, dkm, idec or vade; default dec")
    add_repeats(parser, seeds="0-15", grid="gamma=0.05,0.1 nu=1,2")
    add_how(parser)
    if arguments[:1] == ["futures"]:
        add_parameters(parser, arguments[1:])


def _futures(options: argparse.Namespace) -> int:
    from epochscope.data import Cancelled
    from epochscope.data.dataset_cache import dataset
    from epochscope.futures.training import futures_writer
    from epochscope.methods import METHODS
    from epochscope.methods.base import Size
    from epochscope.runs.format.spec import RunSpec
    from epochscope.runs.training.sweep import parse_values, ranges
    from epochscope.sweeps.plan import assignments, whole_numbers
    from epochscope.types import EpochscopeError

    if options.offline:
        os.environ["EPOCHSCOPE_OFFLINE"] = "1"
    method, source, asked = METHODS[options.method], source_of(options.dataset), options.asked_to_end
    seeds, texts = whole_numbers(options.seeds), assignments(options.grid)
    try:
        key, values = kept(source, source.params().but(given(options, source.params, "data.")))
        points = dataset(key, values, cancel=asked)
    except Cancelled:
        print("epochscope: ended before anything was trained", file=sys.stderr)
        return asked.exit_code
    preset = options.preset or method.default_preset(demo=source.demo, known_points=0 if source.own else len(points))
    k = options.k or method.clusters(preset, len(points.class_names))
    params = method.start(preset, Size.of(points.x, k)).but(given(options, method.params))
    spec = RunSpec(key, options.method, k, seeds[0], values, params.flat(), preset)
    known = ranges(spec)
    if unknown := texts.keys() - known.keys() | texts.keys() & {"seed"}:
        raise EpochscopeError(
            f"--grid cannot vary {min(unknown)[:60]!r}; it takes: {', '.join(sorted(known.keys() - {'seed'}))}."
        )
    wanted = {name: parse_values(known[name], name, text) for name, text in texts.items()}
    return _trained(futures_writer(spec, seeds, wanted, PROGRAM), asked, quiet=options.json)


def resumed(futures_id: str, asked: EndRequest, *, quiet: bool) -> int:
    """Continues futures, as `_trained`."""
    from epochscope.futures.writer import FuturesResumed

    return _trained(FuturesResumed(futures_id, PROGRAM), asked, quiet=quiet)


def _trained(writer: Any, asked: EndRequest, *, quiet: bool) -> int:
    """Trains futures in the foreground, a line an epoch; prints what they came to. Returns the exit code."""
    from epochscope.futures.store import Futures, reason_not_resumable
    from epochscope.futures.training import train
    from epochscope.runs.training.control import Control

    control, began, futures = Control(), time.perf_counter(), Futures(writer.id)
    shown = len(futures.epochs())
    worker = threading.Thread(target=train, args=(writer, control), daemon=True)
    worker.start()
    try:
        while True:
            ended = not worker.is_alive()
            if asked.is_set():
                control.stop()
            for epoch in futures.epochs(shown):
                shown += 1
                if not quiet:
                    print(_line(epoch), flush=True)
            if ended:
                break
            worker.join(_LOOK_SECONDS)
    finally:  # a thread that trains while the interpreter ends would abort it
        control.stop()
        worker.join()
    status = futures.status
    result = _result(futures, status, time.perf_counter() - began)
    print(json.dumps(result) if quiet else _words(futures, status))
    if status["message"] and not quiet:
        print(status["message"], file=sys.stderr)
    if not (quiet or reason_not_resumable(futures)):
        print(f"to continue them: epochscope resume {futures.id}", file=sys.stderr)
    return 0 if status["state"] == "done" else asked.exit_code if asked.is_set() else 1


def _line(epoch: Any) -> str:
    import numpy as np

    scores = "  ".join(
        f"{name} {np.nanmedian(values):.3f} ({np.nanmin(values):.3f} to {np.nanmax(values):.3f})"
        for name, values in epoch.scores.items()
        if name != "changed"
    )
    return f"epoch {epoch.number:4d}  {epoch.phase:<12} {len(epoch.members):3d} members  {scores}"


def _result(futures: Any, status: Any, seconds: float) -> dict[str, Any]:
    last: dict[int, dict[str, float]] = {}
    for epoch in futures.epochs():
        for name, values in epoch.scores.items():
            for member, value in zip(epoch.members.tolist(), values.tolist(), strict=True):
                last.setdefault(member, {})[name] = value
    return {
        "futures": futures.id,
        "folder": str(futures.folder),
        "state": status["state"],
        "message": status["message"],
        "epochs": status["epochs"],
        "seconds": round(seconds, 2),
        "members": [
            {
                "member": one.label,
                "seed": one.spec.seed,
                **{name: last.get(i, {}).get(name) for name in ("acc", "nmi", "ari")},
            }
            for i, one in enumerate(futures.members)
        ],
    }


def _words(futures: Any, status: Any) -> str:
    from epochscope.futures.outcome import labelings, outcome, told

    found = labelings(futures)
    sentences = told(outcome(found), None) if found else []
    return "\n".join(
        [f"{status['state']}: {futures.title}", str(futures.folder), *(one.replace("**", "") for one in sentences)]
    )
