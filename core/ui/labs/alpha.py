"""Lab: soft k-means and alpha. Points and centers that one drags, and descents that share all but what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st
import torch

from core.figures.labs import alpha as pictures
from core.figures.labs.alpha import HELD, PUSHED, WHOLE
from core.figures.labs.plane import REACH, cluster_color, mixed
from core.formulas.assignment import squared_distances
from core.formulas.soft_kmeans import distance, smallest_gap, underflow_limit
from core.labs import alpha
from core.ui.labs.frame import aligned, colored, edited, handles, kept, lab, run_bar, show_claims
from core.ui.stage import board, lone_chart


class Descent(NamedTuple):
    """Where everything is, where the centers came from, and the serial of the last move that is in it."""

    place: alpha.Place
    path: tuple[alpha.Centers, ...] = ()
    steps: int = 0
    told: int = 0


class Chosen(NamedTuple):
    """What the controls say."""

    alpha: float
    descent: str
    center: int


_STATE, _RUN = "lab-alpha", "lab-alpha-run"
_MOST = 40  # points
_SLOW = 0.01  # rate of W by that of the centers at which they meet before W has moved
_PATH = 300  # last steps whose path is drawn
_PICTURE, _BARS = "min(460px, 48vh - 76px)", "min(270px, 36vh - 108px)"


def alpha_page() -> None:
    """Points and centers at the left may be dragged; at the right what other alphas would make of them."""
    lab(
        "Soft k-means: how sharp should α be?",
        "Drag points and centers. A point's weights W mix its color; in the orange paint a point pushes the chosen "
        "center away.",
        _body,
    )


def _body() -> None:
    controls, pictures_ = st.columns([1, 3.4], gap="medium")
    with controls:
        chosen = _controls()
    state = _state()
    x, u, _ = place = state.place
    lost, swept = alpha.broken(x, u, chosen.alpha), alpha.sweep(x, u)
    with pictures_, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            _board(state, chosen)
        with right:
            view = pictures.Curves(
                swept.alphas.numpy(), swept.loss.numpy(), swept.free.numpy(), swept.least, lost.predicted
            )
            lone_chart("curves", pictures.curves(view, chosen.alpha), height=_PICTURE)
        explained, dots = st.columns([1.15, 1], gap="small")
        with explained:
            _formulas(chosen.descent)
        with dots:
            limits = [(name, underflow_limit(kind)) for name, kind in _KINDS.items()]
            title = f"Naive W in float32: {int(lost.lost.sum())} of {len(x)} rows are 0/0"
            figure = pictures.exponents(lost.exponents.numpy(), lost.lost.numpy(), limits, title)
            lone_chart("exponents", figure, height=_BARS)
        show_claims(alpha.claims(place, chosen.alpha, chosen.descent, lost), columns=2)


_KINDS = {"float32": torch.float32, "float64": torch.float64}


def _controls() -> Chosen:
    st.selectbox("Start from", list(alpha.PRESETS), key="points", bind="query-params", on_change=_reset)
    sharp = st.select_slider("α, sharpness", alpha.ALPHAS, value=0.5, key="alpha", bind="query-params")
    descent = st.selectbox(
        "What descends", alpha.DESCENTS, key="descent", bind="query-params", on_change=_reset, help=_HELP
    )
    st.select_slider("η, size of a step", [0.05, 0.1, 0.3, 0.5, 1.0], value=0.3, key="eta", bind="query-params")
    if descent in alpha.FREE_WS:
        st.select_slider(
            "Rate of W, in η", [0.01, 0.1, 1.0, 10.0, 100.0], value=_SLOW, key="faster", bind="query-params"
        )
    j = 1
    if descent not in alpha.FREE_WS:  # a W that is free does not push
        k = len(_state().place.u)
        label = "Center whose repulsion is painted"
        j = st.pills(label, range(1, k + 1), default=1, required=True, key=f"painted{k}", bind="query-params")
    run_bar(_RUN, _descend, _reset)
    st.caption(
        "Double click adds a point. A point in focus moves by the arrow keys (with Shift further) and goes with Delete."
    )
    return Chosen(float(sharp), str(descent), int(j or 1) - 1)


_HELP = """**through W**: the loss of soft k-means with its gradient whole. **stop-gradient W**: as if W were constant.
**free energy**: F; the same steps. **free W**: W are variables of their own, uniform at first, and descend
together with the centers; **with entropy**: their entropy over α is subtracted from the loss."""


def _state() -> Descent:
    return kept(_STATE, (_start(), st.session_state.get("descent")), _reset)


def _start() -> str:
    return st.session_state.get("points", next(iter(alpha.PRESETS)))


def _reset() -> None:
    before = st.session_state.get(_STATE)
    start = alpha.PRESETS[_start()]
    st.session_state[_STATE] = Descent(start, (start.u,), told=before.told if before else 0)
    st.session_state[_RUN] = False


def _descend() -> None:
    state, said = _state(), st.session_state
    sharp, step, faster = float(said["alpha"]), float(said["eta"]), float(said.get("faster", _SLOW))
    place = alpha.descend(state.place, sharp, step, str(said["descent"]), faster)
    path = (*state.path, place.u)[-_PATH:]
    st.session_state[_STATE] = state._replace(place=place, path=path, steps=state.steps + 1)


def _board(state: Descent, chosen: Chosen) -> None:
    x, u, _ = state.place
    w = alpha.w_of(state.place, chosen.alpha, chosen.descent)
    free = chosen.descent in alpha.FREE_WS
    slope = alpha.slopes(state.place, chosen.alpha, chosen.descent if free else alpha.THROUGH)[0]
    paint = None if free else _paint(state.place, chosen)
    view = pictures.View(u.numpy(), torch.stack(state.path).numpy(), -slope.numpy(), paint)
    told = f"L {float(distance(squared_distances(x, u), w)):.3f} · H(W) {alpha.entropy(w):.2f} nats"
    board(
        "soft",
        pictures.field(view, f"{told} · centers ≥ {smallest_gap(u):.2f} apart · {state.steps} steps"),
        handles(x.tolist(), "point", mixed(w.numpy()))
        + handles(u.tolist(), "center", [cluster_color(j) for j in range(len(u))], center=True),
        height=_PICTURE,
        told=state.told,
        on_moved=_take,
        may_add=len(x) < _MOST,
        playing=st.session_state.get(_RUN, False),
    )


def _paint(place: alpha.Place, chosen: Chosen) -> pictures.Paint:
    held = -alpha.slopes(place, chosen.alpha, alpha.STOPPED)[0].numpy()
    found = alpha.painted(place.u, chosen.alpha, chosen.center, pictures.BOX)
    x, y, force, bracket = (values.numpy() for values in found)
    return pictures.Paint(held, x, y, force, bracket, chosen.center)


def _take(answer: Mapping[str, Any]) -> None:
    """Takes over what a person did to the handles: the descent begins there. Or goes a step."""
    state = _state()
    edit = edited(answer, len(state.place.x), len(state.place.u), state.told, most=_MOST)
    if edit is None:
        return
    if edit.step:
        st.session_state[_STATE] = state._replace(told=edit.serial)
        return _descend()
    x, u = (torch.tensor(xy, dtype=torch.float64).clamp(-REACH, REACH) for xy in (edit.points, edit.others))
    st.session_state[_STATE] = Descent(alpha.Place.of(x, u), (u,), told=edit.serial)


def _formulas(descent: str) -> None:
    pull = r"\tfrac2n\textstyle\sum_i w_{ik}\,%s(u_k-x_i)"
    L, by_u = colored(WHOLE, r"L"), colored(WHOLE, r"\partial L/\partial u_k")
    if descent in alpha.FREE_WS:
        entropy = descent == alpha.FREE_W_ENTROPY
        return aligned(
            r"w_{ik}&=e^{a_{ik}}\big/\textstyle\sum_l e^{a_{il}}",
            L + r"&=\tfrac1n\textstyle\sum_i\sum_k w_{ik}d_{ik}" + (r",\quad F=L-H(W)/\alpha" if entropy else ""),
            by_u + (r"&=\partial F/\partial u_k=" if entropy else "&=") + pull % "",
            rf"\partial {'F' if entropy else 'L'}/\partial a_{{ik}}&=\tfrac1n w_{{ik}}\,(e_{{ik}}-\bar e_i),"
            r"\quad e_{ik}=d_{ik}" + (r"+\tfrac1\alpha\log w_{ik}" if entropy else ""),
        )
    return aligned(
        r"w_{ik}&=e^{-\alpha d_{ik}}\big/\textstyle\sum_l e^{-\alpha d_{il}}\quad\text{(naive)}",
        r"&=e^{-\alpha(d_{ik}-m_i)}\big/\textstyle\sum_l e^{-\alpha(d_{il}-m_i)},\;\;m_i=\min_l d_{il}",
        L + r"&=\tfrac1n\textstyle\sum_i\bar d_i,\quad \bar d_i=\sum_k w_{ik}d_{ik}",
        by_u + "&=" + pull % colored(PUSHED, r"\bigl[1-\alpha(d_{ik}-\bar d_i)\bigr]"),
        colored(HELD, r"\partial F/\partial u_k") + "&=" + pull % "" + r",\quad F=L-H(W)/\alpha",
    )
