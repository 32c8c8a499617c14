"""Where a preset comes from, in words: its source, and the data sets whose labels had a part in its choice."""

from __future__ import annotations

from epochscope.data import SOURCES
from epochscope.methods.base import Preset


def chosen_on_labels(preset: Preset) -> str:
    """A sentence on the data sets whose labels had a part in the choice of a preset; "" where none had."""
    titles = [SOURCES[key].title if key in SOURCES else key for key in preset.chosen_on]
    return f"Scores on {' and '.join(titles)} flatter it: chosen on these labels." if titles else ""


def told(preset: Preset) -> str:
    """Its source, and on which labels it was chosen."""
    return f"{preset.source} {chosen_on_labels(preset)}".rstrip()
