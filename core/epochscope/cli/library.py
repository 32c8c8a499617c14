"""`epochscope list`, `export`, `site`, `import` and `delete`: what is stored."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epochscope.files import reason
from epochscope.rights import PROGRAM
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.futures.store import Futures


def add(commands: Any, folders: argparse.ArgumentParser) -> None:
    """Adds the commands."""
    listing = commands.add_parser("list", help="name the data sets, methods and stored runs", parents=[folders])
    listing.set_defaults(act=_list)
    listing.add_argument("--json", action="store_true", help="print JSON")
    export = commands.add_parser(
        "export",
        help="pack stored runs into a zip, or runs or futures into one HTML file that shows them anywhere",
        parents=[folders],
    )
    export.set_defaults(act=_export)
    export.add_argument("runs", nargs="+", metavar="RUN", help="ids (see: list)")
    export.add_argument(
        "--to",
        required=True,
        metavar="FILE",
        help="the file to write, which must not exist: .html to look at without epochscope, else a zip to import",
    )
    site = commands.add_parser(
        "site", help="write runs as a folder of web pages, for any host of static files", parents=[folders]
    )
    site.set_defaults(act=_site)
    site.add_argument("runs", nargs="+", metavar="RUN", help="ids (see: list)")
    site.add_argument(
        "--to", required=True, metavar="FOLDER", help="the folder to write; it must not exist, or be empty"
    )
    site.add_argument("--title", default="", help="what stands above the runs")
    imports = commands.add_parser(
        "import", help="take the runs of such a zip into the folder of runs", parents=[folders]
    )
    imports.set_defaults(act=_import)
    imports.add_argument("zip", metavar="ZIP", help="a zip that epochscope wrote")
    imports.add_argument("--yes", action="store_true", help="also if it unpacks to more than 200 MB")
    delete = commands.add_parser(
        "delete",
        help="move runs, damaged ones too, or futures to the trash (the Runs page brings them back)",
        parents=[folders],
    )
    delete.set_defaults(act=_delete)
    delete.add_argument("runs", nargs="+", metavar="RUN", help="ids (see: list)")


def _delete(options: argparse.Namespace) -> int:
    from epochscope.runs.library.trash import throw_away

    refused = 0
    for run_id in options.runs:
        try:
            throw_away(run_id, PROGRAM)
            print(run_id)
        except EpochscopeError as error:
            refused += 1
            print(f"epochscope: {error}", file=sys.stderr)
    return 2 if refused else 0


def _export(options: argparse.Namespace) -> int:
    from epochscope.exports.archive import pack
    from epochscope.portable.file import runs_file
    from epochscope.portable.futures_file import futures_file
    from epochscope.runs.format.run import Run

    target = Path(options.to)
    html = target.suffix.lower() in (".html", ".htm")
    futures = _asked_futures(options.runs, html=html)
    runs = [] if futures else [Run(run_id) for run_id in options.runs]
    part = target.with_name(f".{target.name}.part")
    try:
        if target.exists():
            raise EpochscopeError(f"{target} is there already; choose another name.")
        with part.open("wb") as file:
            if futures:
                file.write(futures_file(futures))
            elif html:
                file.write(runs_file(runs, PROGRAM))
            else:
                pack(runs, file)
        part.rename(target)
    except OSError as error:
        raise EpochscopeError(f"{target} cannot be written ({reason(error)}).") from None
    finally:
        part.unlink(missing_ok=True)
    print(target)
    return 0


def _asked_futures(ids: Sequence[str], *, html: bool) -> Futures | None:
    """The futures that are to be exported; None where runs are. Raises EpochscopeError for what makes no such file."""
    from epochscope.futures.store import Futures, are_futures

    asked = [one for one in ids if are_futures(one)]
    if asked and (len(ids) > 1 or not html):
        raise EpochscopeError(f"{asked[0]} are futures: they are exported alone, as one HTML file (--to NAME.html).")
    return Futures(asked[0]) if asked else None


def _site(options: argparse.Namespace) -> int:
    from epochscope.portable.site import write_site
    from epochscope.runs.format.run import Run

    write_site([Run(run_id) for run_id in options.runs], PROGRAM, Path(options.to), options.title)
    print(Path(options.to) / "index.html")
    return 0


def _import(options: argparse.Namespace) -> int:
    from epochscope.exports.archive import announced, unpack

    path = Path(options.zip)
    size = announced(path, options.zip)
    if size.large and not options.yes:
        raise EpochscopeError(f"{options.zip} holds {size.words}; add --yes to import so much.")
    print(f"{size.words} ...", file=sys.stderr)
    for run_id in unpack(path, options.zip, PROGRAM, large=options.yes):
        print(run_id)
    return 0


def _list(options: argparse.Namespace) -> int:
    from epochscope.data import SOURCES
    from epochscope.figures import FIGURES  # loads the plugins of figures, so that `problems` includes theirs
    from epochscope.futures.store import every
    from epochscope.methods import METHODS
    from epochscope.plugins import problems
    from epochscope.runs.library.catalog import DAMAGED, entries

    assert FIGURES
    listed = {
        "datasets": [{"key": s.key, "title": s.title, "cached": s.needs_download().cached} for s in SOURCES.values()],
        "methods": [
            {"key": m.key, "title": m.title, "presets": [preset.title for preset in m.presets]}
            for m in METHODS.values()
        ],
        "runs": [
            {
                "run": one.id,
                "title": one.metadata.name or one.title,
                "state": one.state,
                "epochs": one.epochs,
                **({"message": one.message} if one.state == DAMAGED else {}),
            }
            for one in entries()
        ],
        "futures": [
            {"futures": one.id, "title": one.name, "state": one.status["state"], "epochs": one.status.get("epochs", 0)}
            for one in every()
        ],
    }
    if options.json:
        print(json.dumps({**listed, "problems": problems()}, indent=1))
        return 0
    for kind, entries_of_kind in listed.items():
        print(kind)
        for entry in entries_of_kind:
            first, *rest = entry.values()
            print(f"  {first:<18}", *(("; ".join(part) if isinstance(part, list) else part) for part in rest), sep="  ")
    for problem in problems():
        print(f"epochscope: {problem}", file=sys.stderr)
    return 0
