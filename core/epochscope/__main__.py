"""The command line: `python -m epochscope run ...` trains without a browser, `resume` continues, `list` shows."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epochscope.params import Params
from epochscope.rights import PROGRAM
from epochscope.types import EpochscopeError


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 the run failed or was stopped, 2 the request makes no sense."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(arguments).parse_args(arguments)
        _place(options)
        return options.act(options)
    except EpochscopeError as error:
        print(f"epochscope: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m core", description="Watch deep clustering happen, epoch by epoch.")
    commands = parser.add_subparsers(required=True, metavar="run | resume | export | import | list")
    run = commands.add_parser(
        "run", help="train a method on a data set; the run can be watched in the app while it goes"
    )
    _common(run)
    run.set_defaults(act=_run)
    run.add_argument("--dataset", default="digits", help="key of a data set (see: list); default digits")
    run.add_argument("--method", default="dec", help="key of a method (see: list); default dec")
    run.add_argument("--preset", help="start from the values of this preset; default: the method's first")
    run.add_argument("--k", type=int, help="number of clusters; default: the number of classes")
    run.add_argument("--seed", type=int, default=0, help="seed of everything random in the run; default 0")
    run.add_argument("--offline", action="store_true", help="never download: fail where a file is missing")
    run.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")
    if arguments[:1] == ["run"]:
        _flags(run, arguments[1:])
    again = commands.add_parser("resume", help="continue a run that was stopped, interrupted or cut off")
    _common(again)
    again.set_defaults(act=_resume)
    again.add_argument("run", help="its id (see: list)")
    again.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")
    _carriers(commands)
    shown = commands.add_parser("list", help="name the data sets, methods and stored runs")
    _common(shown)
    shown.set_defaults(act=_list)
    shown.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _carriers(commands: Any) -> None:
    out = commands.add_parser("export", help="pack stored runs into a zip")
    _common(out)
    out.set_defaults(act=_export)
    out.add_argument("runs", nargs="+", metavar="run", help="ids (see: list)")
    out.add_argument("--to", required=True, help="the zip to write; it must not exist")
    back = commands.add_parser("import", help="take the runs of such a zip into the folder of runs")
    _common(back)
    back.set_defaults(act=_import)
    back.add_argument("zip", help="a zip that epochscope wrote")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="folder of downloaded data sets; default EPOCHSCOPE_DATA")
    parser.add_argument("--runs-dir", help="folder of stored runs; default EPOCHSCOPE_RUNS")


def _place(options: argparse.Namespace) -> None:
    for value, variable in ((options.data_dir, "EPOCHSCOPE_DATA"), (options.runs_dir, "EPOCHSCOPE_RUNS")):
        if value:
            os.environ[variable] = value


def _flags(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """One flag for each parameter of the chosen data set (--data.NAME) and of the chosen method (--NAME)."""
    from epochscope.methods import METHODS
    from epochscope.runs.format.spec import known

    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--dataset", default="digits")
    first.add_argument("--method", default="dec")
    chosen, _ = first.parse_known_args(arguments)
    source, method = _source(chosen.dataset), known(METHODS, chosen.method, "method")
    for title, prefix, cls in (
        (f"data set {source.title}", "data.", source.params),
        (f"method {method.title}", "", method.params),
    ):
        group = parser.add_argument_group(title)
        for name, about in cls.ranges():
            text = f"{about.help} {about.words[0].upper()}{about.words[1:]}; default {about.default}."
            group.add_argument(f"--{prefix}{name}", metavar=about.kind.__name__, help=text.replace("%", "%%"))


def _given(options: argparse.Namespace, cls: type[Params], prefix: str = "") -> dict[str, Any]:
    """The parameters that were named on the command line."""
    values = {name: getattr(options, prefix + name) for name, _ in cls.ranges()}
    return {name: value for name, value in values.items() if value is not None}


def _run(options: argparse.Namespace) -> int:
    from epochscope.methods import METHODS
    from epochscope.runs.format.spec import RunSpec
    from epochscope.runs.format.store import RunWriter
    from epochscope.runs.training.manager import dataset

    if options.offline:
        os.environ["EPOCHSCOPE_OFFLINE"] = "1"
    method = METHODS[options.method]
    source = _source(options.dataset)
    data = source.params().but(_given(options, source.params, "data."))
    params = method.start(options.preset).but(_given(options, method.params))
    key, values = _kept(source, data)
    k = options.k or len(dataset(key, values).class_names) or 10
    spec = RunSpec(key, options.method, k, options.seed, values, params.flat(), options.preset or "")
    return _train(RunWriter(spec, PROGRAM), quiet=options.json)


def _resume(options: argparse.Namespace) -> int:
    from epochscope.runs.training.resume import Resumed

    return _train(Resumed(options.run, PROGRAM), quiet=options.json)


def _train(writer: Any, *, quiet: bool) -> int:
    """Trains the run of a writer in the foreground and says what came of it."""
    from epochscope.runs.format.store import Run
    from epochscope.runs.training.manager import train
    from epochscope.runs.training.record import Control
    from epochscope.runs.training.resume import why_not

    run, control = Run(writer.id), Control()
    already = len(run.epochs())
    began = time.perf_counter()
    worker = threading.Thread(target=train, args=(writer, control), daemon=True)
    worker.start()
    try:
        _follow(run, worker, shown=already, quiet=quiet)
    except KeyboardInterrupt:
        control.stop()
        worker.join()
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
        print(f"{status['state']}: {run.spec.title}\n{run.folder}")
        if status["message"]:
            print(status["message"], file=sys.stderr)
        if not why_not(run):
            print(f"to continue it: python -m epochscope resume {run.id}", file=sys.stderr)
    return 0 if status["state"] == "done" else 1


def _source(key: str) -> Any:
    """The data set of this key. Only here, and in no stored run, may it be a file that the path of a user names."""
    from epochscope.data import SOURCES
    from epochscope.data.own.sources import FILE
    from epochscope.runs.format.spec import known

    return FILE if key == FILE.key else known(SOURCES, key, "data set")


def _kept(source: Any, data: Params) -> tuple[str, dict[str, Any]]:
    """Key and parameters of the data in a run: a file is read and kept, and has a key of its own from then on."""
    from epochscope.data import SOURCES, Fetcher
    from epochscope.data.own.sources import FILE

    if source is not FILE:
        return source.key, data.flat()
    key = FILE.load(data, Fetcher()).key
    known = dict(SOURCES[key].params.ranges())
    values = {name: value for name, value in data.flat().items() if name in known}
    return key, values | {"n": min(values["n"], int(known["n"].high or 0))}  # no more points than there are


def _follow(run: Any, worker: threading.Thread, *, shown: int, quiet: bool) -> None:
    """Prints a line for each epoch as it appears, from number `shown` on."""
    told = ""
    while True:
        alive = worker.is_alive()
        for line in run.epochs()[shown:] if not quiet else ():
            values = {**line["losses"], **line.get("scores", {})}
            words = "  ".join(f"{name} {value:.4g}" for name, value in values.items() if value is not None)
            print(f"epoch {line['epoch']:4d}  {line['phase']:<12} {line['seconds']:6.2f} s  {words}", flush=True)
            shown += 1
        if not alive:
            return
        if not quiet and (doing := run.status.get("doing", "")) != told and doing.startswith("computing again"):
            print(told := doing, file=sys.stderr, flush=True)
        worker.join(0.1)


def _export(options: argparse.Namespace) -> int:
    from epochscope.exports.archive import pack
    from epochscope.runs.format.store import Run

    runs, target = [Run(run_id) for run_id in options.runs], Path(options.to)
    part = target.with_name(f".{target.name}.part")
    try:
        if target.exists():
            raise EpochscopeError(f"{target} is there already; choose another name.")
        with part.open("wb") as file:
            pack(runs, file)
        part.rename(target)
    except OSError as error:
        raise EpochscopeError(f"{target} cannot be written ({error.strerror}).") from None
    finally:
        part.unlink(missing_ok=True)
    print(target)
    return 0


def _import(options: argparse.Namespace) -> int:
    from epochscope.exports.archive import unpack

    for run_id in unpack(Path(options.zip), options.zip, PROGRAM):
        print(run_id)
    return 0


def _list(options: argparse.Namespace) -> int:
    from epochscope.data import SOURCES
    from epochscope.methods import METHODS
    from epochscope.runs.library.catalog import entries

    found = {
        "datasets": [{"key": s.key, "title": s.title, "cached": s.needs_download().cached} for s in SOURCES.values()],
        "methods": [
            {"key": m.key, "title": m.title, "presets": [preset.title for preset in m.presets]}
            for m in METHODS.values()
        ],
        "runs": [
            {"run": one.id, "title": one.about.name or one.title, "state": one.state, "epochs": one.epochs}
            for one in entries()
        ],
    }
    if options.json:
        print(json.dumps(found, indent=1))
        return 0
    for kind, listed in found.items():
        print(kind)
        for entry in listed:
            first, *rest = entry.values()
            print(f"  {first:<18}", *(("; ".join(part) if isinstance(part, list) else part) for part in rest), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
