"""Published results: rows of their tables, and their half of the page."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from epochscope.published import EVIDENCE, TABLES, Published, data_sets, published
from epochscope.ui.results.tables import table, together
from epochscope.ui.shared.session import PUBLISHED
from epochscope.ui.shared.text import plain


def their_rows(cells: Iterable[Published], first: str) -> list[dict[str, str]]:
    """Rows of a table of published results; `first` is "method" or "data"."""
    return [
        {
            first: cell.method if first == "method" else cell.data,
            "ACC %": together(cell.acc),
            "evidence": together(cell.evidence),
            "what differs": plain(cell.differs),
            **({} if first == "method" else {"printed in": cell.table}),
        }
        for cell in cells
    ]


def theirs() -> None:
    """The published tables of one data set."""
    st.subheader("Published, mixed protocols", anchor=False)
    st.caption(
        "Quoted from papers, not measured here: other numbers of points, features of networks trained with "
        "labels, best runs beside means. So they do not share an axis with our results. Where a source says that "
        "labels had a part in the choice of a run or of settings, the number is marked: chosen on these labels."
    )
    chosen = st.segmented_control(
        "Published on", data_sets(), default=data_sets()[0], required=True, key=PUBLISHED, bind="query-params"
    )
    for printed in TABLES:
        cells = [cell for cell in published(data=chosen) if cell.table == printed.title]
        if cells:
            st.markdown(f"**{printed.title}**")
            st.caption(plain(printed.about))
            table(their_rows(cells, "method"), f"{printed.title}: {chosen}")
    with st.expander("How reliable a number is"):
        st.markdown("\n".join(f"- **{word}**: {sentence}" for word, sentence in EVIDENCE.values()))
