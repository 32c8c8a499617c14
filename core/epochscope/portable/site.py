"""Runs as a folder of pages for any static host: an index with a picture of each run, a page a run.

    index.html  runs/ID.html  runs/ID/*.bin  runs/ID.svg  runs/compare.html  assets/plotly.js  assets/stage/...

The pages share plotly.js and the stage's modules, which stand there as they are. A host needs to serve files, no more.
"""

from __future__ import annotations

import gzip
import html
import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epochscope.figures import plotly_js
from epochscope.files import reason
from epochscope.portable import content, modules
from epochscope.portable.blocks import packed_run
from epochscope.portable.file import page_style
from epochscope.portable.thumbnail import HEIGHT, WIDTH, thumbnail
from epochscope.resources import resource
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.library import compare
from epochscope.types import EpochscopeError

_ENTRY = "hosts/site_loader.js"
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; connect-src 'self'; \
style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="epochscope">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{assets}/page.css">
</head>
<body>
"""
_PAGE = """<main id="runs" data-page="{page}" data-plotly="../assets/plotly.js">
<noscript>This page needs JavaScript, which is turned off.</noscript>
<p class="unserved">Browsers show this page only from a web server: put the whole folder on a static host, or type
<code>python -m http.server</code> in it. To open a run from disk, export it as one HTML file.</p></main>
<script type="module" src="../assets/stage/hosts/site_loader.js"></script>
</body>
</html>
"""


def write_site(runs: Sequence[Run], visitor: Visitor, folder: Path, title: str = "") -> None:
    """Writes the site of these runs into a folder that is not there yet, or empty; all of it or nothing.

    It holds the frames that exist; those of PCA are computed first, for a visitor who may. Raises EpochscopeError for a
    run that trains, is damaged or has no epochs, and where the folder cannot be written.
    """
    content.checked(runs)
    folder = folder.absolute()
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise EpochscopeError(f"{folder} is there already and not empty; choose another folder.")
        (aside / "runs").mkdir(parents=True)
        _write_assets(aside / "assets")
        contents = [_write_run(run, visitor, aside / "runs") for run in runs]
        several = 1 < len(runs) <= compare.MOST_COMPARED
        if several:
            _write_page(aside / "runs", "compare", runs, contents)
        cards = "".join(map(_card, contents))
        head = _HEAD.format(title=html.escape(title or "Runs"), assets="assets")
        (aside / "index.html").write_text(head + _index(title or "Runs", cards, several), "utf-8")
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except OSError as error:
        raise EpochscopeError(f"{folder} cannot be written ({reason(error)}).") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_assets(folder: Path) -> None:
    stage = resource("stage")
    for name in [*(name for name, _ in modules.in_order(stage, _ENTRY)), "stage.css"]:
        target = folder / "stage" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((stage / name).read_bytes())
    (folder / "plotly.js").write_bytes(plotly_js.script())
    (folder / "page.css").write_text(page_style(), "utf-8")


def _write_run(run: Run, visitor: Visitor, folder: Path) -> dict[str, Any]:
    """Writes blocks, page and picture of a run; returns what its page says."""
    (folder / run.id).mkdir()
    projections = content.shown_projections(run, visitor)
    packed = packed_run(run, projections)
    if packed.sprites is not None:
        packed = packed._replace(sprites=gzip.compress(packed.sprites, 9, mtime=0))
    count = 0

    def put(block: bytes) -> str:
        nonlocal count
        count += 1
        (folder / run.id / f"{count}.bin").write_bytes(block)
        return f"{run.id}/{count}"

    made = content.run_content(run, packed, projections, put)
    (folder / f"{run.id}.svg").write_text(thumbnail(run, visitor), "utf-8")
    _write_page(folder, run.id, [run], [made])
    return made


def _write_page(folder: Path, name: str, runs: Sequence[Run], contents: Sequence[dict[str, Any]]) -> None:
    (folder / name).mkdir(exist_ok=True)
    said = json.dumps(content.page_content(runs, contents)).encode()
    (folder / name / "page.bin").write_bytes(gzip.compress(said, 9, mtime=0))
    head = _HEAD.format(title=html.escape(content.title_of(runs)), assets="../assets")
    (folder / f"{name}.html").write_text(head + _PAGE.format(page=f"{name}/page"), "utf-8")


def _index(title: str, cards: str, several: bool) -> str:
    link = '<p><a href="runs/compare.html">Compare these runs</a></p>' if several else ""
    return f'<main><h1>{html.escape(title)}</h1>{link}<ul class="cards">{cards}</ul></main>\n</body>\n</html>\n'


def _card(run: dict[str, Any]) -> str:
    """A run on the index: its picture, name and facts."""
    facts = " · ".join(value if name in ("data", "method") else f"{name} {value}" for name, value in run["facts"])
    name = html.escape(run["name"] or run["title"])
    return (
        f'<li><a href="runs/{run["id"]}.html"><img src="runs/{run["id"]}.svg" width="{WIDTH}" height="{HEIGHT}" alt="">'
        f'<b>{name}</b></a><span class="quiet">{html.escape(facts)}</span></li>'
    )
