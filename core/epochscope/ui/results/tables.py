"""Rows of tables of our results, and how a table is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from statistics import median

import pandas as pd
import streamlit as st

from epochscope.data import SOURCES
from epochscope.formulas.dispersion import median_range
from epochscope.formulas.label_free import Choice
from epochscope.methods import METHODS
from epochscope.runs.library.choosing import MEASURES, measured, ranks
from epochscope.runs.library.results import OURS, Result, Summary
from epochscope.ui.shared.text import plain

SCORES = ("acc", "nmi", "ari")
ON_THESE_LABELS = "chosen on these labels"


def data_title(result: Result) -> str:
    """The data set, with what differs from its defaults."""
    source = SOURCES.get(result.dataset)
    if source is None:
        return result.dataset
    usual = source.params().flat()
    changed = [f"{name} {value}" for name, value in result.data.items() if usual.get(name) != value]
    return ", ".join([source.title, *changed])


def method_title(result: Result) -> str:
    """The method's title; its key if it no longer exists; of another system with its name."""
    title = METHODS[result.method].title if result.method in METHODS else result.method
    return title if result.system == OURS else f"{title} of {result.system}"


def our_rows(
    results: Iterable[Summary], first: str, *, peers: Mapping[str, Summary] | None = None, presets: bool = True
) -> list[dict[str, str]]:
    """Rows of a table of our own results; `first` is "method" or "data".

    A table of methods is of one data set: it has ranks, and what runs say of each other. `peers`: what another library
    reaches, by method; None for a table without it. `presets`: whether they have a column, which is for rows with
    different ones; what there is to say of a preset stands behind the method else.
    """
    summaries = list(results)
    beside = _beside(summaries) if first == "method" else [{}] * len(summaries)
    theirs = [{"ACC of ClustPy": _of_peer(peers, summary.one.method)} if peers else {} for summary in summaries]
    parts = zip(summaries, beside, theirs, strict=True)
    return [_row(summary, first, presets) | more | peer | _course(summary) for summary, more, peer in parts]


def best_first(here: Sequence[Summary], score: str) -> list[Summary]:
    """The summaries by the median of a score, the highest first; those without it last."""
    return sorted(here, key=lambda one: -(_middle(one.of(score)) or 0.0))


def table(rows: list[dict[str, str]], about: str) -> None:
    """A static table that may hold Markdown."""
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt=about)


def over_sets(boards: Mapping[str, Sequence[Summary]]) -> list[dict[str, str]]:
    """One row a method: median ACC on each data set, mean ranks; those run on the most sets first, by rank in ACC.

    `boards`: the summaries of each data set.
    """
    accs = {name: _middles(here, "acc") for name, here in boards.items()}
    places = {score: [ranks(_middles(here, score)) for here in boards.values()] for score in ("acc", "nmi")}
    methods = [method for method in METHODS if any(found.get(method) is not None for found in accs.values())]
    found = {
        score: {
            method: sum(of[method] for of in each if method in of) / sum(method in of for of in each)
            for method in methods
            if any(method in of for of in each)
        }
        for score, each in places.items()
    }
    sets = {method: sum(of.get(method) is not None for of in accs.values()) for method in methods}
    order = sorted(methods, key=lambda method: (-sets[method], found["acc"][method]))
    return [
        {
            "method": plain(METHODS[method].title),
            "sets": str(sets[method]),
            "mean rank by ACC": f"{found['acc'][method]:.1f}",
            "mean rank by NMI": f"{found['nmi'][method]:.1f}" if method in found["nmi"] else "–",
            **{
                plain(name): f"{100 * acc:.1f}" if (acc := of.get(method)) is not None else "–"
                for name, of in accs.items()
            },
        }
        for method in order
    ]


def choice_rows(choices: Mapping[str, Mapping[str, Choice]]) -> list[dict[str, str]]:
    """One row a data set: the ACC of the run that each measure chooses, with its rank correlation with the ACC."""
    rows = []
    for name, of in choices.items():
        widest = max(of.values(), key=lambda one: one.runs)
        row = {"data": plain(name), "runs": str(widest.runs)}
        for measure in MEASURES:
            one = of.get(measure)
            rank = "" if one is None or one.correlation is None else f" ({one.correlation:+.2f})"
            row[measure] = together(f"{100 * one.chosen:.1f}{rank}") if one else "–"
        rows.append({**row, "median run": f"{100 * widest.median:.1f}", "best run": f"{100 * widest.best:.1f}"})
    return rows


def ranged(values: Sequence[float]) -> str:
    """Values as percent: median (lowest to highest), in one piece; a single one alone."""
    if len(values) < 2:
        return f"{100 * values[0]:.1f}" if values else "–"
    return together("{:.1f} ({:.1f} to {:.1f})".format(*median_range(100 * v for v in values)))


def together(words: str) -> str:
    """The words with non-breaking spaces."""
    return words.replace(" ", "\u00a0")


def _row(summary: Summary, first: str, presets: bool) -> dict[str, str]:
    one = summary.one
    title = method_title(one) if first == "method" else data_title(one)
    changed = [*summary.changed[:3], *["..."] * (len(summary.changed) > 3)]
    notes = [f"differs from today's preset: {', '.join(changed)}"] * bool(changed)
    notes += [ON_THESE_LABELS] * one.on_these_labels
    note = f" ({'; '.join(notes)})" * bool(notes)
    system = f"{one.system}, " * (one.system != OURS)
    row = (
        {first: plain(title), "preset": plain(f"{system}{one.preset}{note}")}
        if presets
        else {first: plain(title + note)}
    )
    for name in SCORES[:2]:
        row[name.upper()] = ranged(summary.of(name))
    begun = [100 * float(result.start["acc"]) for result in summary.done if result.start.get("acc") is not None]
    row["ACC at start"] = f"{median_range(begun).median:.1f}" if begun else "–"
    return row


def _course(summary: Summary) -> dict[str, str]:
    """How many runs, how long."""
    epochs, seconds = summary.of("epochs"), summary.of("seconds")
    return {
        "seeds": f"{len(summary.done)}" + f", {len(summary.failed)} failed" * bool(summary.failed),
        "epochs": f"{median_range(epochs).median:.0f}" if epochs else "–",
        "seconds": f"{median_range(seconds).median:.3g}" if seconds else "–",
    }


def _of_peer(peers: Mapping[str, Summary], method: str) -> str:
    return ranged(peers[method].of("acc")) if method in peers else "–"


def _beside(summaries: Sequence[Summary]) -> list[dict[str, str]]:
    """Of each summary of one data set: its ranks, and the medians of what needs no labels, where any has it."""
    every = [result for summary in summaries for result in summary.done]
    places = {score: ranks({str(at): _middle(s.of(score)) for at, s in enumerate(summaries)}) for score in SCORES[:2]}
    found = {name: values for name, values in measured(every).items() if any(map(isfinite, values))}
    rows, begun = [], 0
    for at, summary in enumerate(summaries):
        own = slice(begun, begun + len(summary.done))
        begun += len(summary.done)
        row = {f"rank by {score.upper()}": str(of.get(str(at), "–")) for score, of in places.items()}
        for name in (name for name in MEASURES if name in found):
            known = [float(value) for value in found[name][own] if isfinite(value)]
            row[name] = f"{median(known):.2f}" if known else "–"
        rows.append(row)
    return rows


def _middles(here: Sequence[Summary], score: str) -> dict[str, float | None]:
    return {summary.one.method: _middle(summary.of(score)) for summary in here}


def _middle(values: Sequence[float]) -> float | None:
    return median(values) if values else None
