"""The stage's modules in one piece, for pages that cannot load files: each source, cut where it names another module.

The sources are those that the app serves, without comments and but for the names of what they import: the browser makes
an address for each module (stage/hosts/loader.js), in an order in which what is imported comes first.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from epochscope.figures import plotly_js
from epochscope.resources import resource

_IMPORT = re.compile(r'^((?:import|export)\b[^;"]*?|\} from )"(\.{1,2}/[^"]+)";$', re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*\n", re.MULTILINE)
NOTEBOOK, FILE, FUTURES = "hosts/notebook.js", "hosts/file.js", "hosts/futures_file.js"
"""The modules that hosts begin with."""

Part = str | list[str]
"""Text as it is, or a list of one name: that of a module whose address belongs here."""


class Bundled(NamedTuple):
    """What a browser needs of the stage, compressed by gzip."""

    version: str  # differs whenever the content does
    entry: str  # the last of the modules
    modules: bytes  # JSON: [name, parts] of each module, the entry last
    style: str  # the style sheet
    plotly: bytes  # plotly.js


def split(source: str, name: str) -> list[Part]:
    """The source of the module `name`, cut where it names another."""
    parts: list[Part] = []
    end = 0
    for found in _IMPORT.finditer(source):
        parts += [source[end : found.start(2)], [posixpath.normpath(posixpath.join(name, "..", found[2]))]]
        end = found.end(2)
    return [*parts, source[end:]]


def without_comments(source: str) -> str:
    """The source without the blocks of comments that begin a line: a quarter of the packed bytes."""
    return _COMMENT.sub("", source)


def in_order(folder: Path, entry: str, prepare: Callable[[str], str] = str) -> list[tuple[str, list[Part]]]:
    """The modules that the entry imports, directly or not, and itself; each after those that it imports.

    `prepare` is called with each source. Raises ValueError if modules import each other in a circle.
    """
    done: dict[str, list[Part]] = {}
    path: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        if name in path:
            raise ValueError(f"modules of the stage import each other: {' -> '.join([*path, name])}")
        path.append(name)
        parts = split(prepare((folder / name).read_text("utf-8")), name)
        for part in parts:
            if isinstance(part, list):
                visit(part[0])
        done[name] = parts
        path.pop()

    visit(entry)
    return list(done.items())


@functools.cache
def bundled(entry: str = NOTEBOOK) -> Bundled:
    """The stage as the host that begins with this module gets it; read once."""
    stage = resource("stage")
    modules = gzip.compress(json.dumps(in_order(stage, entry, without_comments)).encode(), 9, mtime=0)
    style = (stage / "stage.css").read_text("utf-8")
    digest = hashlib.sha256()
    for content in (modules, style.encode(), plotly_js.packed()):
        digest.update(hashlib.sha256(content).digest())
    return Bundled(digest.hexdigest()[:12], entry, modules, style, plotly_js.packed())


def loader() -> str:
    """The module that a widget begins with."""
    return (resource("stage") / "hosts" / "loader.js").read_text("utf-8")


def file_loader() -> str:
    """The module that a file begins with: it stands in the file itself, so what it imports stands in it, too."""
    own = (resource("stage") / "hosts" / "file_loader.js").read_text("utf-8")
    (line,) = (found[0] for found in _IMPORT.finditer(own))
    return own.replace(line, loader())
