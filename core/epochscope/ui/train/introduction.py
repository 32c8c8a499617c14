"""The introduction: a recorded run that plays, with three captions. Each browser is shown it once unasked.

That it was shown is remembered by a cookie, which the stage sets. A browser that keeps no cookies is not shown it,
since it would be shown each time.
"""

from __future__ import annotations

import base64
import functools
import io

import streamlit as st
from PIL import Image

from epochscope.figures import FIGURES, Scene
from epochscope.figures.theme import color
from epochscope.language import marked, tr
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.format.thumbnails import sprites_name
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.server import visitors
from epochscope.tours.numbers import numbers
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.embedding import embedding
from epochscope.ui.shared.session import INTRODUCED, INTRODUCTION, LANGUAGE, START_AT_ONCE
from epochscope.ui.shared.stage import panel

COOKIE = "epochscope_introduced"
"""Set by stage/panels/introduction.js."""
_RUN = "tour-dec"
_SHOWN = (0, 4, 7, 2)  # classes whose picture is shown
_HIGH = "var(--es-introduced)"
_HEADING = marked("A network sorts handwritten digits, and nobody tells it which is which")
_DOT = marked(
    "<b>A dot is a picture</b> of a digit. Dots that are close look alike to the network; colors are the true digits."
)
_ROW = marked("<b>A row of Q is how sure it is:</b> one bright cell, and that picture clearly belongs to one cluster.")
_TARGET = marked("<b>P is what Q wants to become:</b> the same, but surer. Training moves Q toward P, step by step.")
_ALT = "a digit"


def wanted() -> bool:
    """Whether the Train page is to show it: it was asked for, or this browser has not seen it and follows no link."""
    state = st.session_state
    if in_address(INTRODUCTION) is not None:
        return True
    if INTRODUCED not in state:
        cookies = st.context.cookies
        remembers = bool(visitors.known(str(cookies.get(visitors.COOKIE, ""))))
        state[INTRODUCED] = not remembers or COOKIE in cookies or any(name != LANGUAGE for name in st.query_params)
    return not state[INTRODUCED]


def introduction() -> None:
    """The recorded run, what its figures mean, and the ways on."""
    run, read = Run(_RUN), numbers(_RUN)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="introduction-bar"):
        st.html(f'<div class="introduction-heading">{tr(_HEADING)}</div>', width="stretch")
        st.button(
            tr("Train it yourself"),
            icon=":material/play_arrow:",
            type="primary",
            key="introduction-train",
            help=tr("Trains DEC on these digits from a new start, just as Play does."),
            on_click=_end,
            args=(True,),
        )
        st.button(tr("Close"), key="introduction-close", help=tr("Opens the Train page."), on_click=_end, args=(False,))
    panel(
        "introduction",
        "introduction",
        run=run.id,
        height="28px",
        cookie=COOKIE,
        first=tr(
            "At first k-means guesses {k} groups: {share} of the digits are in the right one.",
            k=read.k,
            share=_share(read.acc_start),
        ),
        moving=tr("In each step the network becomes surer where the dots belong, and each group draws together."),
        last=tr(
            "In the end {share} of the digits are in the right group. It starts again …", share=_share(read.acc_end)
        ),
    )
    with st.container(key="introduced"):
        columns = st.columns([5, 3, 3], gap="small")
    with columns[0]:
        _caption(_pictures(run.id).replace(_ALT, tr("a digit")) + tr(_DOT))
        pca = ProjectionSpec("pca", PROJECTIONS["pca"].params().flat())
        embedding(run, pca, height=_HIGH, command={"id": 0, "epoch": read.start, "color": "class", "show": []})
    for column, key, words in zip(columns[1:], ("q", "p"), (_ROW, _TARGET), strict=True):
        with column:
            _caption(tr(words))
            panel(f"introduction-{key}", FIGURES[key], run=run.id, scene=Scene(run.spec.k), height=_HIGH)
    _transport(run)


def _caption(words: str) -> None:
    """A box that points at the figure below it."""
    st.html(f'<div class="introduction-caption">{words}</div>')


@functools.cache
def _pictures(run_id: str) -> str:
    """The first point of some classes as pictures, each in the color that its dot has, as HTML."""
    run = Run(run_id)
    points, (width, height, columns) = run.points(), (run.info or {})["tile"]
    truth, found = points["truth"][points["index"]], []
    with Image.open(run.folder / sprites_name(0)) as sheet:
        for group in _SHOWN:
            place = int((truth == group).argmax())
            left, top = width * (place % columns), height * (place // columns)
            file = io.BytesIO()
            sheet.crop((left, top, left + width, top + height)).save(file, "PNG")
            source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
            found.append(f'<img src="{source}" alt="{_ALT} {group}" style="border-color: {color(group)}">')
    return f'<span class="introduction-pictures">{"".join(found)}</span>'


def _share(score: str) -> str:
    """A score as a share, for who does not know scores yet."""
    return f"{float(score):.0%}"


@st.fragment
def _transport(run: Run) -> None:
    panel("introduction-transport", "transport", run=run.id, height="64px", colors=False)


def _end(train: bool) -> None:
    """Opens the Train page; with `train`, it starts what its sidebar says."""
    st.session_state[INTRODUCED] = True
    st.session_state[START_AT_ONCE] = train
    put_in_address(INTRODUCTION, None)
