"""`epochscope run`, `resume` and `branch`: train in the foreground, a line an epoch."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from epochscope.cli.flags import add_flags, given, kept, source_of
from epochscope.cli.signals import EndRequest
from epochscope.rights import PROGRAM


def add(commands: Any, folders: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Adds the commands. `arguments`: the whole line, since the flags of `run` depend on its data set and method."""
    about = "train a method on a data set; the app shows the run while it goes"
    run = commands.add_parser("run", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders])
    run.set_defaults(act=_run)
    run.add_argument("--dataset", default="digits", help="key of a data set (see: list); default digits")
    run.add_argument("--method", default="dec", help="key of a method (see: list); default dec")
    run.add_argument(
        "--preset",
        help="start from the values of this preset; default: recommended; on known data of more than 5,000 "
        "points fast; on data of the program quick demo",
    )
    run.add_argument("--k", type=int, help="number of clusters; default: that of the preset, or the number of classes")
    run.add_argument("--seed", type=int, default=0, help="seed of everything random in the run; default 0")
    run.add_argument("--offline", action="store_true", help="never download: fail where a file is missing")
    run.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")
    if arguments[:1] == ["run"]:
        add_parameters(run, arguments[1:])
    resume = commands.add_parser(
        "resume", help="continue a run that was stopped, interrupted or cut off", parents=[folders]
    )
    resume.set_defaults(act=_resume)
    resume.add_argument("run", metavar="RUN", help="its id (see: list)")
    resume.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")
    about = "go on from an epoch of a run with other parameters, as a new run"
    branch = commands.add_parser("branch", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders])
    branch.set_defaults(act=_branch)
    branch.add_argument("run", metavar="RUN", help="its id (see: list); it stays as it is")
    branch.add_argument("--epoch", type=int, required=True, help="the epoch from whose state the new run goes on")
    branch.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter from there on; may be repeated"
    )
    branch.add_argument("--seed", type=int, help="seed of everything random from there on; default: as in the run")
    branch.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")


