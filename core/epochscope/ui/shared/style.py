"""Style sheets of pages."""

from __future__ import annotations

import streamlit as st


def style(css: str) -> None:
    """Adds rules to the page.

    Streamlit would put HTML that is nothing but a style among toasts, and the next toast in its place: then the page
    lost its style. With an element beside it, it stays where it was drawn; ui/style.css takes the room from that.
    """
    st.html(f"<i hidden></i><style>{css}</style>")
