"""Step 4: what `sigma = dist_temp[11]` of the published code picks."""

from __future__ import annotations

import streamlit as st

from epochscope.labs.dgg.steps.scale.figures import LOCAL, PUBLISHED
from epochscope.labs.dgg.steps.scale.session import SIZE
from epochscope.labs.shared.page import Lab, colored, dials_and_figures
from epochscope.language import tr

_PUBLISHED = r"\text{%s: }w_{ij}\propto e^{-d_{ij}/d_{11,j}}"
_LOCAL = r"\text{%s: }w_{ij}\propto e^{-d_{ij}/(2s_i^2)},\;s_i^2=\tfrac12d_{i,10}"
_HEIGHT = "max(220px, 44vh - var(--es-tour, 0px))"


def scale_step() -> None:
    """Sorted distances of a batch at the left, the weights of one of its points at the right."""
    lab = Lab("dgg-scale")
    widgets, shown = dials_and_figures()
    with widgets:
        lab.dials()
        st.code(
            "dist_temp, _ = torch.sort(dist)\nsigma = dist_temp[11]\ndist = dist / sigma",
            language="python",
            wrap_lines=True,
        )
        st.caption(
            tr(
                "`dist` is (batch, 21): {n} real digits, each with itself in column 0 and its 20 nearest. Places count "
                "from 0. The branch is in the MNIST script and is never reached: all published runs use uniform "
                "weights.",
                n=SIZE,
            )
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lab.chart("distances", _HEIGHT)
        with right:
            lab.chart("weights", _HEIGHT)
        published = colored(PUBLISHED, _PUBLISHED % tr("published"))
        local = colored(LOCAL, _LOCAL % tr("one local scale"))
        st.latex(rf"\small {published}\qquad {local}")
        lab.claims()