def add_parameters(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """One flag for each parameter of the chosen data set (--data.NAME) and of the chosen method (--NAME)."""
    from epochscope.methods import METHODS
    from epochscope.runs.format.spec import known

    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--dataset", default="digits")
    first.add_argument("--method", default="dec")
    chosen, _ = first.parse_known_args(arguments)
    source, method = source_of(chosen.dataset), known(METHODS, chosen.method, "method")
    for title, prefix, cls in (
        (f"data set {source.title}", "data.", source.params),
        (f"method {method.title}", "", method.params),
    ):
        add_flags(parser, title, cls, prefix)


def _run(options: argparse.Namespace) -> int:
    from epochscope.data import Cancelled
    from epochscope.data.dataset_cache import dataset
    from epochscope.methods import METHODS
    from epochscope.methods.base import Size
    from epochscope.runs.format.spec import RunSpec
    from epochscope.runs.training.writer import RunWriter

    if options.offline:
        os.environ["EPOCHSCOPE_OFFLINE"] = "1"
    method = METHODS[options.method]
    source = source_of(options.dataset)
    data = source.params().but(given(options, source.params, "data."))
    asked: EndRequest = options.asked_to_end
    try:
        key, values = kept(source, data)
        points = dataset(key, values, cancel=asked)
    except Cancelled:
        return _ended_early(asked)
    preset = options.preset or method.default_preset(demo=source.demo, known_points=0 if source.own else len(points))
    k = options.k or method.clusters(preset, len(points.class_names))
    params = method.start(preset, Size.of(points.x, k)).but(given(options, method.params))
    spec = RunSpec(key, options.method, k, options.seed, values, params.flat(), preset)
    return _ended_early(asked) if asked.is_set() else _train(RunWriter(spec, PROGRAM), asked, quiet=options.json)


def _resume(options: argparse.Namespace) -> int:
    from epochscope.cli.futures import resumed
    from epochscope.futures.store import are_futures
    from epochscope.runs.training.resume import Resumed

    asked: EndRequest = options.asked_to_end
    if are_futures(options.run) and not asked.is_set():
        return resumed(options.run, asked, quiet=options.json)
    return _ended_early(asked) if asked.is_set() else _train(Resumed(options.run, PROGRAM), asked, quiet=options.json)


def _branch(options: argparse.Namespace) -> int:
    from epochscope.runs.format.run import Run
    from epochscope.runs.training.branch import branch_spec
    from epochscope.runs.training.writer import RunWriter
    from epochscope.types import EpochscopeError

    pairs = [part.partition("=") for part in options.set]
    if wrong := [name for name, equals, _ in pairs if not (name and equals)]:
        raise EpochscopeError(f"--set takes NAME=VALUE, such as --set gamma=0.5, but got {wrong[0]!r}.")
    changes = {name.strip(): value.strip() for name, _, value in pairs}
    asked: EndRequest = options.asked_to_end
    spec = branch_spec(Run(options.run), options.epoch, changes, seed=options.seed)
    return _ended_early(asked) if asked.is_set() else _train(RunWriter(spec, PROGRAM), asked, quiet=options.json)


def _ended_early(asked: EndRequest) -> int:
    print("epochscope: ended before anything was trained", file=sys.stderr)
    return asked.exit_code


def _train(writer: Any, asked: EndRequest, *, quiet: bool) -> int:
    """Trains the run of a writer in the foreground and prints the outcome."""
    from epochscope.inspect.health.returned import best_epoch
    from epochscope.runs.format.run import Run
    from epochscope.runs.training.control import Control
    from epochscope.runs.training.manager import train
    from epochscope.runs.training.resume import reason_not_resumable

    run, control, ended = Run(writer.id), Control(), threading.Event()
    already = len(run.epochs())
    began = time.perf_counter()

    def work() -> None:
        try:
            train(writer, control)
        finally:
            ended.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        _follow(run, control, asked, ended, shown=already, quiet=quiet)
    finally:  # whatever happens here: a thread that trains while the interpreter ends would abort it
        control.stop()
        ended.wait()
    status, table = run.status, run.epochs()
    last = next((line["scores"] for line in reversed(table) if "scores" in line), {})
    result = {
        "run": writer.id,
        "folder": str(run.folder),
        "state": status["state"],
        "message": status["message"],
        "epochs": len(table),
        "seconds": round(time.perf_counter() - began, 2),
        "training_seconds": round(sum(line["seconds"] for line in table), 2),
        **{name: last.get(name) for name in ("acc", "nmi", "ari")},
    }
    if quiet:
        print(json.dumps(result))
    else:
        print(f"{status['state']}: {run.title}\n{run.folder}")
        if best := best_epoch(table):
            back = ", and the last epoch has its state again" if best.returned else ""
            print(f"best epoch without labels: {best.epoch} (agreement of neighbors {best.sign:.3f}){back}")
        if status["message"]:
            print(status["message"], file=sys.stderr)
        if not reason_not_resumable(run):
            print(f"to continue it: epochscope resume {run.id}", file=sys.stderr)
    done = status["state"] == "done"
    return 0 if done else asked.exit_code if asked.is_set() else 1


def _follow(run: Any, control: Any, asked: EndRequest, ended: threading.Event, *, shown: int, quiet: bool) -> None:
    """Prints a line for each epoch as it appears, from number `shown` on; stops the run when it is asked to."""
    printed = ""
    while True:
        alive = not ended.is_set()
        if asked.is_set() and not control.stopped:
            control.stop()
        for line in run.epochs()[shown:] if not quiet else ():
            values = {**line["losses"], **line.get("scores", {})}
            words = "  ".join(f"{name} {value:.4g}" for name, value in values.items() if value is not None)
            print(f"epoch {line['epoch']:4d}  {line['phase']:<12} {line['seconds']:6.2f} s  {words}", flush=True)
            shown += 1
        if not alive:
            return
        if not quiet and (doing := run.status.get("doing", "")) != printed and doing.startswith("computing again"):
            print(printed := doing, file=sys.stderr, flush=True)
        ended.wait(0.1)
