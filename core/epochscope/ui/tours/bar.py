"""The bar of a tour: the step, its text, links to the others. Its whole state is in the address line.

Back and Next are links that load the page again: then every widget takes its value from the address, as it does for
whoever was sent that link.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from epochscope.tours import STORIES, Step, Story
from epochscope.tours.base import address, find_step, step_text
from epochscope.types import EpochscopeError
from epochscope.ui.shared.session import TOUR, in_address, put_in_address
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain

_MARK = "#d55e00"
"""Color of the frame around what a step is about; visible in both themes."""
_HEIGHT = 86  # pixels that the bar takes from the figures below it
STYLE = f"""
.st-key-tour-bar {{ position: sticky; top: 3.6rem; z-index: 20; box-sizing: border-box; padding: 0.35rem 0.75rem;
  border-radius: 0.5rem; border: 1px solid #8885; border-left: 5px solid {_MARK}; background: Canvas; }}
.tour-text {{ margin: 0; font-size: 0.95rem; line-height: 1.35; text-wrap: pretty; }}
.tour-text b {{ margin-right: 0.4rem; }}
.st-key-tour-bar button {{ min-height: 0; height: 2rem; }}
.tour-ways {{ display: flex; gap: 0.4rem; align-items: center; white-space: nowrap; }}
.tour-ways span {{ opacity: 0.75; font-variant-numeric: tabular-nums; padding-right: 0.3rem; }}
a.tour-way, a.tour-way:visited {{ display: inline-block; padding: 0 0.8rem; line-height: 1.9rem; border-radius: 0.5rem;
  border: 1px solid #8886; text-decoration: none; color: inherit; font-size: 0.95rem; }}
a.tour-way:hover {{ border-color: {_MARK}; }}
a.tour-way:focus-visible {{ outline: 2px solid {_MARK}; outline-offset: 2px; }}
@media (max-width: 640px) {{
  .st-key-tour-bar {{ position: static; flex-wrap: wrap; gap: 0.4rem; }}
  .st-key-tour-bar > * {{ flex: 1 0 100%; }}
}}
a.tour-on {{ border: 2px solid currentColor; line-height: calc(1.9rem - 2px); font-weight: 600; }}
"""
"""Style of the bar and its links."""


def bar(page: str) -> None:
    """Draws the bar above a page ("" is Train) if the address line names a step of a tour on this page."""
    now = find_step(STORIES, in_address(TOUR))
    if now is None:
        return
    story, place = now
    step = story.steps[place - 1]
    if step.page != page:
        return
    try:
        title, text = step_text(story, step)
        style(_style(step))
        with st.container(key="tour-bar", horizontal=True, vertical_alignment="center", gap="medium", wrap=False):
            st.html(
                f'<div class="tour-text"><b>{escape(title)}{"" if title.endswith("?") else "."}</b>{escape(text)}</div>'
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content", wrap=False):
                st.html(_ways(story, place), width="content")
                st.button(
                    "End",
                    key="tour-end",
                    on_click=put_in_address,
                    args=(TOUR, None),
                    help="Ends the tour; the page stays as it is.",
                )
    except EpochscopeError as error:
        explain(error)


def way(story: Story, place: int, label: str, kind: str = "") -> str:
    """A link, as HTML, to a step of a tour."""
    page, asked = story.steps[place - 1].page, urlencode(address(story, place))
    return f'<a class="tour-way {kind}" href="{escape(f"./{page}?{asked}")}">{escape(label)}</a>'


def _ways(story: Story, place: int) -> str:
    last = len(story.steps)
    links = [way(story, place - 1, "Back")] if place > 1 else []
    links += [way(story, place + 1, "Next", "tour-on") if place < last else _elsewhere()]
    return f'<div class="tour-ways"><span>{place} of {last}</span>{"".join(links)}</div>'


def _elsewhere() -> str:
    return '<a class="tour-way tour-on" href="./tours">Other tours</a>'


def _style(step: Step) -> str:
    """Style of the bar, the room for it, and a frame around what the step is about."""
    frame = f"outline: 3px solid {_MARK}; outline-offset: 3px; border-radius: 6px;"
    room = f":root {{ --es-tour: {_HEIGHT}px; }}"
    return f"{STYLE} {room} .st-key-{step.look} {{ {frame} }}"
