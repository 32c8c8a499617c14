"""Lab: when is the JS divergence of two Gaussians smallest? The figure that motivates DGG, put to the test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.figures.labs import orientation as pictures
from core.figures.labs.orientation import FIRST, JS, POSTERIOR, SECOND, Ellipse
from core.labs import orientation
from core.ui.labs.frame import aligned, colored, edited, lab, show_claims
from core.ui.stage import board, lone_chart

_TOLD, _PRESET = "lab-js-told", "case"
_VARIANCES = [0.25, 0.5, 1.0, 2.0, 4.0, 9.0]
_NAMES = ("var_i1", "var_i2", "var_j1", "var_j2")
_LABELS = ("σ² of qᵢ in z₁", "in z₂", "σ² of qⱼ in z₁", "in z₂")
_FURTHEST = 6.0
_PICTURE = "min(430px, 45vh)"


def orientation_page() -> None:
    """Two Gaussians, one of which may be dragged, and their divergence over all directions."""
    lab(
        "Is JS smallest where two Gaussians are aligned with the axes?",
        "A figure of the DGG paper says so. Drag the second Gaussian around the first, change variances, and see when "
        "the sentence holds.",
        _body,
    )


def _body() -> None:
    controls, shown = st.columns([1, 3.4], gap="medium")
    with controls:
        pair = _controls()
    known, curve = orientation.found(pair), orientation.around(pair)
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            _board(pair)
        with right:
            at = math.degrees(math.atan2(float(pair.j.m[1]), float(pair.j.m[0]))) % 180
            drawn = pictures.curve(curve.degrees.numpy(), curve.js.numpy(), at, known.js, known.bound)
            lone_chart("around", drawn, height=_PICTURE)
        words, numbers = st.columns([1.5, 1], gap="small", vertical_alignment="center")
        with words:
            _formulas()
        numbers.markdown(
            f":small[JS **{known.js:.4f}** nats, quadrature good to {known.js_error:.0e}]  \n"
            f":small[KL(qᵢ‖qⱼ) **{known.kl_ij:.4f}** · KL(qⱼ‖qᵢ) **{known.kl_ji:.4f}**]  \n"
            f":small[bound Gᵢⱼ **{known.bound:.4f}** = JS + {known.gap:.4f}]"
        )
        show_claims(orientation.claims(pair, known, curve), columns=2)


def _controls() -> orientation.Pair:
    for name, value in _start().items():
        st.session_state.setdefault(name, value)
    st.selectbox("Case", list(orientation.PRESETS), key=_PRESET, bind="query-params", on_change=_reset)
    cells = [cell for _ in range(2) for cell in st.columns(2, gap="small")]
    variances = [
        float(cell.select_slider(label, _VARIANCES, key=name, bind="query-params"))
        for cell, label, name in zip(cells, _LABELS, _NAMES, strict=True)
    ]
    distance = st.slider("Distance of the means", 0.0, _FURTHEST, step=0.05, key="distance", bind="query-params")
    degrees = st.slider("Direction, degrees", 0.0, 180.0, step=1.0, key="direction", bind="query-params")
    share = st.slider(
        "p(z|xᵢ): from qᵢ (0) to qⱼ (1)", 0.0, 1.0, step=0.05, key="share", bind="query-params",
        help="The bound compares both with the true posterior of xᵢ, which training never knows. Here you place it.",
    )  # fmt: skip
    return orientation.pair((variances[0], variances[1]), (variances[2], variances[3]), distance, degrees, share)


def _start() -> dict[str, float]:
    preset = orientation.PRESETS[st.session_state.get(_PRESET) or next(iter(orientation.PRESETS))]
    variances = dict(zip(_NAMES, (*preset.s2_i, *preset.s2_j), strict=True))
    return {**variances, "distance": 3.0, "direction": 20.0, "share": 0.0}


def _reset() -> None:
    st.session_state.update(_start())


def _board(pair: orientation.Pair) -> None:
    ellipses = [
        Ellipse("p(z|xᵢ)", POSTERIOR, *_numbers(pair.p), "dash"),
        Ellipse("qᵢ", FIRST, *_numbers(pair.i)),
        Ellipse("qⱼ", SECOND, *_numbers(pair.j)),
    ]
    x, y = _numbers(pair.j)[0]
    handle = {"x": x, "y": y, "shape": "diamond", "color": SECOND, "name": "mean of the second", "letter": "j"}
    told = st.session_state.get(_TOLD, 0)
    board(
        "gaussians",
        pictures.plane([ellipses[1], ellipses[2], ellipses[0]]),
        [handle],
        height=_PICTURE,
        told=told,
        on_moved=_take,
    )


def _numbers(one: orientation.Gaussian) -> tuple[tuple[float, float], tuple[float, float]]:
    (x, y), (a, b) = one.m.tolist(), one.s2.tolist()
    return (x, y), (a, b)


def _take(answer: Mapping[str, Any]) -> None:
    """The mean goes where it was dragged, in the steps of the sliders; below the axis, its mirror image above."""
    moved = edited(answer, 0, 1, st.session_state.get(_TOLD, 0), most=0)
    if moved is None:
        return
    ((x, y),) = moved.others
    st.session_state[_TOLD] = moved.serial
    st.session_state["distance"] = min(round(20 * math.hypot(x, y)) / 20, _FURTHEST)
    st.session_state["direction"] = float(round(math.degrees(math.atan2(abs(y), x))))


def _formulas() -> None:
    q_i, q_j, js = colored(FIRST, "q_i"), colored(SECOND, "q_j"), colored(JS, r"\mathrm{JS}")
    kl = r"\tfrac12\mathrm{KL}(%s\,\|\,%s)"
    aligned(
        rf"{js}&={kl % (q_i, 'M')}+{kl % (q_j, 'M')},\quad M=\tfrac12(q_i+q_j)",
        rf"G_{{ij}}&={kl % (q_i, 'p')}+{kl % (q_j, 'p')}=\mathrm{{JS}}+\mathrm{{KL}}(M\,\|\,p)",
    )
