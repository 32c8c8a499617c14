"""`epochscope why`: what moved a point between two epochs of a stored run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def add(commands: Any, folders: argparse.ArgumentParser) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "why", help="say what moved points of a run from one epoch to the next", parents=[folders]
    )
    parser.set_defaults(act=_why)
    parser.add_argument("run", metavar="RUN", help="its id (see: list)")
    parser.add_argument(
        "--point", dest="points", metavar="ROW", type=int, nargs="+", required=True, help="rows of the data set"
    )
    parser.add_argument("--epoch", type=int, required=True, help="the epoch to which they moved")
    parser.add_argument("--since", type=int, help="the epoch from which they moved; default: the one before")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _why(options: argparse.Namespace) -> int:
    from epochscope.inspect.moves import sentence, table
    from epochscope.runs.format.run import Run
    from epochscope.runs.training.move_files import write_move
    from epochscope.runs.training.moves import explain_move

    run = Run(options.run)
    since = options.epoch - 1 if options.since is None else options.since
    told = sys.stderr.isatty() and not options.json

    def tell(epochs: int) -> None:
        if told:
            print(f"\rcomputing epoch {epochs} of {options.epoch} again", end="", file=sys.stderr, flush=True)

    move = explain_move(run, options.points, since, options.epoch, tell=tell)
    if told:
        print(file=sys.stderr)
    assert move is not None, "nobody stops it"
    write_move(run, move)
    rows = table(move)
    if options.json:
        print(json.dumps({"points": move.points.tolist(), "since": since, "epoch": options.epoch, "parts": rows}))
        return 0
    print(sentence(move))
    width = max(len(str(row["part"])) for row in rows)
    for row in rows:
        print(f"{row['part']:{width}}  {row['along the move']:+10.4g}  {100 * float(str(row['share'])):6.1f} %")
    return 0
