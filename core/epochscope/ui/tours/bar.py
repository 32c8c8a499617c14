"""The bar of a tour: the step, its text, the ways to the others. Its whole state is in the address line.

Back and Next keep the page that is open: they write what the link to their step says into the address line, the widgets
and the stage. So nothing is loaded again, and where only the epoch or the frame moves, only these do.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import urlencode

import streamlit as st

from epochscope.language import marked, tr
from epochscope.projections import PROJECTIONS
from epochscope.tours import STORIES, Step, Story
from epochscope.tours.base import address, closed, find_step, missing_step, step_text
from epochscope.types import NO_OVERLAY, EpochscopeError
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.press import Way, go_to, press
from epochscope.ui.shared.session import (
    COLOR,
    COMPARED,
    CURVE,
    EPOCH,
    FIGURE_SLOTS,
    FOCUS,
    FUTURES,
    POINT,
    PROJECTION,
    RUN,
    RUNS,
    SELECTED,
    SHOW,
    SINCE,
    TOUR,
    VIEW,
    stage_command,
)
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain, plain

_MARK = "#d55e00"
"""Color of the frame around what a step is about; visible in both themes."""
_ON_LINE = {900: 92, 1300: 140}  # letters of a text that a line of the bar has, by the least width of a window
_LINE, _AROUND, _LEAST = 21, 20, 54  # pixels of a line, of what is around the text, and of a bar with one line
STYLE = f"""
.st-key-tour-bar {{ position: sticky; top: 3.6rem; z-index: 20; box-sizing: border-box; padding: 0.35rem 0.75rem;
  border-radius: 0.5rem; border: 1px solid #8885; border-left: 5px solid {_MARK}; background: Canvas; }}
.tour-text {{ margin: 0; font-size: 0.95rem; line-height: 1.35; text-wrap: pretty; }}
.tour-text b {{ margin-right: 0.4rem; }}
.st-key-tour-bar button {{ min-height: 0; height: 2rem; }}
.tour-place {{ opacity: 0.75; font-variant-numeric: tabular-nums; padding-right: 0.3rem; white-space: nowrap; }}
a.tour-way, a.tour-way:visited {{ display: inline-block; padding: 0 0.8rem; line-height: 1.9rem; border-radius: 0.5rem;
  border: 1px solid #8886; text-decoration: none; color: inherit; font-size: 0.95rem; }}
a.tour-way:hover {{ border-color: {_MARK}; }}
a.tour-way:focus-visible {{ outline: 2px solid {_MARK}; outline-offset: 2px; }}
@media (max-width: 640px) {{
  .st-key-tour-bar {{ position: static; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.4rem; }}
  .st-key-tour-bar > * {{ flex: 1 0 100%; }}
}}
.st-key-compare-bar {{ display: none; }}
a.tour-on {{ border: 2px solid currentColor; line-height: calc(1.9rem - 2px); font-weight: 600; }}
"""
"""Style of the bar and its links."""
_TEXT_ABOVE = """
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] > * > [data-testid="stLayoutWrapper"] { display: contents; }
  .st-key-line-of-run { order: 1; }
}
"""
"""On a phone a tour is text above, the picture below it, then what moves the training."""


def bar(page: str) -> None:
    """Draws the bar above a page ("" is Train) if the address line names a step of a tour on this page.

    A step that does not exist is said.
    """
    asked = in_address(TOUR)
    now = find_step(STORIES, asked)
    if now is None:
        if asked is not None:
            st.warning(plain(missing_step(STORIES, asked)), icon=":material/tour:")
        return
    story, place = now
    step = story.steps[place - 1]
    if step.page != page:
        return
    try:
        title, text = step_text(story, step)
        style(_style(step, title + text))
        with st.container(key="tour-bar", horizontal=True, vertical_alignment="center", gap="medium", wrap=False):
            st.html(f'<div class="tour-text"><b>{escape(closed(title))}</b>{escape(text)}</div>')
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content", wrap=False):
                _ways(story, place)
    except EpochscopeError as error:
        explain(error)


def way(story: Story, place: int, label: str, kind: str = "") -> str:
    """A link, as HTML, to a step of a tour."""
    page, asked = story.steps[place - 1].page, urlencode(address(story, place))
    return f'<a class="tour-way {kind}" href="{escape(f"./{page}?{asked}")}">{escape(label)}</a>'


def _ways(story: Story, place: int) -> None:
    """Where the step is among the others, and the buttons that lead to them."""
    last = len(story.steps)
    st.html(f'<div class="tour-place">{tr("{n} of {all}", n=place, all=last)}</div>', width="content")
    if place > 1:
        _step_button(marked("Back"), story, place, place - 1)
    if place < last:
        _step_button(marked("Next"), story, place, place + 1)
    else:
        st.button(tr("Other tours"), key="tour-others", type="primary", on_click=go_to, args=("pages/tours.py", {}))
    st.button(
        tr("End"), key="tour-end", on_click=put_in_address, args=(TOUR, None), help=tr("Ends the tour; the page stays.")
    )


def _step_button(label: str, story: Story, place: int, to: int) -> None:
    """Leads to another step of the story."""
    page = story.steps[to - 1].page
    elsewhere = "" if page == story.steps[place - 1].page else f"pages/{page or 'train'}.py"
    st.button(
        tr(label),
        key=f"tour-{label.lower()}",
        type="primary" if label == "Next" else "secondary",
        on_click=_go,
        args=(address(story, to), elsewhere),
    )


_OF_A_STEP = (TOUR, RUN, RUNS, EPOCH, COLOR, SHOW, FIGURE_SLOTS, FOCUS, VIEW, POINT, SINCE, SELECTED, FUTURES)
"""What a step sets in the address line. Projection and curve are set by their widgets."""


@press
def _go(asked: Mapping[str, str], elsewhere: str) -> Way | None:
    """Sets widgets, stage and address line to what the link to a step says. `elsewhere`: its page, if not this one."""
    state = st.session_state
    title = asked.get(PROJECTION, PROJECTIONS["pca"].title)
    state[PROJECTION] = next(key for key, one in PROJECTIONS.items() if one.title == title)
    if CURVE in asked:
        state[CURVE] = asked[CURVE]
    if RUNS in asked:
        state[COMPARED] = asked[RUNS].split(".")
    if not elsewhere:
        for name in _OF_A_STEP:
            put_in_address(name, asked.get(name))
    show = asked.get(SHOW, NO_OVERLAY).split(".")
    order: dict[str, Any] = {"color": asked.get(COLOR), "show": [name for name in show if name != NO_OVERLAY]}
    stage_command(epoch=int(asked[EPOCH]) if EPOCH in asked else None, **order)
    kept = {name: asked[name] for name in asked if name not in (PROJECTION, CURVE)}
    return Way(elsewhere, kept) if elsewhere else None


def _room(text: str) -> str:
    """Style: how much the bar takes from the figures below it, by how many lines its text has in a window."""
    letters = sum(2 if east_asian_width(one) in "WF" else 1 for one in text)
    heights = {width: max(_LEAST, _AROUND + _LINE * -(-letters // most)) for width, most in _ON_LINE.items()}
    rules = (f"@media (min-width: {width}px) {{ :root {{ --es-tour: {high}px; }} }}" for width, high in heights.items())
    return " ".join(rules)


def _style(step: Step, text: str) -> str:
    """Style of the bar, the room for it, and a frame around what the step is about."""
    frame = f"outline: 3px solid {_MARK}; outline-offset: 3px; border-radius: 6px;"
    narrow = _AROUND + 3 * _LINE  # where figures stand below each other, nothing has to fit
    room = f":root {{ --es-tour: {narrow}px; --es-wide: 2.1fr; --es-compare-bar: 0px; }} {_room(text)}"
    return f"{STYLE} {room} {_TEXT_ABOVE} .st-key-{step.look} {{ {frame} }}"
