"""Rules about the order of rows: z in another order than x or than at the log before, truth in another order.

The numbers are those of `epochscope.formulas.neighborhoods.OrderNumbers`, in the line of each epoch of a recorded loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from epochscope.inspect.health.base import Facts, Line, Note, known, since

CHANCE_TIMES = 2.0
"""Neighbors are kept no more often than by chance if their share is below this multiple of it."""
STRUCTURED = 0.9
"""Codes have a structure of their own if their neighbors are nearer than this share of those of shuffled columns."""
CLASS_CHANCE = 0.05
"""Neighbors share a class no more often than by chance if their share is at most this much above it."""


def _structured(lines: Sequence[Line], epoch: int) -> bool:
    """Whether the codes usually had a structure of their own, from this epoch on."""
    return median(line["order"].get("structure", 1.0) for line in lines if line["epoch"] >= epoch) < STRUCTURED


def _at_chance(line: Line, name: str) -> bool:
    """Whether a share of kept neighbors is known, and is that of a random order."""
    order = line["order"]
    return known(order.get(name)) and order[name] < CHANCE_TIMES * order["chance"]


def wrong_order(facts: Facts) -> list[Note]:
    """Rows of z in another order than those of x, or than those of the log before: the most common mistake of a loop.

    A map from x to z that is continuous anywhere keeps some neighbors, whatever it has learned; a permutation keeps
    none. Codes without a structure of their own (noise, a collapse) say nothing about their order.
    """
    lines = [line for line in facts.last_phase if line.get("order")]
    for name, of, remedy in (
        ("x", "those of x", "compute z from x in its own order"),
        ("before", "those at the log before", "compute z in the same order each time"),
    ):
        epoch = since(lines, lambda line, name=name: _at_chance(line, name))
        if epoch is None or not _structured(lines, epoch):
            continue
        order = lines[-1]["order"]
        sentence = (
            f"The rows of z have been in another order than {of} since epoch {epoch}: of 10 neighbors in z, "
            f"{10 * order[name]:.1f} are neighbors there ({10 * order['chance']:.1f} by chance)"
        )
        rule = f"fewer than {CHANCE_TIMES:g} times the neighbors of a random order, in codes that have a structure"
        advice = f"A shuffled DataLoader does this: {remedy}, with shuffle=False and the network in eval mode."
        return [Note("order", "bad", epoch, sentence, "order", rule, advice)]
    return []


def wrong_order_of_truth(facts: Facts) -> list[Note]:
    """Classes that have nothing to do with neighborhoods, neither in z nor (where it is known) in x."""
    lines = [line for line in facts.last_phase if line.get("order")]

    def holds(line: Line) -> bool:
        order = line["order"]
        shares = [order[name] for name in ("class", "class_x") if known(order.get(name))]
        least = order.get("class_chance", 1.0) + CLASS_CHANCE
        return known(order.get("class")) and max(shares) < least and not _at_chance(line, "x")

    epoch = since(lines, holds)
    if epoch is None or not _structured(lines, epoch):
        return []
    order = lines[-1]["order"]
    of = "in z and in x" if known(order.get("class_x")) else "in z"
    sentence = (
        f"truth does not fit the order of the rows: {order['class']:.0%} of the neighbors {of} share a class "
        f"({order['class_chance']:.0%} by chance)"
    )
    rule = f"at most {CLASS_CHANCE:g} above chance, in codes that have a structure"
    advice = "Check that truth has the order of x and z: labels from a shuffled DataLoader do not."
    return [Note("order of truth", "odd", epoch, sentence, "order", rule, advice)]
