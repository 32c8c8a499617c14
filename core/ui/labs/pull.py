"""Lab: who pulls whom? The gradients of DEC on points that one drags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st
import torch

from core.figures.labs import pull as pictures
from core.figures.labs.plane import OF_CENTERS, OF_POINTS, REACH, WRONG, cluster_color
from core.formulas.assignment import KLGradients, student_t
from core.labs import pull
from core.ui.labs.frame import aligned, colored, edited, handles, kept, lab, run_bar, show_claims
from core.ui.stage import board, lone_chart


class Descents(NamedTuple):
    """Two descents from one start: with P constant, which a person may move, and with P differentiated too."""

    constant: pull.Place
    free: pull.Place
    steps: int = 0
    told: int = 0  # serial of the last move that is in it


_STATE, _RUN = "lab-pull", "lab-pull-run"
_MOST = 24  # points
_PICTURE, _BARS = "min(420px, 38vh)", "min(260px, 25vh)"


def pull_page() -> None:
    """Points and centers at the left may be dragged; at the right the same places go down without a constant P."""
    lab(
        "Who pulls whom? The gradient of DEC",
        "Drag points and centers. Arrows, the longest of each kind equally long, show where a step of descent leads.",
        _body,
    )


def _body() -> None:
    controls, pictures_ = st.columns([1, 3.4], gap="medium")
    with controls:
        nu, j = _controls()
    z, mu = _state().constant
    with pictures_, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        found = pull.forces(z, mu, nu)
        with left:
            _left_board(found, nu)
        with right:
            _right_picture(nu)
        explained, bars = st.columns([1.15, 1], gap="small")
        with explained:
            _formulas()
        with bars:
            taken = pull.terms(z, mu, nu, j)
            lone_chart(
                "terms", pictures.terms(taken.kept.numpy(), taken.lost.numpy(), taken.whole.numpy(), j), height=_BARS
            )
        show_claims(pull.claims(z, mu, nu, found), columns=2)


def _controls() -> tuple[float, int]:
    names = list(pull.PRESETS)
    st.selectbox("Start from", names, key="start", bind="query-params", on_change=_reset)
    nu = st.select_slider(
        "ν, degrees of freedom of the kernel",
        [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
        value=1.0,
        key="nu",
        bind="query-params",
    )
    st.select_slider("η, size of a step", [0.01, 0.03, 0.1, 0.3], value=0.1, key="step", bind="query-params")
    k = len(_state().constant.mu)
    j = st.pills("Center whose factors are shown", range(1, k + 1), default=1, required=True, key=f"center{k}")
    run_bar(_RUN, _descend, _reset)
    st.caption(
        "Double click adds a point. A point in focus moves by the arrow keys (with Shift further) and goes with Delete."
    )
    return float(nu), int(j or 1) - 1


def _state() -> Descents:
    return kept(_STATE, _start(), _reset)


def _start() -> str:
    return st.session_state.get("start", next(iter(pull.PRESETS)))


def _reset() -> None:
    start = pull.PRESETS[_start()]
    before = st.session_state.get(_STATE)
    st.session_state[_STATE] = Descents(start, start, told=before.told if before else 0)
    st.session_state[_RUN] = False


def _descend() -> None:
    state, nu, step = _state(), float(st.session_state["nu"]), float(st.session_state["step"])
    st.session_state[_STATE] = state._replace(
        constant=pull.descend(state.constant, nu, step, free=False),
        free=pull.descend(state.free, nu, step, free=True),
        steps=state.steps + 1,
    )


def _left_board(found: pull.Forces, nu: float) -> None:
    state = _state()
    view = _view(state.constant, found.closed, nu)._replace(wrong_mu=-found.conflated.numpy())
    board(
        "pull",
        pictures.field(view, f"P constant: {_told(state.constant, nu)}", handles=True),
        _handles(view),
        height=_PICTURE,
        told=state.told,
        on_moved=_take,
        may_add=len(view.z) < _MOST,
        playing=st.session_state.get(_RUN, False),
    )


def _right_picture(nu: float) -> None:
    z, mu = free = _state().free
    view = _view(free, pull.free_target_kl_gradients(z, mu, nu), nu)
    title = f"P differentiated too: {_told(free, nu)}"
    lone_chart("free", pictures.field(view, title, handles=False), height=_PICTURE)


def _told(place: pull.Place, nu: float) -> str:
    return f"mean max qᵢⱼ {pull.sureness(place, nu):.2f} · {_state().steps} steps"


def _view(place: pull.Place, slope: KLGradients, nu: float) -> pictures.View:
    strongest = student_t(place.z, place.mu, nu).argmax(dim=1).tolist()
    return pictures.View(place.z.numpy(), place.mu.numpy(), strongest, -slope.z.numpy(), -slope.mu.numpy())


def _handles(view: pictures.View) -> list[dict[str, Any]]:
    points = handles(view.z.tolist(), "point", [cluster_color(j) for j in view.strongest])
    return points + handles(view.mu.tolist(), "center", [cluster_color(j) for j in range(len(view.mu))], center=True)


def _take(answer: Mapping[str, Any]) -> None:
    """Takes over what a person did to the handles: both descents begin there. Or goes a step."""
    state = _state()
    edit = edited(answer, len(state.constant.z), len(state.constant.mu), state.told, most=_MOST)
    if edit is None:
        return
    if edit.step:
        st.session_state[_STATE] = state._replace(told=edit.serial)
        return _descend()
    z, mu = (torch.tensor(xy, dtype=torch.float64).clamp(-REACH, REACH) for xy in (edit.points, edit.others))
    start = pull.Place(z, mu)
    st.session_state[_STATE] = Descents(start, start, told=edit.serial)


def _formulas() -> None:
    gradient = r"\tfrac{\nu+1}{\nu}\sum_%s (1+d_{ij}/\nu)^{-1}(p_{ij}-q_{ij})(z_i-\mu_j)"
    split = r"\underbrace{p_{ij}(1-q_{ij})}_{k=j}"
    aligned(
        colored(OF_POINTS, r"\partial L/\partial z_i") + "&=" + gradient % "j",
        colored(OF_CENTERS, r"\partial L/\partial\mu_j") + "&=-" + gradient % "i",
        rf"p_{{ij}}-q_{{ij}}&={colored(WRONG, split)}\;\underbrace{{-\,q_{{ij}}(1-p_{{ij}})}}_{{k\neq j}}",
    )
