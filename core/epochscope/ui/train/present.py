"""Presentation mode of the Train page: one or two figures in large type, and nothing else but the cursor.

The headline sets --es-scale, by which everything is enlarged: type grows with the screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from epochscope.figures import Figure, Scene
from epochscope.runs.format.run import Run
from epochscope.runs.library.names import name_of
from epochscope.ui.shared.embedding import choose_projection, embedding
from epochscope.ui.shared.figure_slots import in_slots, put_in_slot
from epochscope.ui.shared.session import (
    FIGURE_SLOTS,
    PRESENT,
    in_address,
    keep_in_address,
    pending_stage_command,
    put_in_address,
)
from epochscope.ui.shared.stage import headline, panel
from epochscope.ui.shared.style import style

ONE, TWO = 1, 2
_STYLE = """
[data-testid="stHeader"], [data-testid="stSidebar"], .st-key-present-projection { display: none; }
[data-testid="stMainBlockContainer"] { padding: 0.4rem 1.25rem 0 !important; }
:root { --es-shown: calc(100vh - 0.6rem - 106px * var(--es-scale)); } /* what the headline and the transport leave */
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-inline: 0.75rem !important; }
  :root { --es-shown: calc((100svh - 200px) / %d); }
}
"""


def present(run: Run, figures: Sequence[Figure]) -> None:
    """The embedding, and beside it the figure in the first slot of the Train page."""
    count = ONE if in_address(PRESENT) == str(ONE) else TWO
    style(_STYLE % count)
    st.query_params[PRESENT] = str(count)  # sent to the browser again: where a rerun follows at once the first is lost
    headline(run=run.id, title=name_of(run), count=count, on_event=_execute)
    with st.container(key="present-projection"):  # hidden: a choice that is not drawn would leave the address
        projection = choose_projection()
    shown = in_slots(figures, in_address(FIGURE_SLOTS) or "")[: count - 1]
    columns = st.columns([5, 4] if shown else [1], gap="small")
    with columns[0]:
        embedding(run, projection, height="var(--es-shown)", command=pending_stage_command())
    for figure, column in zip(shown, columns[1:], strict=True):
        with column:
            scene = Scene(run.spec.k)
            chosen = panel("place0", figure, run=run.id, scene=scene, height="var(--es-shown)", choices=figures).get(
                "figure"
            )
        if chosen:
            put_in_slot(figures, 0, chosen)
            st.rerun()
    _transport(run)


def _execute(event: Mapping[str, Any]) -> None:
    """Carries out a button or key of the headline."""
    if event.get("back"):
        put_in_address(PRESENT, None)
    elif event.get("count") in (ONE, TWO):
        put_in_address(PRESENT, event["count"])


@st.fragment
def _transport(run: Run) -> None:
    keep_in_address(panel("transport", "transport", run=run.id, height="64px", going=run.live))
