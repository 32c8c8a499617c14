"""Presentation mode of the Train page: one or two figures in large type, and nothing else but the cursor.

The headline sets --es-scale, by which everything is enlarged: type grows with the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import segno
import streamlit as st

from epochscope.figures import Figure, Scene
from epochscope.runs.format.run import Run
from epochscope.runs.library.names import name_of
from epochscope.server import presentations
from epochscope.server.presentations import Presentation
from epochscope.server.reachable import address_for_others
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.embedding import choose_projection, embedding
from epochscope.ui.shared.figure_slots import in_slots, put_in_slot
from epochscope.ui.shared.session import (
    COLOR,
    FIGURE_SLOTS,
    FOLLOW,
    PRESENT,
    PRESENTATION,
    PROJECTION,
    RUN,
    keep_in_address,
    pending_stage_command,
)
from epochscope.ui.shared.stage import headline, panel
from epochscope.ui.shared.style import style
from epochscope.ui.shared.visitor import page_visitor

ONE, TWO = 1, 2
_STYLE = '[data-testid="stHeader"], [data-testid="stSidebar"] { display: none; }'


def present(run: Run, figures: Sequence[Figure]) -> None:
    """The embedding, and beside it the figure in the first slot of the Train page."""
    count = ONE if in_address(PRESENT) == str(ONE) else TWO
    style(_STYLE)
    st.query_params[PRESENT] = str(count)  # sent to the browser again: where a rerun follows at once the first is lost
    with st.container(key=f"presentation-{count}"):  # lies over the page, so what is hidden of it moves nothing
        _draw(run, figures, count)


def _draw(run: Run, figures: Sequence[Figure], count: int) -> None:
    headline(run=run.id, title=name_of(run), count=count, share=_share(run), on={"back": _leave, "count": _count})
    with st.container(key="present-projection"):  # hidden: a choice that is not drawn would leave the address
        projection = choose_projection()
    shown = in_slots(figures, in_address(FIGURE_SLOTS) or "")[: count - 1]
    columns = st.columns([8, 5] if shown else [1], gap="small")
    with columns[0]:
        embedding(run, projection, height="var(--es-shown)", command=pending_stage_command())
    for figure, column in zip(shown, columns[1:], strict=True):
        with column:
            scene, height = Scene(run.spec.k), "var(--es-shown)"
            on = {"figure": partial(put_in_slot, figures, 0)}
            panel("place0", figure, run=run.id, scene=scene, height=height, choices=figures, on=on)
    _transport(run)


def _share(run: Run) -> dict[str, str] | None:
    """For the headline: the link by which others follow, as text and as a QR code, and what moves their cursor.

    None if it is not known who presents.
    """
    try:
        presentation = _presentation(run)
    except EpochscopeError:
        return None
    base, why_not = address_for_others(st.context.url or "")
    view = {name: here for name in (PROJECTION, COLOR) if (here := in_address(name))}
    link = f"{base}/?{urlencode({RUN: run.id, FOLLOW: presentation.id, **view})}"
    code = segno.make_qr(link, error="m").svg_data_uri(border=3, light="#fff")
    return {"id": presentation.id, "key": presentation.key, "link": link, "code": code, "why_not": why_not}


def _presentation(run: Run) -> Presentation:
    """The presentation of this run by this session. Raises EpochscopeError if it is not known who presents."""
    known: Presentation | None = st.session_state.get(PRESENTATION)
    if known is None or known.run != run.id or presentations.find(known.id) is None:
        known = st.session_state[PRESENTATION] = presentations.begin(page_visitor(), run.id)
    return known


def _leave(_event: Any) -> None:
    put_in_address(PRESENT, None)


def _count(figures: Any) -> None:
    if figures in (ONE, TWO):
        put_in_address(PRESENT, figures)


@st.fragment
def _transport(run: Run) -> None:
    keep_in_address(panel("transport", "transport", run=run.id, height="64px", going=run.live))
