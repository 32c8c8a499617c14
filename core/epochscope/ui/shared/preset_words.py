"""Where a preset comes from, in words: its source, and the data sets whose labels had a part in its choice."""

from __future__ import annotations

from epochscope.data import SOURCES
from epochscope.language import marked, tr
from epochscope.methods.base import Preset

# What a name that is stored with runs does not say.
_MEANT = {"minutes": marked("tuned on 10,000 MNIST digits")}


def preset_words(title: str) -> str:
    """The name of a preset, which is the same in all languages and links, and in brackets what it means."""
    told = (tr(title), tr(_MEANT.get(title, title)))
    more = [words for words in dict.fromkeys(told) if words != title]
    return f"{title} ({', '.join(more)})" if more else title


def chosen_on_labels(preset: Preset) -> str:
    """A sentence on the data sets whose labels had a part in the choice of a preset; "" where none had."""
    titles = [SOURCES[key].title if key in SOURCES else key for key in preset.chosen_on]
    return (
        f"Scores on {' and '.join(titles)} are flattering: this preset was tuned with their labels." if titles else ""
    )


def told(preset: Preset) -> str:
    """Its source, and on which labels it was chosen."""
    return f"{preset.source} {chosen_on_labels(preset)}".rstrip()
