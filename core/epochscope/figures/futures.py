"""A map of futures: each member's start and end, placed so that distances are about 1 - ARI between labelings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from epochscope.figures import theme
from epochscope.language import tr


class View(NamedTuple):
    """Places of the starts and ends of all members; `values`: what the ends are colored by; NaN: nothing."""

    starts: Float[np.ndarray, "s 2"]
    ends: Float[np.ndarray, "s 2"]
    values: Float[np.ndarray, " s"]
    basin: Int[np.ndarray, " s"]
    texts: list[str]


def view(
    places: Float[np.ndarray, "2 s 2"],
    values: Float[np.ndarray, " s"],
    basin: Int[np.ndarray, " s"],
    own: Float[np.ndarray, " s"],
    labels: Sequence[str],
) -> View:
    """`places`: of starts and ends; `own`: ARI between the two of each; `labels`: names of the members."""
    texts = [
        "<br>".join([label, tr("basin {number}", number=number + 1), tr("ARI to its start: {ari:.3f}", ari=ari)])
        for label, number, ari in zip(labels, basin, own, strict=True)
    ]
    return View(places[0], places[1], values, basin, texts)


def figure(v: View, name: str) -> go.Figure:
    """Hollow starts, ends colored by the score `name`, a line from each start to its end."""
    between = np.full((3 * len(v.starts), 2), np.nan)
    between[0::3], between[1::3] = v.starts, v.ends
    line = {"color": "rgba(128,128,128,0.45)", "width": 1}
    paths = go.Scatter(x=between[:, 0], y=between[:, 1], mode="lines", line=line, hoverinfo="skip", showlegend=False)
    starts = go.Scatter(
        x=v.starts[:, 0],
        y=v.starts[:, 1],
        mode="markers",
        name=tr("start of clustering"),
        marker={"size": 7, "symbol": "circle-open", "color": "rgba(128,128,128,0.9)"},
        text=v.texts,
        hovertemplate="%{text}<extra>" + tr("start of clustering") + "</extra>",
    )
    scored = bool(np.isfinite(v.values).all())
    color = {"color": v.values, "colorscale": "Viridis", "showscale": True} if scored else {"color": theme.color(0)}
    bar = {"colorbar": {"title": {"text": name}, "thickness": 10, "len": 0.85}} if scored else {}
    ends = go.Scatter(
        x=v.ends[:, 0],
        y=v.ends[:, 1],
        mode="markers",
        name=tr("end of clustering"),
        marker={"size": 12, "line": {"width": 1, "color": "rgba(128,128,128,0.9)"}, **color, **bar},
        text=v.texts,
        customdata=v.values,
        hovertemplate="%{text}"
        + (f"<br>{name} %{{customdata:.3f}}" if scored else "")
        + f"<extra>{tr('end of clustering')}</extra>",
    )
    made = theme.figure(
        tr("Map of the futures"),
        "",
        "",
        [paths, starts, ends],
        legend=theme.LEGEND_ABOVE,
        margin={"l": 8, "r": 8, "t": 48, "b": 8},
    )
    made.update_xaxes(showticklabels=False, zeroline=False)
    return made.update_yaxes(showticklabels=False, zeroline=False, scaleanchor="x")
