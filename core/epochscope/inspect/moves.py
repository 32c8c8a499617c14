"""Why points moved between two epochs: what each part of the loss did to their codes, in numbers, words and a formula.

The parts are measured by epochscope.nets.displacement; here they are only added up and named. All lengths are in units
of the code. Of several points the mean is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from epochscope.text import latex_number

PULL = "pull"


class MovePart(NamedTuple):
    """A part of a move: a term of the loss, of the chosen points themselves or of all others, which move them through
    the weights that all share. `cluster`: of an own pull, whose center pulls; of pulls on others, which cluster those
    are in; else -1.
    """

    term: str
    cluster: int
    own: bool


class State(NamedTuple):
    """The chosen points at the first of the two epochs, in full precision; None where the method has none of these."""

    z: Float[np.ndarray, "s d"]
    q: Float[np.ndarray, "s k"] | None
    p: Float[np.ndarray, "s k"] | None
    centers: Float[np.ndarray, "k d"] | None
    spread: Float[np.ndarray, "k d"] | None
    nu: float | None


class Move(NamedTuple):
    """The displacement of some points, divided into parts."""

    points: Integer[np.ndarray, " s"]  # rows of the data
    since: int
    epoch: int
    parts: Sequence[MovePart]
    moved: Float[np.ndarray, "parts s d"]  # by each part, to first order in each gradient step
    true: Float[np.ndarray, "s d"]
    state: State
    steps: int
    visits: int  # rows of these points in the batches of these steps
    seconds: float  # that it took

    @property
    def remainder(self) -> Float[np.ndarray, "s d"]:
        """What the parts leave over of the true displacement."""
        return self.true - self.moved.sum(axis=0)

    @property
    def left_over(self) -> float:
        """Length of the remainder as a share of the length of the displacement, of the mean of the points."""
        length = float(np.linalg.norm(self.true.mean(axis=0)))
        return float(np.linalg.norm(self.remainder.mean(axis=0))) / length if length > 0 else 0.0


class Bar(NamedTuple):
    """A part along the way that the points took. The bars and the remainder add up to the length of the way."""

    words: str
    along: float
    vector: Float[np.ndarray, " d"]
    cluster: int = -1
    own: bool = False


def bars(move: Move, most: int = 9) -> list[Bar]:
    """The largest parts along the displacement, the others together, and the remainder last."""
    way = move.true.mean(axis=0)
    length = float(np.linalg.norm(way))
    along = way / length if length > 0 else way
    found = [
        Bar(part_words(part), float(moved @ along), moved, part.cluster, part.own)
        for part, moved in zip(move.parts, move.moved.mean(axis=1), strict=True)
    ]
    found.sort(key=lambda bar: -np.linalg.norm(bar.vector))
    kept, others = (found, []) if len(found) <= most + 1 else (found[:most], found[most:])
    if others:
        together = np.sum([bar.vector for bar in others], axis=0)
        kept = [*kept, Bar(f"{len(others)} smaller parts", float(together @ along), together)]
    left = move.remainder.mean(axis=0)
    return [*kept, Bar("remainder", float(left @ along), left)]


def part_words(part: MovePart) -> str:
    """What a part is called."""
    if part.term in _OF_ALL:
        return part.term
    if part.term == PULL and part.cluster < 0:
        return "own: pull of the centers" if part.own else "others: pulls on them"
    if part.term == PULL:
        return f"own: pull of center {part.cluster}" if part.own else f"others in cluster {part.cluster}: pulls"
    return f"own: {part.term}" if part.own else f"others: {part.term}"


_OF_ALL = ("steps before", "weight decay", "a reset of the weights")


class Sums(NamedTuple):
    """The parts along the displacement in four groups that add up to its length."""

    length: float
    own: float
    others: float  # what the shared weights did because of other points
    before: float  # what the optimizer remembered of steps before, weight decay, resets
    remainder: float


def sums(move: Move) -> Sums:
    """The four groups."""
    way = move.true.mean(axis=0)
    length = float(np.linalg.norm(way))
    along = way / length if length > 0 else way
    each = move.moved.mean(axis=1) @ along if len(move.parts) else np.zeros(0)
    of_all = np.array([part.term in _OF_ALL for part in move.parts], dtype=bool)
    own = np.array([part.own for part in move.parts], dtype=bool)
    return Sums(
        length,
        float(each[own & ~of_all].sum()),
        float(each[~own & ~of_all].sum()),
        float(each[of_all].sum()),
        float(move.remainder.mean(axis=0) @ along),
    )


def sentence(move: Move) -> str:
    """What happened, in words with numbers."""
    total = sums(move)
    who = f"Point {move.points[0]}" if len(move.points) == 1 else f"The {len(move.points)} points, on average,"
    if total.length <= 0:
        return f"{who} did not move from epoch {move.since} to {move.epoch}."
    own, others, before = (round(100 * part / total.length) for part in (total.own, total.others, total.before))
    of_all = " and ".join(term for term in _OF_ALL if any(part.term == term for part in move.parts))
    by_all = f", {before:,} % by {of_all}" if before else ""
    them = "it" if len(move.points) == 1 else "them"
    strongest = sorted(bars(move, len(move.parts))[:-1], key=lambda bar: -abs(bar.along))[:2]
    named = " and ".join(f"{bar.words.replace(': ', ', ', 1)} ({bar.along:+.2g})" for bar in strongest)
    most = f" Strongest: {named}." if named else ""
    return (
        f"{who} moved by {total.length:.3g} from epoch {move.since} to {move.epoch}: {own:,} % of that by what the "
        f"loss wanted of {them}, {others:,} % because other points changed the shared weights{by_all}.{most}"
    )


def sum_formula(move: Move) -> str:
    """The displacement as the sum of its parts, with the numbers, as LaTeX."""
    total = sums(move)
    names = ("own", "others", "steps before", "remainder")
    values = (total.own, total.others, total.before, total.remainder)
    kept = [
        (name, value) for name, value in zip(names, values, strict=True) if name != "steps before" or abs(value) > 0
    ]
    words = " + ".join(rf"\underbrace{{{_signed(value)}}}_{{\text{{{name}}}}}" for name, value in kept)
    return rf"|\Delta z| = {_number(total.length)} = {words}"


def pulls(state: State) -> Float[np.ndarray, "s k d"] | None:
    """The pull of each center on each chosen point at the first epoch, before weights pass it on; None without one."""
    z, mu = state.z.astype(np.float64), state.centers
    if mu is None or state.q is None or mu.shape[1] != z.shape[1]:
        return None
    gap, q = mu.astype(np.float64)[None] - z[:, None], state.q.astype(np.float64)
    if state.p is not None and state.nu is not None:
        w = 1 / (1 + np.square(gap).sum(axis=2) / state.nu)
        return ((state.nu + 1) / state.nu * w * (state.p - q))[:, :, None] * gap
    if state.spread is not None:
        return q[:, :, None] * gap / np.square(state.spread.astype(np.float64))
    return None


def pull_formula(move: Move) -> str:
    """The strongest own pull on the first point with its numbers, as LaTeX; empty where there is none."""
    state, found = move.state, pulls(move.state)
    if found is None or state.q is None or state.centers is None:
        return ""
    strength = np.linalg.norm(found[0], axis=1)
    j, i = int(strength.argmax()), int(move.points[0])
    gap = state.centers[j].astype(np.float64) - state.z[0]
    distance, q = float(np.linalg.norm(gap)), float(state.q[0, j])
    if state.p is not None and state.nu is not None:
        nu, p = state.nu, float(state.p[0, j])
        w = 1 / (1 + distance**2 / nu)
        lines = (
            rf"f_{{{i},{j}}} &= \tfrac{{\nu+1}}{{\nu}}\, w_{{{i},{j}}}\,(p_{{{i},{j}}} - q_{{{i},{j}}})\,"
            rf"(\mu_{{{j}}} - z_{{{i}}}), \quad w = (1 + d^2/\nu)^{{-1}}",
            rf"|f_{{{i},{j}}}| &= {_number((nu + 1) / nu)} \cdot {_number(w)} \cdot |{_number(p)} - {_number(q)}| "
            rf"\cdot {_number(distance)} = {_number(strength[j])}",
        )
    else:
        assert state.spread is not None
        lines = (
            rf"f_{{{i},{j}}} &= \gamma_{{{i},{j}}}\,(\mu_{{{j}}} - m_{{{i}}}) / \sigma_{{{j}}}^2",
            rf"|f_{{{i},{j}}}| &= {_number(q)} \cdot |(\mu_{{{j}}} - m_{{{i}}}) / \sigma_{{{j}}}^2| = {_number(q)} "
            rf"\cdot {_number(strength[j] / q if q > 0 else 0.0)} = {_number(strength[j])}",
        )
    return r"\begin{aligned} " + r" \\[4pt] ".join(lines) + r" \end{aligned}"


def table(move: Move) -> list[Mapping[str, object]]:
    """All parts, the largest first, and the remainder: a row for each, with its length and its share along the way."""
    length = float(np.linalg.norm(move.true.mean(axis=0)))
    return [
        {
            "part": bar.words,
            "along the move": bar.along,
            "share": bar.along / length if length > 0 else 0.0,
            "length": float(np.linalg.norm(bar.vector)),
        }
        for bar in bars(move, len(move.parts))
    ]


class PlaneMap(NamedTuple):
    """xy = z A + b: a linear projection, as its frame shows it."""

    axes: Float[np.ndarray, "d 2"]
    origin: Float[np.ndarray, " 2"]


def plane_map(z: Float[np.ndarray, "m d"], xy: Float[np.ndarray, "m 2"]) -> PlaneMap | None:
    """The linear map behind a frame, from codes and their places; None if there is none within half a percent."""
    known = np.isfinite(z).all(axis=1) & np.isfinite(xy).all(axis=1)
    if known.sum() < 3:
        return None
    codes, places = z[known].astype(np.float64), xy[known].astype(np.float64)
    middle, at = codes.mean(axis=0), places.mean(axis=0)
    axes, *_ = np.linalg.lstsq(codes - middle, places - at, rcond=1e-6)
    off = places - at - (codes - middle) @ axes
    wide = float(np.sqrt(np.square(places - at).sum(axis=1).mean()))
    if not float(np.sqrt(np.square(off).sum(axis=1).mean())) <= 0.005 * wide:
        return None
    return PlaneMap(axes, at - middle @ axes)


def _number(value: float) -> str:
    return latex_number(value, 3)


def _signed(value: float) -> str:
    return _number(value) if value >= 0 else f"({_number(value)})"
