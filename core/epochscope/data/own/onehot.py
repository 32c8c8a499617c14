"""One-hot columns of a table as the one label that they are."""

from __future__ import annotations

from epochscope.data.own.classes import block_of, joined
from epochscope.data.own.naming import says_labels
from epochscope.data.own.questions import Answers, ask
from epochscope.data.own.raw import Raw, different, numeric

LABEL, FEATURES = "one label", "features"
"""Answers to the question what a one-hot block is."""


def with_labels_joined(raw: Raw, answers: Answers) -> Raw:
    """The table with a one-hot block as one column of words, unless it is to be features; the page asks.

    Without names that say so, it is a label only where no other column is one.
    """
    if not raw.by_columns or (block := block_of(raw.columns)) is None or len(block.columns) == len(numeric(raw)):
        return raw
    other = raw.label or any(
        says_labels(name) or (values.dtype.kind == "O" and 2 <= different(values, 51) <= 50)
        for name, values in raw.columns.items()
        if name not in block.columns
    )
    numbered = all(name[len(block.prefix) :].strip().isdigit() for name in block.columns)  # as we name them ourselves
    named = bool(block.prefix.strip(" _-=")) and not numbered
    usual = LABEL if block.certain or not (other or named) else FEATURES
    first, last = block.columns[0], block.columns[-1]
    why = f"In each row exactly one of {first} to {last} is 1."
    question = ask(answers, "one-hot", f"{len(block.columns)} one-hot columns", (LABEL, FEATURES), usual, why)
    raw = raw._replace(questions=(*raw.questions, question))
    if question.chosen == FEATURES:
        return raw
    name, words = joined(raw.columns, block)
    columns = {}
    for one, values in raw.columns.items():
        if one == first:
            columns[name if name not in raw.columns else f"{name} (one-hot)"] = words
        if one not in block.columns:
            columns[one] = values
    label = next(one for one in columns if columns[one] is words)
    said = f"{first} to {last}: one-hot columns are one label"
    return raw._replace(columns=columns, label=raw.label or label, assumed=(*raw.assumed, said))
