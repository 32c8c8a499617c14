"""Which figure stands where on the Train page: a rule chooses by what the run provides, a person may choose others."""

from __future__ import annotations

from collections.abc import Sequence

from epochscope.figures import FIGURES, Figure, chosen, shown_by
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.session import FIGURE_SLOTS

LOW = 3
MOST_TALL = 3


def possible(names: frozenset[str]) -> list[Figure]:
    """The figures that can stand in the slots: all but the embedding, which has its own place."""
    return [figure for figure in shown_by(FIGURES.values(), names) if figure.panel["kind"] != "points"]


def tall_slots(figures: Sequence[Figure]) -> int:
    """Number of tall slots: at most the number of figures that suit them, but one if any figure is left."""
    suited = sum(figure.shape == "tall" for figure in figures)
    return min(MOST_TALL, max(suited, min(1, len(figures) - LOW)))


def in_slots(figures: Sequence[Figure], asked: str) -> list[Figure]:
    """The figure of each slot, tall ones first. `asked`: keys as in the address line, blank where the rule holds."""
    rule = chosen(figures, tall=tall_slots(figures), low=LOW)
    shown: list[Figure] = list(rule)
    known = {figure.key: figure for figure in figures}
    for slot, key in enumerate(asked.split(".")[: len(rule)]):
        if key in known:
            shown = _with(shown, slot, known[key])
    return shown


def _with(shown: Sequence[Figure], slot: int, figure: Figure) -> list[Figure]:
    """The figures with this one in this slot; if it was shown elsewhere, the two change places."""
    changed = list(shown)
    if figure in changed:
        changed[changed.index(figure)] = changed[slot]
    changed[slot] = figure
    return changed


def put_in_slot(figures: Sequence[Figure], slot: int, key: str) -> None:
    """Keeps a choice in the address line, which names only the slots that differ from the rule."""
    known = {figure.key: figure for figure in figures}
    if key not in known:
        return
    shown = _with(in_slots(figures, in_address(FIGURE_SLOTS) or ""), slot, known[key])
    rule = in_slots(figures, "")
    names = [now.key if now != first else "" for now, first in zip(shown, rule, strict=True)]
    put_in_address(FIGURE_SLOTS, ".".join(names).rstrip(".") or None)
