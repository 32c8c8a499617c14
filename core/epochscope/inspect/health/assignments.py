"""Rules about soft assignments: nearly uniform, or certain although wrong."""

from __future__ import annotations

from epochscope.inspect.health.base import Facts, Line, Note, scored, since

FLAT_SHARE = 0.9
"""Q is nearly uniform if this share of points has an entropy in the top tenth of its range."""
SURE_SHARE, SURE_BELOW, RIGHT_BELOW = 0.9, 0.2, 0.7
"""Q is certain but wrong: share of points, their entropy as a share of ln k, and the ACC below which it counts."""


def _between(line: Line, low: float, high: float) -> float:
    """Share of the points whose row of Q has an entropy between these shares of ln k."""
    counts = line["entropy"]
    bins = len(counts)
    return sum(counts[round(low * bins) : round(high * bins)]) / max(sum(counts), 1)


def flat(facts: Facts) -> list[Note]:
    """Rows of Q that are nearly uniform: the entropy of almost all points lies in the top tenth of its range."""
    lines = [line for line in facts.lines if line.get("entropy")]
    epoch = since(lines, lambda line: _between(line, 0.9, 1) >= FLAT_SHARE)
    if epoch is None or facts.k < 2:
        return []
    share = _between(lines[-1], 0.9, 1)
    sentence = f"Q has hardly distinguished clusters since epoch {epoch}: {share:.0%} of its rows are nearly uniform"
    rule = f"at least {FLAT_SHARE:.0%} of the points with an entropy above 0.9 ln k"
    advice = "Lower the temperature (or raise alpha), or scale codes and centers to the same range."
    return [Note("flat", "odd", epoch, sentence, "entropy", rule, advice)]


def sure_and_wrong(facts: Facts) -> list[Note]:
    """A Q that is certain of almost all points although ACC is low."""
    lines = [line for line in scored(facts.lines, "acc") if line.get("entropy")]

    def holds(line: Line) -> bool:
        return _between(line, 0, SURE_BELOW) >= SURE_SHARE and line["scores"]["acc"] < RIGHT_BELOW

    epoch = since(lines, holds)
    if epoch is None or facts.k < 2:
        return []
    share, acc = _between(lines[-1], 0, SURE_BELOW), lines[-1]["scores"]["acc"]
    sentence = f"Q has been certain of {share:.0%} of the points since epoch {epoch}, but ACC is only {acc:.3f}"
    rule = (
        f"at least {SURE_SHARE:.0%} of the points with an entropy below {SURE_BELOW:g} ln k, ACC below {RIGHT_BELOW:g}"
    )
    advice = "The confidence of this Q means nothing: raise the temperature, or sharpen the targets less."
    return [Note("sure and wrong", "odd", epoch, sentence, "confidence", rule, advice)]
