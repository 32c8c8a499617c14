"""Rules about losses: not finite, or growing."""

from __future__ import annotations

from epochscope.inspect.health.base import Facts, Note, first, known

LOSS_GREW = 5.0
"""A loss has grown if it ends at this multiple of its smallest value in the phase."""


def broken_losses(facts: Facts) -> list[Note]:
    """A loss that is not finite, or grows."""
    for line in facts.lines:
        bad = [name for name, value in line.get("losses", {}).items() if not known(value)]
        if bad:
            sentence = f"Loss {bad[0]!r} is not finite (NaN or infinite) at epoch {line['epoch']}"
            advice = "Lower the learning rate or clip gradients; look for a logarithm or a division by 0."
            return [Note("nan", "bad", line["epoch"], sentence, "losses", "not finite", advice)]
    names = dict.fromkeys(name for line in facts.last_phase for name in line.get("losses", {}))
    return [note for name in names for note in _growth(facts, name)]


def _growth(facts: Facts, name: str) -> list[Note]:
    lines = [line for line in facts.last_phase if line.get("losses", {}).get(name) is not None]
    values = [(line["epoch"], line["losses"][name]) for line in lines]
    # the first value of a phase may be smaller: an auxiliary loss can start at 0
    if len(values) < 5 or min(value for _, value in values) <= 0:
        return []
    low = min(values, key=lambda one: one[1])
    end = values[-1][1]
    if end < LOSS_GREW * low[1] or end < 2 * values[0][1]:
        return []
    epoch = first((e for e, value in values if e > low[0] and value >= LOSS_GREW * low[1]), values[-1][0])
    sentence = f"Loss {name!r} grew by a factor of {end / low[1]:,.0f} since epoch {low[0]}"
    rule = f"{LOSS_GREW:g} times its smallest and twice its first value in the phase"
    advice = "Lower the learning rate, or give this term more weight than those that work against it."
    return [Note("loss grew", "odd", epoch, sentence, "losses", rule, advice)]
