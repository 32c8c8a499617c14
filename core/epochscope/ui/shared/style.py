"""Style sheets of pages."""

from __future__ import annotations

import streamlit as st


def style(css: str) -> None:
    """Adds rules to the page, without an element that would take room."""
    st.html(f"<style>{css}</style>")


def leave_room_for_a_message() -> None:
    """To be called before the first `style`.

    Streamlit keeps styles where it keeps toasts, and a toast from a button of a fragment, which draws no style, takes
    the first place there: the page would lose its style.
    """
    st.html("<style></style>")
