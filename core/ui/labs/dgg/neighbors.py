"""Step 3: which neighbors, and are they any good? Judged by labels that no choice has seen."""

from __future__ import annotations

import streamlit as st

from core.figures.labs.dgg import neighbors as pictures
from core.labs.dgg import neighbors
from core.labs.dgg.neighbors import Choice, J, Judged, Pools
from core.ui.labs.frame import show_claims
from core.ui.stage import lone_chart

_POINT, _LOT = "digit", "draw"
_PICTURE, _SHEET = "min(300px, 29vh)", "min(220px, 20vh)"


def neighbors_step() -> None:
    """Purity and hubs above, the neighbors of one digit below."""
    known = _pools()
    controls, shown = st.columns([1, 3.4], gap="medium")
    with controls:
        st.session_state.setdefault(_POINT, 9)
        st.session_state.setdefault(_LOT, 1)
        point = int(st.slider("Digit shown", 1, len(known.truth), key=_POINT, bind="query-params")) - 1
        lot = int(st.slider("Draw of 20 among 100", 1, 20, key=_LOT, bind="query-params"))
        found = neighbors.judged(known, lot)
        _table(found)
        st.caption(
            "The published code draws 20 among the nearest 100 without saying why. The Siamese network (256-128-10, 20 "
            "epochs) was trained just now by the method's own loss."
        )
    with shown, st.container(gap="xsmall"):
        left, right = st.columns(2, gap="small")
        with left:
            lone_chart("purity", pictures.purity(neighbors.purity_by_rank(known), J), height=_PICTURE)
        with right:
            degrees = {choice: one.in_degree for choice, one in found.items()}
            lone_chart("hubs", pictures.hubs(degrees), height=_PICTURE)
        lone_chart("sheet", pictures.sheet(_sheet(known, found, point)), height=_SHEET)
        st.latex(
            r"\small\text{purity}=\tfrac1{nJ}\textstyle\sum_i\sum_{j\in\Omega_i}[\,y_j=y_i\,]\qquad"
            r"\text{in-degree of }j=\#\{i:\,j\in\Omega_i\}"
        )
        show_claims(neighbors.claims(found), columns=2)


@st.cache_resource(show_spinner="Training a Siamese network on 1,797 digits, then finding 100 neighbors of each …")
def _pools() -> Pools:
    return neighbors.pools()


def _table(found: dict[Choice, Judged]) -> None:
    lines = [
        f":small[{distance}, {choice}: **{one.purity:.1%}**, hub {neighbors.hub(one)}]"
        for (distance, choice), one in found.items()
    ]
    st.markdown("  \n".join([":small[Purity and the largest hub]", *lines]))


def _sheet(known: Pools, found: dict[Choice, Judged], point: int) -> pictures.Sheet:
    rows = []
    for (distance, choice), one in found.items():
        j = one.j[point]
        rows.append((f"{distance}, {choice}", known.pictures[j], known.truth[j] != known.truth[point]))
    return pictures.Sheet(known.pictures[point], rows)
