"""Which measure without labels would have chosen a good run: one row a data set, a mark for the choice of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import plotly.graph_objects as go

from epochscope.figures import theme
from epochscope.formulas.label_free import Choice

SYMBOLS = ("circle", "square", "diamond", "triangle-up")


class View(NamedTuple):
    """Sets from top to bottom, in percent."""

    names: list[str]
    medians: list[float]  # ACC of the median run of each set
    best: list[float]
    marks: dict[str, list[tuple[int, float, str]]]  # by measure: row, ACC of the run it chooses, words on it


def view(choices: Mapping[str, Mapping[str, Choice]]) -> View:
    """The view of choices by data set and measure; sets without any are left out."""
    shown = {name: of for name, of in choices.items() if of}
    widest = [max(of.values(), key=lambda one: one.runs) for of in shown.values()]
    marks: dict[str, list[tuple[int, float, str]]] = {}
    for row, of in enumerate(shown.values()):
        for measure, one in of.items():
            known = one.correlation is not None
            rank = f"rank correlation with ACC {one.correlation:+.2f}" if known else "no rank correlation"
            marks.setdefault(measure, []).append((row, 100 * one.chosen, f"{rank}, {one.runs} runs"))
    return View(list(shown), [100 * one.median for one in widest], [100 * one.best for one in widest], marks)


def figure(v: View, title: str) -> go.Figure:
    """A bar from the median run to the best one, and on it what each measure would have chosen."""
    rows = list(range(len(v.names)))
    bars = go.Bar(
        x=[best - middle for best, middle in zip(v.best, v.medians, strict=True)],
        y=rows,
        base=v.medians,
        orientation="h",
        width=0.34,
        name="median to best run",
        marker={"color": theme.GUIDE_COLOR, "opacity": 0.35},
        hovertemplate="median run %{base:.1f}, best run %{customdata:.1f}<extra></extra>",
        customdata=v.best,
    )
    drawn: list[go.Scatter | go.Bar] = [bars]
    for place, (measure, marks) in enumerate(v.marks.items()):
        drawn.append(
            go.Scatter(
                x=[acc for _, acc, _ in marks],
                y=[row for row, _, _ in marks],
                text=[words for _, _, words in marks],
                mode="markers",
                name=measure,
                marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 11, "color": theme.color(place)},
                hovertemplate=f"{measure}: %{{x:.1f}}; %{{text}}<extra></extra>",
            )
        )
    margin = {"l": 8, "r": 10, "t": 34, "b": 40}
    made = theme.figure(
        title, "ACC in percent", "", drawn, legend=theme.LEGEND_ABOVE, margin=margin, height=130 + 40 * len(v.names)
    )
    made.update_yaxes(tickvals=rows, ticktext=v.names, range=[len(v.names) - 0.4, -0.6], automargin=True)
    return made.update_xaxes(showgrid=True)
