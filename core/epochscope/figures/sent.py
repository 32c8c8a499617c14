"""Figures as the browser takes them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from epochscope.figures import FIGURES
from epochscope.figures.base import Scene
from epochscope.figures.theme import CONFIG


def as_sent(figure: go.Figure) -> dict[str, Any]:
    """A figure with its data; worth keeping where it does not change with the cursor."""
    return {**json.loads(figure.to_json() or "{}"), "config": CONFIG}


@lru_cache(maxsize=256)
def empty_as_sent(key: str, scene: Scene) -> dict[str, Any]:
    """A figure of FIGURES without its data, which the browser paints."""
    return as_sent(FIGURES[key].empty(scene))
