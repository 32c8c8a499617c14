"""`epochscope cite` and `replay`: a run as a line of text, and that line trained again."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from epochscope.cli.signals import EndRequest
from epochscope.files import reason
from epochscope.rights import PROGRAM
from epochscope.text import sanitize
from epochscope.types import EpochscopeError

_MOST_BYTES = 5_000_000  # of a file with a citation


def add(commands: Any, folders: argparse.ArgumentParser) -> None:
    """Adds both commands."""
    cite = commands.add_parser(
        "cite", help="print a citation of a run or of futures: a text, and a line for `replay`", parents=[folders]
    )
    cite.set_defaults(act=_cite)
    cite.add_argument("run", metavar="RUN", help="its id (see: list), or that of futures")
    cite.add_argument("--member", type=int, metavar="I", help="of futures, this one alone, counted from 0: as a run")
    about = "train a cited run, or cited futures, again and say, epoch by epoch, whether the results are the same"
    replay = commands.add_parser("replay", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders])
    replay.set_defaults(act=_replay)
    replay.add_argument(
        "citation",
        metavar="CITATION",
        help="its text, a file with it, - for the input, or the id of a run or of futures",
    )
    replay.add_argument("--discard", action="store_true", help="do not keep the run that is trained")
    replay.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")


def _cite(options: argparse.Namespace) -> int:
    from epochscope.futures import citation as of_futures
    from epochscope.futures.store import Futures, are_futures
    from epochscope.runs.format.run import Run
    from epochscope.runs.library.citation import citation

    if are_futures(options.run):
        print(of_futures.citation(Futures(options.run), options.member))
    elif options.member is not None:
        raise EpochscopeError("--member is for futures, and this is a run.")
    else:
        print(citation(Run(options.run)))
    return 0


def _cited(given: str) -> Any:
    """The citation in a text, a file or of a run. Raises EpochscopeError where it is none of these."""
    from epochscope.futures.citation import cited_futures, read
    from epochscope.futures.store import Futures, are_futures
    from epochscope.runs.format.run import Run
    from epochscope.runs.format.spec import folder_of
    from epochscope.runs.library.citation import MARK, cited_run

    if MARK in given:
        return read(given)
    if given == "-":
        return read(sys.stdin.read(_MOST_BYTES))
    path = Path(given)
    try:
        if path.is_file():
            with path.open("rb") as file:
                return read(file.read(_MOST_BYTES).decode("utf-8", "replace"))
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be read ({reason(error)}).") from None
    try:
        known = folder_of(given).is_dir()
    except EpochscopeError:
        known = False
    if not known:
        raise EpochscopeError(f"{given[:80]!r} is no citation, no file and no run of this machine.")
    return cited_futures(Futures(given)) if are_futures(given) else cited_run(Run(given))


def _replay(options: argparse.Namespace) -> int:
    from epochscope.futures.citation import CitedFutures
    from epochscope.futures.replay import replay as replay_futures
    from epochscope.runs.library.replay import Compared, Outcome, replay
    from epochscope.runs.training.control import Control

    cited = _cited(options.citation)
    asked: EndRequest = options.asked_to_end
    control, found = Control(), []

    def tell(one: Compared) -> None:
        if not options.json:
            print(f"epoch {one.epoch:4d}  {one.phase:<12} {'same' if one.same else 'DIFFERENT'}", flush=True)

    def work(root: Path | None) -> None:
        try:
            again: Any = replay_futures if isinstance(cited, CitedFutures) else replay
            found.append(again(cited, PROGRAM, tell=tell, control=control, root=root))
        except BaseException as error:
            found.append(error)

    if not options.json:
        print(sanitize(cited.title, 300))
    with tempfile.TemporaryDirectory() if options.discard else nullcontext() as folder:
        thread = threading.Thread(target=work, args=(folder and Path(folder),), daemon=True)
        thread.start()
        while thread.is_alive():
            if asked.is_set():
                control.stop()
            thread.join(0.1)
    if isinstance(outcome := found[0], BaseException):
        raise outcome
    assert isinstance(outcome, Outcome)
    kept = "" if options.discard else outcome.run
    if options.json:
        print(json.dumps({**outcome._asdict(), "run": kept}))
    else:
        print(outcome.sentence + (f"\n{kept}" if kept else ""))
    return 0 if outcome.same else asked.exit_code if asked.is_set() else 1
