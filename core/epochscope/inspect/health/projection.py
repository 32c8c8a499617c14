"""A rule about the picture: whether it is that of the epoch."""

from __future__ import annotations

from epochscope.inspect.health.base import Facts, Note

OUTDATED_EPOCHS = 5
"""A projection is older than the epoch if it lags this number of epochs behind."""


def outdated(facts: Facts) -> list[Note]:
    """A projection whose newest picture is older than the last epoch; nothing before its first picture."""
    if not facts.framed:
        return []
    last, newest = facts.lines[-1]["epoch"], max(facts.framed)
    if last - newest < OUTDATED_EPOCHS:
        return []
    sentence = f"The projection is older than the epoch: its newest picture is of epoch {newest}, the last is {last}"
    rule = f"{OUTDATED_EPOCHS} epochs or more behind"
    advice = "Wait, draw fewer points, take fewer iterations, or choose PCA."
    return [Note("outdated", "odd", newest, sentence, "spread", rule, advice)]
