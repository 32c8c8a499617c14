"""`epochscope sweep`: many runs on the processes of this machine or on other machines, through Dask."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from epochscope.cli.flags import add_flags, add_how, add_repeats, given, kept, source_of
from epochscope.cli.signals import EndRequest
from epochscope.cli.sweep_terminal import Terminal
from epochscope.rights import PROGRAM
from epochscope.types import EpochscopeError

_ELSEWHERE = ("--on", "--workers", "--script")  # flags that say where, not what


def add(commands: Any, folders: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Adds the command. `arguments`: the whole line, since the flags of the data depend on the data set."""
    about = "train methods x parameter values x seeds on many processes or machines"
    sweep = commands.add_parser("sweep", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders])
    sweep.set_defaults(act=_sweep, arguments=list(arguments))
    what = sweep.add_argument_group("what is trained")
    what.add_argument("--dataset", default="digits", help="key of a data set (see: list); default digits")
    what.add_argument("--method", default="dec", help="keys of methods, comma-separated; default dec")
    add_repeats(what, seeds="0-4", grid="gamma=0.05,0.1 k=5,10")
    what.add_argument("--continue", dest="group", metavar="GROUP", help="go on with what is left of a sweep instead")
    where = sweep.add_argument_group("where")
    where.add_argument("--on", default="local", help="local, or the address of a scheduler of Dask (tcp://name:8786)")
    where.add_argument("--workers", type=_count, help="processes of this machine; default: as many as fit")
    where.add_argument("--threads", type=_count, default=1, help="processor threads of each run; default 1")
    where.add_argument("--gpus", type=int, choices=range(9), default=0, metavar="N", help="GPUs of each run; default 0")
    where.add_argument("--retries", type=int, default=2, help="tries after one that failed; default 2")
    where.add_argument("--stream", action="store_true", help="fetch epochs from workers, even from a shared folder")
    where.add_argument("--script", choices=("slurm", "pbs"), help="print a program that does it by such a queue")
    add_how(sweep)
    if arguments[:1] == ["sweep"]:
        first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        first.add_argument("--dataset", default="digits")
        source = source_of(first.parse_known_args(arguments[1:])[0].dataset)
        add_flags(sweep, f"data set {source.title}", source.params, "data.")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 10,000, but got {text!r}")
    return int(text)


def _sweep(options: argparse.Namespace) -> int:
    from epochscope.sweeps import cluster, drive
    from epochscope.sweeps.script import script

    need = cluster.Need(options.threads, options.gpus)
    if options.script:
        print(script(options.script, _what(options.arguments), need, options.workers or 4), end="")
        return 0
    cluster.require_dask()
    asked: EndRequest = options.asked_to_end
    if options.offline:
        os.environ["EPOCHSCOPE_OFFLINE"] = "1"
    if options.group:
        begun, varied = drive.continued(options.group, PROGRAM), None
    else:
        plan = _plan(options)
        for note in plan.notes:
            _say(note)
        if asked.is_set():
            return asked.exit_code
        begun, varied = drive.begun(plan.specs, plan.title, PROGRAM), plan.varied
    told = Terminal(begun, varied, quiet=options.json)
    try:
        with cluster.connected(options.on, need, options.workers, _say) as client:
            sweep = drive.Sweep(
                client,
                begun,
                PROGRAM,
                need,
                retries=options.retries,
                share=not options.stream,
                local=options.on == cluster.LOCAL,
                tell=told.ended,
            )
            whole = sweep.follow(asked, told.progress)
    except EpochscopeError:
        for writer in begun.writers:
            writer.finish("stopped")
        raise
    return _outcome(told, whole, asked)


def _outcome(told: Terminal, whole: bool, asked: EndRequest) -> int:
    """Prints what the sweep came to; returns the exit code."""
    states = told.summary()
    if not whole and not asked.is_set():
        _say("The scheduler is gone.")
    if left := sum(count for state, count in states.items() if state != "done"):
        _say(f"{left} runs are not done; to continue them: epochscope sweep --continue {told.group}")
    return asked.exit_code if asked.is_set() else 1 if left else 0


def _plan(options: argparse.Namespace) -> Any:
    from epochscope.data.dataset_cache import dataset
    from epochscope.methods.base import Size
    from epochscope.sweeps.plan import assignments, planned, whole_numbers

    source = source_of(options.dataset)
    key, values = kept(source, source.params().but(given(options, source.params, "data.")))
    points = dataset(key, values, cancel=options.asked_to_end)
    classes = len(points.class_names)
    return planned(
        key,
        values,
        Size.of(points.x, options.k or classes or 10),
        methods=[one.strip() for one in options.method.split(",") if one.strip()],
        seeds=whole_numbers(options.seeds),
        values=assignments(options.grid),
        preset=options.preset,
        demo=source.demo,
        known_points=0 if source.own else len(points),
        classes=None if options.k else classes,
    )


def _what(arguments: Sequence[str]) -> list[str]:
    """The arguments without those that say where."""
    kept_ones, skip = [], False
    for each in arguments:
        name, equals, _ = each.partition("=")
        if not skip and name not in _ELSEWHERE:
            kept_ones.append(each)
        skip = not skip and name in _ELSEWHERE and not equals
    return kept_ones


def _say(text: str) -> None:
    print(f"epochscope: {text}", file=sys.stderr, flush=True)
