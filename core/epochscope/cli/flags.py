"""Flags of the command line that are read off the parameters of data sets and methods."""

from __future__ import annotations

import argparse
from typing import Any

from epochscope.params import Params, former_names


def add_repeats(parser: Any, *, seeds: str, grid: str) -> None:
    """Adds the flags that say which runs of a method there are to be. `seeds`: the default; `grid`: an example."""
    parser.add_argument("--seeds", default=seeds, help=f"such as 0-9 or 0,1,5-7; default {seeds}")
    parser.add_argument("--grid", nargs="+", action="extend", default=[], metavar="NAME=VALUES", help=f"such as {grid}")
    parser.add_argument("--preset", help="what the other parameters are; default as for: run")
    parser.add_argument(
        "--k", type=int, help="number of clusters; default: that of the preset, or the number of classes"
    )


def add_how(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of every command that trains several runs."""
    parser.add_argument("--offline", action="store_true", help="never download: fail where a file is missing")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end and nothing else")


def add_flags(parser: argparse.ArgumentParser, title: str, cls: type[Params], prefix: str = "") -> None:
    """One flag for each parameter, --{prefix}NAME, in a group of this title."""
    group = parser.add_argument_group(title)
    for name, about in cls.ranges():
        text = f"{about.help} {about.words[0].upper()}{about.words[1:]}; default {about.default}."
        flags = [f"--{prefix}{each}" for each in (name, *former_names(name))]
        group.add_argument(*flags, metavar=about.kind.__name__, help=text.replace("%", "%%"))


def given(options: argparse.Namespace, cls: type[Params], prefix: str = "") -> dict[str, Any]:
    """The parameters given on the command line."""
    values = {name: getattr(options, prefix + name) for name, _ in cls.ranges()}
    return {name: value for name, value in values.items() if value is not None}


def source_of(key: str) -> Any:
    """The data set of this key. Only here, never in a stored run, may it be a file given by a path."""
    from epochscope.data import SOURCES
    from epochscope.data.own.sources import FILE
    from epochscope.runs.format.spec import known

    return FILE if key == FILE.key else known(SOURCES, key, "data set")


def kept(source: Any, data: Params) -> tuple[str, dict[str, Any]]:
    """Key and parameters of the data for a run; a file is first read and kept as a data set with its own key."""
    from epochscope.data import SOURCES, Fetcher
    from epochscope.data.own.sources import FILE, RECOMMENDED

    if source is not FILE:
        return source.key, data.flat()
    key = FILE.load(data, Fetcher()).key
    known = dict(SOURCES[key].params.ranges())
    values = {name: value for name, value in data.flat().items() if name in known and value != RECOMMENDED}
    return key, values | {"n": min(values["n"], int(known["n"].high or 0))}  # no more points than there are
