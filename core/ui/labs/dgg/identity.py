"""Step 1: ln p(x_i) = G_ij + 1/2 (L(x_i) + L(x_i, x_j)), by quadrature on a DGG with codes of two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from core.figures import theme
from core.figures.labs.dgg import identity as pictures
from core.figures.labs.dgg.identity import GAP, JS, LOSS, OF_I, OF_J, POSTERIOR
from core.figures.labs.ellipses import Ellipse
from core.labs.dgg import identity
from core.labs.dgg.identity import Found, Lattice
from core.labs.dgg.tiny import CLASSES, J, Tiny, trained
from core.ui.labs.frame import edited, show_claims
from core.ui.stage import board, lone_chart

_POINT, _RANK, _TOLD = "point", "neighbor", "lab-dgg-told"
_FIRST = (51, 6)  # a 5 whose 6th neighbor has another shape of q: point and rank, counted from 1
_PICTURE, _TILES = "min(460px, 44vh)", "min(110px, 13vh)"


def identity_step() -> None:
    """Codes at the left, the way from the loss to ln p(x_i) at the right."""
    tiny, over = _tiny()
    controls, shown = st.columns([1, 3.4], gap="medium")
    with controls:
        i, place = _controls(len(tiny.m))
        j = int(tiny.j[i, place])
        paths = np.concatenate([tiny.pictures[[i, j]], tiny.decoded([i, j])])
        lone_chart("tiles", pictures.tiles(paths, ["xᵢ", "xⱼ", "g(mᵢ)", "g(mⱼ)"]), height=_TILES)
        st.caption(
            f"{len(tiny.m)} real digits ({', '.join(map(str, CLASSES))}), trained just now as DGG trains. γ is fed the "
            "mean m, as in the MNIST script; the paper feeds a drawn z. M = ½(qᵢ + qⱼ)."
        )
    known = _found(i)
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            _board(tiny, over, known, i, j)
        with right:
            lone_chart("way", pictures.way(_way(tiny, known, i, place + 1)), height=_PICTURE)
        words, numbers = st.columns([1.5, 1], gap="small", vertical_alignment="center")
        with words:
            _formulas()
        numbers.markdown(
            f":small[ln p(xᵢ) **{known.log_p:.4f}** nats, good to {known.log_p_error:.0e}]  \n"
            f":small[L(xᵢ) **{known.own_bound:.4f}** · L(xᵢ,xⱼ) **{known.pair_bound(place):.4f}**]  \n"
            f":small[Gᵢⱼ **{known.g[place]:.4f}** = JS {known.js[place]:.4f} + {known.gap[place]:.4f}]"
        )
        show_claims(identity.claims(known, place), columns=2)


@st.cache_resource(show_spinner="Training a small DGG on 120 digits: pretraining, k-means, then the bound …")
def _tiny() -> tuple[Tiny, Lattice]:
    tiny = trained()
    return tiny, identity.lattice(tiny)


@st.cache_resource(max_entries=60, show_spinner=False)
def _found(i: int) -> Found:
    return identity.found(*_tiny(), i)


def _controls(n: int) -> tuple[int, int]:
    st.session_state.setdefault(_POINT, _FIRST[0])
    st.session_state.setdefault(_RANK, _FIRST[1])
    i = st.slider("Point i", 1, n, key=_POINT, bind="query-params", help="Or drag the letter i to another point.")
    rank = st.slider("Neighbor j, 1 the nearest", 1, J, key=_RANK, bind="query-params", help="Or drag the letter j.")
    return int(i) - 1, int(rank) - 1


def _board(tiny: Tiny, over: Lattice, known: Found, i: int, j: int) -> None:
    view = pictures.Codes(
        m=tiny.m.numpy(),
        truth=tiny.truth,
        q_i=_ellipse("qᵢ", OF_I, tiny.m[i], tiny.log_s2[i]),
        q_j=_ellipse("qⱼ", OF_J, tiny.m[j], tiny.log_s2[j]),
        clusters=[
            _ellipse("p(z|c)", theme.GUIDE_COLOR, mu, log_var, "dot")
            for mu, log_var in zip(tiny.mu, tiny.log_var, strict=True)
        ],
        u=over.u.numpy(),
        v=over.v.numpy(),
        posterior=known.posterior.view(len(over.u), len(over.v)).numpy(),
    )
    (x_j, y_j), (x_i, y_i) = tiny.m[j].tolist(), tiny.m[i].tolist()
    handles = [
        {"x": x_i, "y": y_i, "shape": "circle", "color": OF_I, "name": "point i", "letter": "i"},
        {"x": x_j, "y": y_j, "shape": "diamond", "color": OF_J, "name": "neighbor j", "letter": "j"},
    ]
    told = st.session_state.get(_TOLD, 0)
    board("codes", pictures.codes(view), handles, height=_PICTURE, told=told, on_moved=_take)


def _ellipse(name: str, color: str, m: Tensor, log_s2: Tensor, dash: str | None = None) -> Ellipse:
    (x, y), (a, b) = m.tolist(), log_s2.exp().tolist()
    return Ellipse(name, color, (x, y), (a, b), dash)


def _take(answer: Mapping[str, Any]) -> None:
    """A letter goes to the code nearest to where it was dragged: i to any, j to one of i's neighbors."""
    moved = edited(answer, 0, 2, st.session_state.get(_TOLD, 0), most=0)
    if moved is None:
        return
    st.session_state[_TOLD] = moved.serial
    tiny, _ = _tiny()
    at_i, at_j = torch.tensor(moved.others, dtype=tiny.m.dtype)
    before = int(st.session_state.get(_POINT, _FIRST[0])) - 1
    i = int((tiny.m - at_i).norm(dim=1).argmin())
    if i != before:
        st.session_state[_POINT] = i + 1
    else:
        st.session_state[_RANK] = 1 + int((tiny.m[tiny.j[i]] - at_j).norm(dim=1).argmin())


def _way(tiny: Tiny, known: Found, i: int, chosen: int) -> pictures.Way:
    own = np.array([known.own_bound])
    return pictures.Way(
        bound=np.concatenate([own, [-float(one.loss()) for one in known.pair]]),
        js=np.concatenate([[0.0], known.js.numpy()]),
        gap=np.concatenate([[known.kl_own], known.gap.numpy()]),
        labels=[int(tiny.truth[i]), *tiny.truth[tiny.j[i].numpy()].tolist()],
        chosen=chosen,
        log_p=known.log_p,
    )


def _formulas() -> None:
    st.latex(
        r"\small\begin{aligned}"
        rf"\textcolor{{{POSTERIOR}}}{{\ln p(x_i)}}&=G_{{ij}}"
        rf"+\textcolor{{{LOSS}}}{{\tfrac12L(x_i)+\tfrac12L(x_i,x_j)}}\\"
        rf"G_{{ij}}&=\textcolor{{{JS}}}{{\mathrm{{JS}}(q_i\|q_j)}}+\textcolor{{{GAP}}}{{\mathrm{{KL}}(M\|p)}}\\"
        rf"\ln p(x_i)-\textstyle\sum_jw_{{ij}}G_{{ij}}&="
        rf"\textcolor{{{LOSS}}}{{\tfrac12L(x_i)+\tfrac12\textstyle\sum_jw_{{ij}}L(x_i,x_j)}}"
        r"\end{aligned}"
    )
