"""Step 4: what `sigma = dist_temp[11]` of the published code picks."""

from __future__ import annotations

import streamlit as st
from torch import Tensor

from core.figures.labs.dgg import scale as pictures
from core.figures.labs.dgg.scale import LOCAL, PUBLISHED
from core.labs.dgg import scale
from core.labs.dgg.digits import digits
from core.labs.dgg.scale import INDEX
from core.ui.labs.frame import show_claims
from core.ui.stage import lone_chart

_TWELFTH, _ROW = "twelfth", "row"
_SIZE = 40
_PICTURE = "min(460px, 44vh)"


def scale_step() -> None:
    """Sorted distances of a batch at the left, the weights of one of its points at the right."""
    controls, shown = st.columns([1, 3.4], gap="medium")
    with controls:
        twelfth, row = _controls()
    of = scale.batch(_distances(), twelfth)
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lone_chart("distances", pictures.distances(of.d.numpy(), INDEX, row), height=_PICTURE)
        with right:
            lone_chart("weights", pictures.weights(of.published[row].numpy(), of.local[row].numpy()), height=_PICTURE)
        st.latex(
            rf"\small\textcolor{{{PUBLISHED}}}{{\text{{published: }}w_{{ij}}\propto e^{{-d_{{ij}}/d_{{11,j}}}}}}\qquad"
            rf"\textcolor{{{LOCAL}}}{{\text{{one local scale: }}w_{{ij}}\propto e^{{-d_{{ij}}/(2s_i^2)}},\;"
            r"s_i^2=\tfrac12d_{i,10}}"
        )
        show_claims(scale.claims(of), columns=2)


@st.cache_resource(show_spinner=False)
def _distances() -> Tensor:
    return scale.distances(digits().x, _SIZE)


def _controls() -> tuple[int, int]:
    st.session_state.setdefault(_TWELFTH, INDEX)
    st.session_state.setdefault(_ROW, 3)
    twelfth = st.slider(
        "Digit in place 11 of the batch", 0, _SIZE - 1, key=_TWELFTH, bind="query-params",
        help="It and the one that was there exchange places. Nothing else changes.",
    )  # fmt: skip
    row = st.slider("Point i, by its place", 0, _SIZE - 1, key=_ROW, bind="query-params")
    st.code(
        "dist_temp, _ = torch.sort(dist)\nsigma = dist_temp[11]\ndist = dist / sigma",
        language="python",
        wrap_lines=True,
    )
    st.caption(
        f"`dist` is (batch, 21): {_SIZE} real digits, each with itself in column 0 and its 20 nearest. Places "
        "count from 0. The branch is in the MNIST script and is never reached: all published runs use uniform weights."
    )
    return int(twelfth), int(row)
