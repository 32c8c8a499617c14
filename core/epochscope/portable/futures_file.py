"""Futures as one HTML file: their pictures, scores and map, without a server and without a network."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from epochscope import __version__
from epochscope.figures import futures as map_of_futures
from epochscope.figures.sent import as_sent
from epochscope.figures.theme import PALETTE
from epochscope.files import reason, write_whole
from epochscope.futures.outcome import labelings, last_acc, outcome, told
from epochscope.futures.plan import words_of
from epochscope.futures.store import Futures
from epochscope.portable import modules
from epochscope.portable.file import html_of
from epochscope.server import futures as server
from epochscope.stored_sentences import told as told_sentence
from epochscope.types import EpochscopeError


def futures_file(futures: Futures) -> bytes:
    """The HTML file of futures with all their epochs. Raises EpochscopeError while they train or without an epoch."""
    about = server.info(futures)
    if about["live"]:
        raise EpochscopeError(f"{futures.title} are still training; export them when they have ended.")
    count = len(futures.epochs())
    if not count:
        raise EpochscopeError(f"{futures.title} have no epochs, so there is nothing to show.")
    messages: list[bytes] = []
    at = 0
    while at < count:
        messages.append(server.epochs(futures, at))
        at += server.epochs_in(messages[-1])
    stage = modules.bundled(modules.FUTURES)
    blocks = {
        "style": stage.style.encode(),
        "page": json.dumps(_page(futures, about, len(messages))).encode(),
        **{f"epochs{i}": message for i, message in enumerate(messages)},
    }
    packed = {name: gzip.compress(block, 9, mtime=0) for name, block in blocks.items()}
    return html_of(futures.shown_name, {**packed, "modules": stage.modules, "plotly": stage.plotly}, modules.FUTURES)


def write_futures_file(futures: Futures, path: Path) -> None:
    """Writes the file at once, in place of one that may be there. Raises EpochscopeError if it cannot be written."""
    made = futures_file(futures)
    try:
        write_whole(path, made)
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be written ({reason(error)}).") from None


def _page(futures: Futures, about: dict[str, Any], parts: int) -> dict[str, Any]:
    """What stands around the pictures."""
    words, figure = [], None
    if (found := labelings(futures)) is not None:
        seen, acc = outcome(found), last_acc(futures, found)
        words = [one.replace("**", "") for one in told(seen, acc if np.isfinite(acc).all() else None)]
        names = [words_of(futures.members[i].label) for i in found.members]
        figure = as_sent(
            map_of_futures.figure(map_of_futures.view(seen.places, acc, seen.basin, seen.own, names), "ACC")
        )
    return {
        "id": futures.id,
        "title": futures.shown_name,
        "run": told_sentence(futures.title),
        "notes": futures.metadata.notes,
        "made": f"epochscope {__version__}, {time.strftime('%Y-%m-%d')}",
        "palette": PALETTE,
        "info": about,
        "parts": parts,
        "words": words,
        "map": figure,
    }
