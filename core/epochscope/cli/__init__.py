"""The command line: `epochscope` opens the app, `run` trains without a browser, `list` and others manage runs,
`replay` checks a cited one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from epochscope import __version__
from epochscope.cli import app, citations, futures, library, sweep, train, why
from epochscope.cli.signals import noted_signals
from epochscope.files import allow_all_files
from epochscope.types import EpochscopeError

DESCRIPTION = "Watch deep clustering happen, epoch by epoch. Without a command it opens the app in the browser."
_WORDS = ("-h", "--help", "--version")


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 the run failed or was stopped, 2 the request makes no sense, 130 Ctrl-C, 143
    SIGTERM.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in _WORDS):
        arguments.insert(0, "app")
    trains = arguments[0] in ("run", "resume", "branch", "sweep", "futures", "replay")
    try:
        with noted_signals() if trains else nullcontext() as asked:  # before torch is imported, which takes seconds
            options = _parser(arguments).parse_args(arguments)
            options.asked_to_end = asked
            _set_folders(options)
            allow_all_files()
            return options.act(options)
    except EpochscopeError as error:
        print(f"epochscope: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("epochscope", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"epochscope {__version__}")
    folders = argparse.ArgumentParser(add_help=False)
    folders.add_argument("--data-dir", help="folder of downloaded data sets; default EPOCHSCOPE_DATA")
    folders.add_argument("--runs-dir", help="folder of stored runs; default EPOCHSCOPE_RUNS")
    commands = parser.add_subparsers(required=True, title="commands", metavar="COMMAND")
    app.add(commands, folders)
    train.add(commands, folders, arguments)
    sweep.add(commands, folders, arguments)
    futures.add(commands, folders, arguments)
    library.add(commands, folders)
    citations.add(commands, folders)
    why.add(commands, folders)
    return parser


def _set_folders(options: argparse.Namespace) -> None:
    for value, variable in ((options.data_dir, "EPOCHSCOPE_DATA"), (options.runs_dir, "EPOCHSCOPE_RUNS")):
        if value:
            os.environ[variable] = value
