"""A score of the listed or selected runs against the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from epochscope.data import SOURCES
from epochscope.figures.score_against import Axis, Dot, by_seed, parallel, scatter
from epochscope.figures.theme import CONFIG
from epochscope.methods import METHODS
from epochscope.runs.library.catalog import Entry
from epochscope.runs.library.varied import Place, places, title_of, varied
from epochscope.runs.training.scores import SCORES
from epochscope.text import value_words
from epochscope.ui.shared.stage import still_chart
from epochscope.ui.shared.text import plain

_AXES = 8  # of parallel coordinates
_SEED = "seed"
_KINDS = ("Scatter", "Parallel coordinates")


def plot(entries: Sequence[Entry], height: int) -> None:
    """Menus of the score and the settings, the picture, and which setting is the best. `height` in pixels."""
    offered = [name for name in SCORES if any(name in one.scores for one in entries)]
    if not offered:
        st.caption("None of these runs has a score: either their data have no classes, or they have no clusters yet.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="plot-bar"):
        score = str(st.selectbox("Score", offered, format_func=SCORES.__getitem__, key="plot-score", width=100))
        scored = [one for one in entries if score in one.scores]  # what others differ in is no axis of these
        names = [name for name in varied(scored) if name != _SEED]
        titles = {name: title_of(name, scored) for name in names}
        across = len(names) > 1 and _KINDS[1] == st.segmented_control(
            "Kind", _KINDS, default=_KINDS[0], required=True, key="plot-kind", label_visibility="collapsed"
        )
        x, color = ("", "") if across else _axes(names, titles)
    found = [_titled(place) for place in places(entries, score)]
    best = _best(found[0], names, titles, SCORES[score])
    if not names:
        st.caption("These runs differ only in their seed.")
    if across:
        axes = [Axis(titles[name], [place.settings.get(name) for place in found]) for name in names[:_AXES]]
        figure = parallel(axes, [place.median for place in found], SCORES[score])
        st.plotly_chart(figure, height=height, alt=best, config=CONFIG)  # the stage's plotly.js has no such trace
    else:
        dots = [_dot(place, x, color, titles) for place in found]
        if x == _SEED:
            figure = by_seed(dots, [place.seeds for place in found], SCORES[score])
        else:
            figure = scatter(dots, titles.get(x, x), SCORES[score], best=dots[0] if len(dots) > 1 else None)
        still_chart("score-plot", figure, height=height, about=best)
    st.caption(best)


def _axes(names: Sequence[str], titles: dict[str, str]) -> tuple[str, str]:
    """The settings on the x axis and in color ("": none), as they are chosen."""
    against = [*names, _SEED]
    x = st.selectbox(
        "Against", against, format_func=lambda name: titles.get(str(name), str(name)), key="plot-x", width=220
    )
    others = ["", *(name for name in names if name != x)]
    if len(others) == 1:
        return str(x), ""
    names_of = {"": "–", **titles}
    color = st.selectbox("Color", others, format_func=lambda name: names_of[str(name)], key="plot-color", width=220)
    return str(x), str(color or "")


def _dot(place: Place, x: str, color: str, titles: dict[str, str]) -> Dot:
    low, high = place.range
    settings = [f"{title}: {_words(place, name)}" for name, title in titles.items() if name in place.settings]
    words = "<br>".join([*settings, _result(place)])
    group = _words(place, color) if color else ""
    return Dot(place.settings.get(x), group, place.median, low, high, words, place.scores)


def _words(place: Place, name: str) -> str:
    value = place.settings.get(name)
    return "–" if value is None else value_words(value)


def _titled(place: Place) -> Place:
    """Method and data set by their titles."""
    named: dict[str, Mapping[str, Any]] = {"method": METHODS, "dataset": SOURCES}
    titles = {name: known[place.settings[name]].title for name, known in named.items() if place.settings[name] in known}
    return place._replace(settings={**place.settings, **titles})


def _result(place: Place) -> str:
    low, high = place.range
    if len(place.scores) == 1:
        return f"{place.median:.3f} (one seed)"
    return f"{place.median:.3f} ({low:.3f} to {high:.3f} over {len(place.scores)} runs)"


def _best(place: Place, names: Sequence[str], titles: dict[str, str], score: str) -> str:
    """The best place in words."""
    settings = [f"{titles[name]} = {_words(place, name)}" for name in names[:_AXES] if name in place.settings]
    return f"Best {score}: **{plain(_result(place))}**" + plain(f" with {', '.join(settings)}" if settings else "")
