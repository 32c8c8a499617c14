"""The Tours page: a card for each story, with what it teaches and a link to its first step."""

from __future__ import annotations

import streamlit as st

from epochscope.language import tr
from epochscope.tours import STORIES, Story
from epochscope.types import EpochscopeError
from epochscope.ui.shared.links import introduction_link
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain
from epochscope.ui.tours.bar import STYLE, way


def tours_page() -> None:
    """One card per story."""
    st.subheader(tr("Tours"), anchor=False)
    st.caption(
        tr(
            "Each step shows a recorded run at a certain epoch and puts a frame around what to look at. Everything "
            "stays interactive: replay, drag, choose other colors. Every step has its own link: copy it from the "
            "address bar."
        )
    )
    style(STYLE)
    introduction_link()
    try:
        with st.grid(2, min_column_width=380, gap="small", key="tours"):
            for story in STORIES.values():
                with st.container(border=True, key=f"tour-{story.key}", gap="xsmall", height="stretch"):
                    _card(story)
    except EpochscopeError as error:
        explain(error)


def _card(story: Story) -> None:
    st.markdown(f"**{tr(story.title)}**")
    st.markdown(tr(story.learn))
    st.caption(tr("{n} steps · about {m} minutes", n=len(story.steps), m=story.minutes))
    st.html(way(story, 1, tr("Start"), "tour-on"))
