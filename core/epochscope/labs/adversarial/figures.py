"""Figures of the lab on the adversarial clustering loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from epochscope.figures import theme
from epochscope.labs.shared.figures.plotly_json import FigureDict, Trace, ceiling, figure, scatter
from epochscope.language import tr

DRAWS, CODES, BEST, NOW = (theme.PALETTE[place] for place in (0, 1, 3, 6))
"""Colors of p, q, D* and of D as it is: the same in formulas."""

Line = Float[np.ndarray, " t"]
_REACH = 6.0
_GAP = 0.03  # between two of the small figures, of the width
_THIN = 4  # of the grid's nodes every fourth is drawn


def _curve(x: Line, y: Line, name: str, color: str, *, line: Mapping[str, Any] | None = None, **more: Any) -> Trace:
    line = {"color": color, "width": 2, **(line or {})}
    return scatter(x=x, y=y, name=name, line=line, **{"mode": "lines", **more})


def densities(z: Line, p: Line, q: Line, best: Line, now: Line) -> FigureDict:
    """What is drawn (p), where codes are (q), and the belief D that a z was drawn: the best and the present one."""
    inside = np.abs(z) <= _REACH
    z, p, q, best, now = (line[inside][::_THIN] for line in (z, p, q, best, now))
    data = [
        _curve(z, p, tr("p: draws"), DRAWS, fill="tozeroy"),
        _curve(z, q, tr("q: codes"), CODES, fill="tozeroy"),
        _curve(z, best, "D*", BEST, line={"dash": "dash"}),
        _curve(z, now, "D", NOW),
    ]
    return figure(
        tr("Two distributions and who can tell them apart"), tr("code z"), tr("density; belief D"), data,
        xaxis={"range": [-_REACH, _REACH]}, yaxis={"range": [0, 1.05]}, legend=theme.LEGEND_ABOVE, margin={"t": 52},
    )  # fmt: skip


def values(steps: Sequence[int], v: Sequence[float], limit: float) -> FigureDict:
    """V of the learning discriminator, under what no discriminator exceeds."""
    low, last = -2 * math.log(2), ceiling(max(steps[-1], 200))
    levels = ((limit, "2 JS − 2 ln 2", BEST, "dash"), (low, tr("−2 ln 2: a coin"), theme.GUIDE_COLOR, "dot"))
    data = [
        scatter(x=[0, last], y=[y, y], mode="lines", name=name, line={"color": color, "dash": dash, "width": 1.5})
        for y, name, color, dash in levels
    ]
    data.append(_curve(np.array(steps), np.array(v), "V(D)", NOW, mode="lines+markers", marker={"size": 5}))
    bottom = math.floor(2 * min(low, *v) - 0.2) / 2
    return figure(
        tr("V(D) as the discriminator learns"), tr("steps of the discriminator"), tr("V, nats"), data,
        xaxis={"range": [-0.02 * last, last * 1.03]}, yaxis={"range": [max(bottom, -4), 0.05]}, showlegend=False,
        annotations=[_note(last, y, name, color, "right") for y, name, color, _ in levels],
    )  # fmt: skip


def slopes(D: Line, saturating: Line, other: Line, at_codes: float) -> FigureDict:
    """How much a code learns from either loss, by what D believes of it; and what D believes of codes on average."""
    order = np.argsort(D)[::_THIN]
    data = [
        _curve(D[order], np.abs(saturating[order]), "ln(1−D)", BEST),
        _curve(D[order], np.abs(other[order]), "−ln D", NOW),
        _curve(np.array([at_codes] * 2), np.array([0, 1]), tr("codes"), CODES, line={"dash": "dot"}),
    ]
    notes = [
        _note(0.03, 0.99, "−ln D", NOW, "left"),
        _note(0.97, 0.99, "ln(1−D)", BEST, "right"),
        _note(at_codes, 0.02, tr("codes"), CODES, "right" if at_codes > 0.5 else "left"),
    ]
    return figure(
        tr("What a code learns"), tr("D at the code"), tr("|slope|"), data,
        xaxis={"range": [0, 1]}, yaxis={"range": [0, 1.15]}, showlegend=False, annotations=notes,
    )  # fmt: skip


def _note(x: float, y: float, text: str, color: str, xanchor: str) -> dict[str, object]:
    font = {"color": color, "size": 12}
    return {"x": x, "y": y, "text": text, "font": font, "showarrow": False, "xanchor": xanchor, "yanchor": "bottom"}


class Asked(NamedTuple):
    """A method, what its discriminator is asked, and the densities on a grid with the best answer."""

    method: str
    question: str
    z: Line
    p: Line
    q: Line
    best: Line


def family(asked: Sequence[Asked]) -> FigureDict:
    """One small figure a method."""
    data: list[Trace] = []
    axes: dict[str, Any] = {"yaxis": {"range": [0, 1.6]}}
    notes = []
    width = (1 - _GAP * (len(asked) - 1)) / len(asked)
    for column, one in enumerate(asked):
        number, left = str(column + 1) if column else "", column * (width + _GAP)
        inside = np.abs(one.z) <= _REACH
        z, p, q, best = (line[inside][:: 2 * _THIN] for line in (one.z, one.p, one.q, one.best))
        for y, name, color, dash in ((p, "T = 1", DRAWS, None), (q, "T = 0", CODES, None), (best, "D*", BEST, "dash")):
            data.append(_curve(z, y, name, color, line={"dash": dash, "width": 1.5}, xaxis=f"x{number}"))
        axes[f"xaxis{number}"] = {"range": [-_REACH, _REACH], "dtick": 3, "domain": [left, left + width]}
        title = f"<b>{one.method}</b>: {one.question}"
        notes.append(
            {"x": left + width / 2, "y": 1, "xref": "paper", "yref": "paper", "text": title, "showarrow": False,
             "xanchor": "center", "yanchor": "bottom", "yshift": -2, "font": {"size": 11}}
        )  # fmt: skip
    return figure("", "", "", data, **axes, annotations=notes, showlegend=False, margin={"l": 30, "t": 24, "b": 26})
