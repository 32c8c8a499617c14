"""Runs as one HTML file: the stage with all its panels, without a server and without a network.

Everything that somebody wrote (names, notes, classes) is inside of compressed blocks, which are text of 85 harmless
digits; the stage shows such words as text, never as HTML. The page forbids every connection to any address.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epochscope.files import reason, write_whole
from epochscope.language import ENGLISH, LANGUAGES, current, stage_messages
from epochscope.portable import content, modules
from epochscope.portable.blocks import packed_run
from epochscope.resources import resource
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

_DIGITS = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+,-.:;=?@[]^_{|}"  # as in file_loader.js
)
_POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; img-src blob: data:; "
    "base-uri 'none'; form-action 'none'"
)
_PAGE = """<!doctype html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="epochscope">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="runs" data-entry="{entry}"><noscript>This page needs JavaScript, which is turned off.</noscript></main>
{blocks}
<script type="module">{script}</script>
</body>
</html>
"""


def runs_file(runs: Sequence[Run], visitor: Visitor) -> bytes:
    """The HTML file of these runs; of several, it compares them.

    Its words are in the language of who is drawn for. It holds the frames that exist; those of PCA are computed first,
    for a visitor who may. Raises EpochscopeError for a run that trains, is damaged or has no epochs.
    """
    content.checked(runs)
    blocks: dict[str, bytes] = {}

    def put(block: bytes) -> str:
        blocks[name := f"block{len(blocks)}"] = block
        return name

    contents = []
    for run in runs:
        projections = content.shown_projections(run, visitor)
        packed = packed_run(run, projections)
        sprites = None if packed.sprites is None else gzip.compress(packed.sprites, 9, mtime=0)
        contents.append(content.run_content(run, packed._replace(sprites=sprites), projections, put))
    page = json.dumps(content.page_content(runs, contents)).encode()
    stage = modules.bundled(modules.FILE)
    return html_of(
        content.title_of(runs),
        {
            "style": gzip.compress(stage.style.encode(), 9, mtime=0),
            "modules": stage.modules,
            "plotly": stage.plotly,
            "page": gzip.compress(page, 9, mtime=0),
            **blocks,
        },
        modules.FILE,
    )


def write_runs_file(runs: Sequence[Run], visitor: Visitor, path: Path) -> None:
    """Writes the file at once, in place of one that may be there. Raises EpochscopeError if it cannot be written."""
    made = runs_file(runs, visitor)
    try:
        write_whole(path, made)
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be written ({reason(error)}).") from None


def _catalog(code: str) -> bytes:
    """What the stage says in a language, as JSON."""
    return json.dumps({"code": code, "messages": stage_messages(code)}).encode()


def page_style() -> str:
    """The style sheet of what surrounds the stage."""
    return (resource("stage") / "hosts" / "file.css").read_text("utf-8")


def html_of(title: str, blocks: dict[str, bytes], entry: str) -> bytes:
    """A page of these blocks in the language of who is drawn for, which the module `entry` of the stage opens."""
    if current() != ENGLISH:
        blocks = {**blocks, "language": gzip.compress(_catalog(current()), 9, mtime=0)}
    script = modules.file_loader()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    elements = [_element(name, block) for name, block in blocks.items()]
    made = _PAGE.format(
        tag=LANGUAGES[current()].tag,
        policy=_POLICY.format(digest=digest),
        title=html.escape(title),
        style=page_style(),
        entry=entry,
        blocks="\n".join(elements),
        script=script,
    )
    return made.encode()


def _element(name: str, block: bytes) -> str:
    text, padding = in_digits(block)
    return f'<script type="text/plain" id="{name}" data-padding="{padding}">{text}</script>'


def in_digits(data: bytes) -> tuple[str, int]:
    """Bytes as text, five digits for four bytes; and how many zeros were added to the end."""
    padding = -len(data) % 4
    numbers = np.frombuffer(data + bytes(padding), ">u4").astype(np.uint64)
    powers = 85 ** np.arange(4, -1, -1, dtype=np.uint64)
    digits = (numbers[:, None] // powers % 85).astype(np.uint8)
    return np.frombuffer(_DIGITS, np.uint8)[digits].tobytes().decode("ascii"), padding
