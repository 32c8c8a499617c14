"""A small picture of a run, made without a browser: its points at the last epoch, as SVG."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from epochscope.exports.embedding import groups, positions
from epochscope.figures.theme import color
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

WIDTH, HEIGHT = 320, 200
_MARGIN, _DOT, _MOST = 12, 5, 1500
_NO_GROUP = "#9aa1ab"


def thumbnail(run: Run, visitor: Visitor) -> str:
    """The first 1,500 drawn points, which are a fair sample, in the colors of their classes (else clusters).

    Empty but whole where the run has no frames.
    """
    paths: dict[str, list[str]] = defaultdict(list)
    epoch = len(run.epochs()) - 1
    try:
        xy = positions(run, visitor)[epoch][:_MOST]
    except (EpochscopeError, KeyError):
        xy = np.zeros((0, 2))
    xy = xy[np.isfinite(xy).all(axis=1)]
    if len(xy):
        places, group = _in_pixels(xy), groups(run, epoch).group
        for (x, y), one in zip(places.tolist(), group, strict=False):
            paths[color(int(one)) if one >= 0 else _NO_GROUP].append(f"M{x:g} {y:g}h0")
    drawn = "".join(f'<path stroke="{stroke}" d="{"".join(dots)}"/>' for stroke, dots in paths.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<g fill="none" stroke-width="{_DOT}" stroke-linecap="round">{drawn}</g></svg>\n'
    )


def _in_pixels(xy: np.ndarray) -> np.ndarray:
    """Places in the picture, to a tenth; both axes at one scale, y upwards, in the middle."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * _MARGIN
    scale = min(room / np.maximum(high - low, 1e-12))
    middle = (xy - (low + high) / 2) * scale * [1, -1]
    return np.round(middle + np.array([WIDTH / 2, HEIGHT / 2]), 1)
