"""Rules about the codes: not finite, shrinking, flying apart, losing directions, the posterior collapse of a VAE."""

from __future__ import annotations

import re

from epochscope.formulas.dispersion import ACTIVE_VARIANCE, DIRECTION_SHARE, CodeShape
from epochscope.inspect.health.base import Facts, Line, Note, first, known, since

SHRUNK_FACTOR, GREW_FACTOR = 10.0, 20.0
"""Factors by which the spread of codes decreases or increases within the phase to be reported."""
FLATTENED = 0.5
"""Codes are flattened if they vary in at most this share of the directions at the start of the phase."""
_REBUILT = (
    "mse",
    "bce",
    "nll",
    "likelihood",
)  # with names that begin with "rec": how losses of reconstructions are called
COLLAPSE_EPOCHS = 3
"""A posterior collapse must last for this number of epochs: before training, codes may vary little."""


def _shape(facts: Facts, epoch: int) -> CodeShape | None:
    return facts.codes[epoch] if epoch < len(facts.codes) else None


def not_finite(facts: Facts) -> list[Note]:
    """Codes that are NaN or infinite."""
    bad = [line["epoch"] for line in facts.lines if (shape := _shape(facts, line["epoch"])) and shape.finite < 1]
    if not bad:
        return []
    shape = _shape(facts, bad[-1])
    share = 1 - shape.finite if shape else 1.0
    words = "All codes are" if share >= 1 else f"Codes of {max(share, 0.001):.1%} of the points are"
    sentence = f"{words} NaN or infinite (at epoch {bad[-1]}; the first at epoch {bad[0]})"
    advice = "Lower the learning rate, clip gradients, and look at the losses of the epoch before."
    return [Note("codes not finite", "bad", bad[0], sentence, "spread", "any code that is not finite", advice)]


def moved(facts: Facts) -> list[Note]:
    """Codes that shrink or spread out within the last phase."""
    begin = facts.last_phase[0]["epoch"]
    spreads = [
        (begin + i, value) for i, value in enumerate(facts.spreads[begin:]) if value is not None and known(value)
    ]
    if len(spreads) < 2:
        return []
    top, bottom = max(spreads, key=lambda one: one[1]), min(spreads, key=lambda one: one[1])
    shrank = bottom[0] > top[0]
    factor = SHRUNK_FACTOR if shrank else GREW_FACTOR
    if top[1] <= 0 or (bottom[1] > 0 and top[1] / bottom[1] < factor):
        return []
    ratio = top[1] / bottom[1] if bottom[1] > 0 else float("inf")
    times = f"by a factor of {ratio:,.0f}" if ratio < 10_000 else "by a factor of more than 10,000"
    if shrank:
        epoch = first((e for e, value in spreads if e > top[0] and value * factor <= top[1]), bottom[0])
        sentence = f"Codes shrink: their spread fell {times} from epoch {top[0]} to {bottom[0]}"
        advice = "Keep a reconstruction term while clustering, or lower the weight of the clustering term."
        rule = f"a spread {factor:g} times smaller than before"
        return [Note("shrunk", "bad", epoch, sentence, "spread", rule, advice)]
    epoch = first((e for e, value in spreads if e > bottom[0] and value >= factor * bottom[1]), top[0])
    sentence = f"Codes diverge: their spread grew {times} from epoch {bottom[0]} to {top[0]}"
    advice = "Lower the learning rate, or add weight decay or a prior on the codes."
    return [Note("grown", "bad", epoch, sentence, "spread", f"a spread {factor:g} times larger than before", advice)]


def flattened(facts: Facts) -> list[Note]:
    """Codes that vary in far fewer directions than at the start of the last phase, such as two clusters on a line."""
    shapes = [
        (line["epoch"], shape.directions)
        for line in facts.last_phase
        if (shape := _shape(facts, line["epoch"])) and shape.directions
    ]
    if len(shapes) < 2 or shapes[0][1] < 2:
        return []
    most, left = shapes[0][1], shapes[-1][1]
    if left > FLATTENED * most:
        return []
    epoch = shapes[-1][0]
    for e, count in reversed(shapes):
        if count > FLATTENED * most:
            break
        epoch = e
    what = "on a line" if left == 1 else f"in {left} directions"
    sentence = f"Codes have been flat since epoch {epoch}: they varied in {most} directions, and now lie {what}"
    rule = f"directions with {DIRECTION_SHARE:.0%} of the variance, at most {FLATTENED:.0%} of those at the start"
    advice = "Keep a reconstruction term while clustering (IDEC instead of DEC), or stop earlier."
    return [Note("flattened", "odd", epoch, sentence, "directions", rule, advice)]


def posterior_collapse(facts: Facts) -> list[Note]:
    """A VAE whose codes no longer depend on the data: no coordinate of the posterior mean is active (Burda 2016)."""
    lines = [line for line in facts.last_phase if _is_vae(line)]
    if len(lines) < COLLAPSE_EPOCHS:
        return []

    def collapsed(line: Line) -> bool:
        shape = _shape(facts, line["epoch"])
        return shape is not None and shape.active == 0

    epoch = since(lines, collapsed)
    if epoch is None or sum(line["epoch"] >= epoch for line in lines) < COLLAPSE_EPOCHS:
        return []
    sentence = f"Posterior collapse since epoch {epoch}: no coordinate of the codes varies with the data"
    rule = f"every coordinate of z has a variance below {ACTIVE_VARIANCE:g}, for {COLLAPSE_EPOCHS} epochs or more"
    advice = "Warm up the KL term from 0, weaken the decoder, or pretrain without the KL term."
    return [Note("posterior collapse", "bad", epoch, sentence, "directions", rule, advice)]


def _is_vae(line: Line) -> bool:
    """Whether the losses are a reconstruction and a KL term of codes. With a target P, the KL is one of assignments."""
    words = re.split(r"[\W_]+", " ".join(line.get("losses", {})).lower())
    rebuilt = any(word.startswith("rec") or word in _REBUILT for word in words)
    return rebuilt and any(word.startswith("kl") for word in words) and "p" not in line.get("has", {})
