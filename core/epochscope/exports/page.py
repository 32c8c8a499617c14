"""One epoch of a run as an HTML page that works offline, with the app's figures."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from epochscope.exports.embedding import MOST_POINTS, PCA, centers, groups, positions, sample_words, title_of
from epochscope.figures import cluster_bars, curves, embedding, heat_map, plotly_js, theme
from epochscope.rights import Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.types import EpochscopeError

_SCORES = ("acc", "nmi", "ari")
_STYLE = """body{font:15px system-ui,sans-serif;margin:1.5rem;background:#fff;color:#222;max-width:1400px}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));gap:12px}
main>div{min-width:0;overflow:hidden}
p{color:#555} table{border-collapse:collapse;font-size:13px} td{padding:1px 14px 1px 0;vertical-align:top}"""


def figures(run: Run, visitor: Visitor, epoch: int, projection: ProjectionSpec = PCA) -> Iterator[go.Figure]:
    """All figures of this epoch, as drawn by the stage."""
    table = run.epochs()
    try:
        xy = positions(run, visitor, projection).get(epoch)
    except EpochscopeError:  # a running run whose embedding is not shown anywhere has no frames
        xy = None
    if xy is not None:
        made = groups(run, epoch)
        view = embedding.view(xy, made.group[: len(xy)], made.names, title_of(projection), made.about)
        shown = embedding.figure(view)
        if (places := centers(run, projection).get(epoch)) is not None:
            shown.add_trace(_numbered(places))
        yield shown
    q, p = run.array(epoch, "q"), run.array(epoch, "p")
    if q is not None:
        q, labels = q[:MOST_POINTS].astype(np.float32), run.array(epoch, "labels")
        of = None if labels is None else labels[run.points()["index"][:MOST_POINTS]].astype(int)
        yield heat_map.figure(heat_map.view(q, q, of), heat_map.Q.title)
        if p is not None:
            p = p[:MOST_POINTS].astype(np.float32)
            yield heat_map.figure(heat_map.view(p, q, of), heat_map.P.title)
            yield heat_map.figure(heat_map.view(p - q, q, of), heat_map.P_MINUS_Q.title, difference=True)
    if any("scores" in line for line in table):
        names = [name for name in _SCORES if any(name in line.get("scores", {}) for line in table)]
        if names:
            view = curves.view(table, "scores", names)
            named = view._replace(curves={name.upper(): values for name, values in view.curves.items()})
            low = min(
                [0.0, *(value for line in table for value in line.get("scores", {}).values())]
            )  # ARI may be below
            yield curves.figure(named, curves.SCORES.title, "score (1 = perfect)", yaxis_range=[low, 1])
    yield curves.figure(curves.view(table, "losses"), curves.LOSSES.title, "loss")
    if "sizes" in table[epoch]:
        yield cluster_bars.figure(cluster_bars.View(table[epoch]["sizes"]), cluster_bars.SIZES.title, "points")


def _numbered(places: Float[np.ndarray, "k 2"]) -> dict[str, Any]:
    """The centers as discs with the numbers of their clusters."""
    there = np.isfinite(places).all(axis=1)
    return {
        "type": "scatter",
        "x": places[there, 0],
        "y": places[there, 1],
        "text": [str(j) for j in np.flatnonzero(there)],
        "name": "centers",
        "mode": "markers+text",
        "textfont": {"size": 10, "color": "#222"},
        "marker": {"size": 17, "color": "#ffffffdd", "line": {"color": "#222", "width": 1.5}},
        "hoverinfo": "skip",
    }


def page(run: Run, visitor: Visitor, epoch: int | None = None, projection: ProjectionSpec = PCA, name: str = "") -> str:
    """The page as HTML with plotly.js included, of `epoch` (by default the last one).

    Raises EpochscopeError if the run has no such epoch.
    """
    count = len(run.epochs())
    epoch = count - 1 if epoch is None else epoch
    if not 0 <= epoch < count:
        raise EpochscopeError(f"{run.title} has {count} epochs, no epoch {epoch}.")
    parts = []
    for made in figures(run, visitor, epoch, projection):
        made.update_layout(height=420, font={"color": "#222"}, paper_bgcolor="#fff")
        config: Any = {**theme.CONFIG, "scrollZoom": False, "toImageButtonOptions": {"format": "svg"}}
        parts.append(made.to_html(full_html=False, include_plotlyjs=False, config=config, default_height="420px"))
    title = html.escape(name or run.title)
    line = run.epochs()[epoch]
    some = sample_words(run, min(MOST_POINTS, (run.info or {}).get("m", MOST_POINTS)))
    scores = [f"{name.upper()} {line['scores'][name]:.3f}" for name in _SCORES if name in line.get("scores", {})]
    place = (run.title, f"epoch {epoch} of {count - 1}", line["phase"])
    parts_of = (*place, *scores, *([f"figures of {some}"] if some else []))
    about = html.escape(" · ".join(parts_of))
    settings = "".join(
        f"<tr><td>{html.escape(key)}</td><td>{html.escape(str(value))}</td></tr>"
        for key, value in {**run.spec.data, **run.spec.params}.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<script>{plotly_js.script().decode()}</script>"
        f"<h1>{title}</h1><p>{about}</p><main>{''.join(f'<div>{part}</div>' for part in parts)}</main>"
        f"<details><summary>Settings</summary><table>{settings}</table></details></html>"
    )
