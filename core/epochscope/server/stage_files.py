"""The stage's modules and style sheets, as the server gives them out: their address changes with their content."""

from __future__ import annotations

import functools
import hashlib
import json

from epochscope.language import LANGUAGES, stage_messages
from epochscope.resources import resource

STAGE = resource("stage")
STAGE_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


@functools.cache
def stage_files() -> dict[str, bytes]:
    """The files of the stage, by path below its folder, and what it says in each language; nothing else is served from
    there.
    """
    paths = (path for path in STAGE.rglob("*") if path.suffix in (".js", ".css") and path.is_file())
    files = {path.relative_to(STAGE).as_posix(): path.read_bytes() for path in sorted(paths)}
    return files | {f"messages/{code}.json": json.dumps(stage_messages(code)).encode() for code in LANGUAGES}


@functools.cache
def stage_version() -> str:
    """Differs whenever one of the files does."""
    digest = hashlib.sha256()
    for name, content in stage_files().items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def stage_url() -> str:
    """Where the browser finds the stage; changes with the content of its modules."""
    return f"assets/stage-{stage_version()}/stage.js"


def module_urls() -> list[str]:
    """Where the browser finds the modules that the stage of a page is made of."""
    names = (name for name in stage_files() if name.endswith(".js") and not name.startswith("hosts/"))
    return [f"assets/stage-{stage_version()}/{name}" for name in names]


def stage_style_url() -> str:
    """Where the browser finds the style sheet of the stage."""
    return f"assets/stage-{stage_version()}/stage.css"
