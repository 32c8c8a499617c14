"""Recognizes what a table holds from its numbers and the names of its features, and chooses the scaling that suits it.

Labels are never looked at. The rules stand in the order in which they are tried; the first that holds decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from epochscope.data.own.traits import Traits, traits_of
from epochscope.data.scaling import (
    AS_STORED,
    COUNTS,
    LOG_RATIO,
    ROOT,
    STANDARDIZE,
    TFIDF,
    TOGETHER,
    VARIED,
    VARIED_COUNTS,
)

PIXELS, COUNTED, WORDS = "pixels", "counts", "counts of words"
SHARES, BINARY, LOGS = "shares of a whole", "yes or no (0 and 1)", "logarithms of counts"
STANDARD, UNIT, COMPONENTS = "standardized features", "vectors of one length", "principal components"
ONE_SCALE, SIGNALS, ALIKE = "features on one scale", "signals or spectra", "features alike in spread"
MIXED = "features in units of their own"

_FULL = (1, 15, 16, 31, 63, 127, 255, 1023, 4095, 16383, 65535)  # the brightest value of pixels of some number of bits


class Recognized(NamedTuple):
    """What a table holds, the scaling recommended for it, and one sentence on why."""

    kind: str
    scaling: str
    why: str


class _Rule(NamedTuple):
    """Its test returns what shows that the table is of this kind, in words that go on after "since"; "" if nothing."""

    kind: str
    test: Callable[[Traits], str]
    scaling: Callable[[Traits], str]
    reason: str  # for the scaling


def recognize(x: Any, names: Sequence[str] = (), *, pictures: bool = False) -> Recognized:
    """What n x f finite numbers are, dense or a csr_matrix. names: of the features. pictures: they are known to be."""
    traits = traits_of(x, names)
    if pictures:
        return _said(_RULES[0], traits, "each point is a picture")
    for rule in _RULES:
        if signs := rule.test(traits):
            return _said(rule, traits, signs)
    return _said(_LAST, traits, _LAST.test(traits))


def _said(rule: _Rule, t: Traits, signs: str) -> Recognized:
    return Recognized(rule.kind, rule.scaling(t), f"Recognized as {rule.kind}, since {signs}: {rule.reason}.")


def _numbers(t: Traits) -> str:
    return f"{'whole numbers' if t.whole else 'values'} from {t.low:.4g} to {t.high:.4g}"


def _pixels(t: Traits) -> str:
    """Called so; or in a grid, from 0 or between -1 and 1; or whole numbers up to the brightest value."""
    if t.standard or (_unit(t) and not t.whole):
        return ""
    if t.pixels:
        return "the features are called like pixels"
    bright = t.near_range and (t.low == 0 or (t.low, t.high) == (-1.0, 1.0))
    if t.grid.width and bright and not t.capped:
        return f"features {t.grid.width} apart are alike, as pixels one above the other are ({_numbers(t)})"
    if t.whole and t.low == 0 and t.high in _FULL and t.high > 7 and t.reach >= 0.6 and t.f >= 16:
        return f"all features hold {_numbers(t)}"
    return ""


def _binary(t: Traits) -> str:
    return f"all {t.f:,} features hold only 0 and 1" if t.whole and (t.low, t.high) == (0, 1) else ""


def _words(t: Traits) -> str:
    """Sparse whole numbers of 0 or more, called by words, or short texts by their sizes: few words, most of them once.

    Features that are called like genes are none.
    """
    if not t.whole or t.low < 0 or t.genes or t.f < 100 or t.capped:
        return ""
    if t.words and t.zeros >= 0.8:
        return f"the features are called by words and {t.zeros:.0%} of the numbers are 0"
    if t.zeros >= 0.95 and t.high > 1 and t.sum <= 500 and t.nonzero <= 2.5 and t.sum_varies > 0.05:
        return f"{t.zeros:.0%} of the whole numbers are 0 and half of the points sum up to at most {t.sum:.0f}"
    return ""


def _one_scale(t: Traits) -> str:
    if t.reach >= 0.9 and t.f >= 3 and not t.capped and not (t.low == 0 and t.zeros > 0.9):
        return f"nearly all {t.f:,} of them reach from {t.low:.4g} to {t.high:.4g}"
    return ""


def _counts(t: Traits) -> str:
    """Whole numbers of 0 or more, in most features often 0; or amounts with many zeros, or of genes, of a wide range.

    Where all points have one sum, it must be as large as that of counts: parts of a whole sum up to 1 or 100.
    """
    if t.low < 0 or t.f < 20 or t.capped or t.high <= 1:
        return ""
    often = t.zeros_usual >= 0.2
    deep = t.f >= 500 and t.high >= 1000 and (t.zeros >= 0.01 or t.high >= 20 * t.nonzero)
    same = _same_sum(t)
    if t.whole and (often or deep) and (not same or t.sum >= 500):
        return f"they are whole numbers of 0 or more, {t.zeros:.0%} of them 0, with a sum of about {t.sum:,.0f} a point"
    wide = t.high >= 100 and t.f >= 50
    if wide and (t.genes or (often and t.high >= 50 * max(t.nonzero, 1e-12)) or (often and same and t.sum >= 500)):
        return f"they are amounts of 0 or more, {t.zeros:.0%} of them 0, the largest one {t.high:,.0f}"
    return ""


def _same_sum(t: Traits) -> bool:
    return t.low >= 0 and t.sum > 0 and t.sum_varies < (0.005 if t.rows >= 10 else 1e-6) and t.sum_bound < 0.1


def _shares(t: Traits) -> str:
    if not _same_sum(t) or t.f < 3 or _counts(t):
        return ""
    zeros = f", and {t.zeros:.0%} of them are 0" if t.zeros else ""
    return f"the values of each point sum up to {t.sum:.4g}{zeros}"


def _shares_with_logs(t: Traits) -> str:
    """Shares without zeros, and without such small ones that their logarithms alone would decide."""
    return _shares(t) if t.zeros < 0.01 and t.least > 1e-4 else ""


def _logs(t: Traits) -> str:
    logs = t.logs and t.zeros > 0.1 and t.f >= 20 and not _same_sum(t)  # small shares are as e^x - 1 is
    return "without the logarithm each point has the same sum" if logs else ""


def _standard(t: Traits) -> str:
    return "each feature has mean 0 and standard deviation 1 already" if t.standard else ""


def _unit(t: Traits) -> str:
    good = t.length_varies < (0.002 if t.rows >= 10 else 1e-6) and t.length_bound < 0.1 and t.f >= 3
    return "all points have the same length ‖x‖" if good else ""


def _components(t: Traits) -> str:
    return "the features are uncorrelated and vary less and less, the first ones most" if t.components else ""


def _signals(t: Traits) -> str:
    smooth = t.f >= 16 and t.grid.next >= 0.6 and t.grid.next - t.grid.any >= 0.3 and t.spread < 100
    return f"features beside each other are alike (correlation {t.grid.next:.2f})" if smooth else ""


def _alike(t: Traits) -> str:
    """Many features whose spread differs little, as the outputs of one layer of a network or logarithms of counts."""
    if t.capped or (t.whole and t.low >= 0):
        return ""
    if t.f >= 50 and t.low >= 0 and t.zeros_usual >= 0.3:
        return f"{t.zeros:.0%} of the values are 0 and none is below, so that rare ones would weigh most"
    return f"{t.f:,} features vary by much the same amount" if t.f >= 32 and t.spread < 12 else ""


def _mixed(t: Traits) -> str:
    if t.f == 1:
        return "there is a single feature"
    apart = t.spread >= 1.5
    return f"some vary {t.spread:,.3g} times as much as others" if apart else "nothing shows that they share a scale"


def _counted(t: Traits) -> str:
    return VARIED_COUNTS if t.f > VARIED else COUNTS


def _always(scaling: str) -> Callable[[Traits], str]:
    return lambda _: scaling


_CONTRAST = "one common factor brings all values to 0..1 and keeps their contrast"
_KEPT = "they can be compared as they are, and are left as stored"
_RULES = (
    _Rule(PIXELS, _pixels, _always(TOGETHER), _CONTRAST),
    _Rule(
        WORDS,
        _words,
        _always(TFIDF),
        "tf-idf gives words of most texts less weight, and length 1 takes out how long a text is",
    ),
    _Rule(BINARY, _binary, _always(TOGETHER), "0 and 1 stay as they are"),
    _Rule(STANDARD, _standard, _always(AS_STORED), "they are left as stored"),
    _Rule(UNIT, _unit, _always(AS_STORED), "they are left as stored, so that only the direction tells them apart"),
    _Rule(LOGS, _logs, _always(AS_STORED), "they are left as stored"),
    _Rule(
        SHARES,
        _shares_with_logs,
        _always(LOG_RATIO),
        "what counts are ratios of parts, and logarithms make differences of them",
    ),
    _Rule(SHARES, _shares, _always(ROOT), "square roots keep small parts in sight and, unlike logarithms, allow zeros"),
    _Rule(SIGNALS, _signals, _always(AS_STORED), "they share a unit and are left as stored"),
    _Rule(ONE_SCALE, _one_scale, _always(AS_STORED), _KEPT),
    _Rule(
        COUNTED,
        _counts,
        _counted,
        "the median sum for each point takes out how much was counted, log(1 + x) keeps a few large numbers from "
        f"deciding, and of more than {VARIED:,} features the most variable ones are kept",
    ),
    _Rule(COMPONENTS, _components, _always(AS_STORED), "they are left as stored, since the first ones tell most"),
    _Rule(ALIKE, _alike, _always(AS_STORED), "they seem to share a unit and are left as stored"),
)
_LAST = _Rule(MIXED, _mixed, _always(STANDARDIZE), "standardizing makes each weigh the same, whatever its unit")

__all__ = ["Recognized", "recognize"]
