"""The Data page: look at a data set before clustering it."""

from __future__ import annotations

import streamlit as st

from epochscope.data.dataset_cache import dataset
from epochscope.types import EpochscopeError
from epochscope.ui.data.card import data_card
from epochscope.ui.data.own import add_your_own, remove_own
from epochscope.ui.shared.setup import by_hand, choose_data, loaded
from epochscope.ui.shared.text import explain


def data_page() -> None:
    """The card of the chosen set; asks before it downloads."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="data-bar"):
        source, params = choose_data(in_bar=True)
    add_your_own()
    try:
        data = loaded(source, params)
        if data is None:
            missing = source.needs_download()
            st.subheader(source.title, anchor=False)
            st.markdown(source.about)
            if missing.by_hand:
                by_hand(missing.by_hand)
                st.button("Check again", icon=":material/refresh:", type="primary")
                return
            if not st.button(f"Download {missing.bytes / 1e6:.0f} MB", icon=":material/download:", type="primary"):
                return
            bar = st.progress(0.0, "Connecting ...")

            def progress(done: int, total: int) -> None:
                bar.progress(done / max(total, 1), f"{done / 1e6:.1f} of {total / 1e6:.1f} MB")

            data = dataset(source.key, params.flat(), progress=progress)
            bar.empty()
        data_card(data, source)
        remove_own(source.key)
    except EpochscopeError as error:
        explain(error)
