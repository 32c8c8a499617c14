"""Flags of the command line that are read off the parameters of data sets and methods."""

from __future__ import annotations

import argparse
from typing import Any

from epochscope.params import Params, former_names


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
