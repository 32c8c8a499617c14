"""Step 2: the prior pi_i as printed, as derived, and as the published code has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st
import torch

from core.figures.labs.dgg import prior as pictures
from core.figures.labs.dgg.prior import DERIVED, OF_I, OF_J, PRINTED, SCALED
from core.labs.dgg import prior
from core.labs.dgg.prior import PRESETS, SHARES, Given, Priors
from core.ui.labs.frame import aligned, colored, edited, show_claims
from core.ui.stage import board, lone_chart

_STATE, _CASE, _WEIGHTS = "lab-dgg-gammas", "gammas", "counts"
_PICTURE = "min(460px, 44vh)"


class _Rows(NamedTuple):
    """gamma_i and the gamma_j as they are now, and where they started."""

    case: str
    rows: list[list[float]]
    told: int = 0


def prior_step() -> None:
    """A triangle with all gamma at the left, the three formulas at the right."""
    controls, shown = st.columns([1, 3.4], gap="medium")
    with controls:
        shares = _controls()
    of = prior.given(_state().rows, SHARES[shares])
    known = prior.priors(of)
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            _board(of, known)
        with right:
            rows = (
                ("derived", DERIVED, known.derived),
                ("printed", PRINTED, known.printed),
                ("that / Σ", SCALED, known.scaled),
            )
            lone_chart(
                "priors", pictures.bars([(name, color, pi.numpy()) for name, color, pi in rows]), height=_PICTURE
            )
        words, numbers = st.columns([1.9, 1], gap="small", vertical_alignment="center")
        with words:
            _formulas()
        best, scaled = (float(prior.objective(pi, of)) for pi in (known.derived, known.scaled))
        numbers.markdown(
            f":small[F(derived) **{best:.4f}** nats]  \n:small[F(printed / Σ) **{scaled:.4f}**]  \n"
            ":small[F(printed): no distribution]"
        )
        show_claims(prior.claims(of, known), columns=2)


def _controls() -> str:
    st.selectbox("Assignments γ", list(PRESETS), key=_CASE, bind="query-params", on_change=_reset)
    shares = st.selectbox("Weights wᵢⱼ of neighbors 1, 2, 3", list(SHARES), key=_WEIGHTS, bind="query-params")
    st.caption(
        "Drag i (the point) and 1, 2, 3 (its neighbors): near a corner means sure of that cluster. Where all agree the "
        "printed formula says ½ for every cluster; where the point is undecided it leans away from its neighbors."
    )
    return shares


def _state() -> _Rows:
    before = st.session_state.get(_STATE)
    if before is None or before.case != _case():
        _reset()
    return st.session_state[_STATE]


def _case() -> str:
    return st.session_state.get(_CASE) or next(iter(PRESETS))


def _reset() -> None:
    before = st.session_state.get(_STATE)
    st.session_state[_STATE] = _Rows(_case(), PRESETS[_case()], before.told if before else 0)


def _board(of: Given, known: Priors) -> None:
    x, y, below = prior.landscape(of)
    spots = [tuple(prior.to_plane(pi).tolist()) for pi in (known.derived, known.scaled)]
    view = pictures.Hill(x.numpy(), y.numpy(), below.numpy(), spots[0], spots[1])
    own, *others = prior.to_plane(torch.cat([of.gamma[None], of.gamma_j])).tolist()
    handles = [
        {"x": x, "y": y, "shape": "diamond", "color": OF_J, "name": f"neighbor {j}", "letter": str(j)}
        for j, (x, y) in enumerate(others, 1)
    ]
    handles.append({"x": own[0], "y": own[1], "shape": "circle", "color": OF_I, "name": "the point i", "letter": "i"})
    board("triangle", pictures.triangle(view), handles, height=_PICTURE, told=_state().told, on_moved=_take)


def _take(answer: Mapping[str, Any]) -> None:
    """What was dragged out of the triangle goes back onto its edge."""
    state = _state()
    moved = edited(answer, 0, len(state.rows), state.told, most=0)
    if moved is None:
        return
    *others, own = prior.from_plane(torch.tensor(moved.others, dtype=torch.float64)).tolist()
    st.session_state[_STATE] = state._replace(rows=[own, *others], told=moved.serial)


def _formulas() -> None:
    i, j = colored(OF_I, r"\gamma_{ik}"), colored(OF_J, r"\gamma_{jk}")
    derived, printed = colored(DERIVED, r"\pi_{ik}"), colored(PRINTED, r"\pi_{ik}")
    aligned(
        rf"F(\pi_i)&=\textstyle\sum_jw_{{ij}}\sum_k({i}+{j})\ln\pi_{{ik}},\quad\sum_k\pi_{{ik}}=1",
        rf"{derived}&=\tfrac12\bigl({i}+\textstyle\sum_jw_{{ij}}{j}\bigr),\qquad"
        rf"{printed}=\frac{{\sum_jw_{{ij}}{i}}}{{\sum_jw_{{ij}}({i}+{j})}}",
    )
