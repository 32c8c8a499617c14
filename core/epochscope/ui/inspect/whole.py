"""All points of a run at one epoch: confusion, flow between clusters, confidence of Q, and curves over the epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from epochscope.figures import FIGURES, Scene, certainty, confusion, flow
from epochscope.inspect import whole
from epochscope.runs.library.shown import provides
from epochscope.ui.inspect import over_time
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.session import FOCUS, SINCE, SINCE_BOX
from epochscope.ui.shared.stage import chart, panel

_LOW, _TALL = "290px", "400px"
_NARROW = 260  # CSS pixels of width that a figure needs beside another


class Part(NamedTuple):
    """One figure of this view; `draw` returns False if the epoch lacks what it needs."""

    key: str
    title: str
    draw: Callable[[EpochView, str], bool]
    offered: Callable[[EpochView], bool] = lambda view: True  # else nothing is said of it


def whole_view(view: EpochView) -> None:
    """The pinned figure on top and large, the others below, two in a row if there is room."""
    parts = {part.key: part for part in PARTS}
    focus = in_address(FOCUS)
    if focus in parts:
        with st.container(border=True, key="focus"):
            if not parts[focus].draw(view, _TALL):
                st.caption(_absent(view, [parts[focus].title]))
            st.button("Unpin", key="unfocus", type="tertiary", on_click=put_in_address, args=(FOCUS, None))
    missing: list[str] = []
    with st.grid(2, min_column_width=_NARROW, gap="small", key="whole"):
        for part in PARTS:
            if part.key == focus or not part.offered(view):
                continue
            with st.container(key=f"whole-{part.key}", gap="xxsmall"):
                if not part.draw(view, _LOW):
                    missing.append(part.title)
    if missing:
        st.caption(_absent(view, missing))


def _absent(view: EpochView, titles: list[str]) -> str:
    """Which figures are not there, and why: one line for all of them."""
    if len(view.run.epochs()) == 1:
        return f"Only epoch {view.epoch} ({view.phase}) is recorded; these need later ones: {', '.join(titles)}."
    return f"No data at epoch {view.epoch} ({view.phase}): {', '.join(titles)}."


def _confusion(view: EpochView, height: str) -> bool:
    labels, truth = view.labels(), view.truth
    if labels is None or truth is None:
        return False
    found = whole.confusion(truth=truth, labels=labels, classes=len(view.classes), k=view.k)
    chart("confusion", confusion.figure(found, view.classes), run=view.run.id, height=height)
    return True


def _flow(view: EpochView, height: str) -> bool:
    first = view.first_with("labels")
    if first is None or view.epoch <= first:
        return False
    since = since_epoch(view, first)
    before, after = view.labels(since), view.labels()
    if before is None or after is None:
        return False
    found = whole.flow(before=before, after=after, k=view.k, epochs=(since, view.epoch))
    chart("flow", flow.figure(found, view.hues), run=view.run.id, height=height)
    choose_since(view, first, since)
    return True


def since_epoch(view: EpochView, first: int) -> int:
    """The epoch to compare with: the one of the address line, else the one before the cursor's."""
    asked = in_address(SINCE) or ""
    since = int(asked) if asked.isdigit() else view.epoch - 1
    return min(max(since, first), max(view.epoch - 1, first))


def compared_epoch(view: EpochView) -> int:
    """The same, wherever clusters begin; that of the view where there is none before."""
    return since_epoch(view, view.first_with("labels") or 0)


def choose_since(view: EpochView, first: int, since: int) -> None:
    """A slider for the epoch to compare with; at its right end it follows the cursor."""
    if view.epoch - 1 <= first:
        return
    st.session_state[SINCE_BOX] = since

    def keep(chosen: int) -> None:
        put_in_address(SINCE, None if chosen >= view.epoch - 1 else chosen)

    st.slider(
        "Compare with epoch",
        first,
        view.epoch - 1,
        key=SINCE_BOX,
        help="At its right end it stays one epoch behind the cursor.",
        on_change=with_value(SINCE_BOX, keep),
    )


def _confidence(view: EpochView, height: str) -> bool:
    q = view.array("q")
    if q is None:
        return False
    labels, truth, of = view.labels(), view.truth, view.matched
    wrong = None
    if labels is not None and truth is not None and of is not None:
        wrong = whole.mistakes(truth=truth, labels=labels, of=of)[view.drawn]
    chart("confidence", certainty.confidence(whole.confidence(q, wrong)), run=view.run.id, height=height)
    return True


def _sharpening(view: EpochView, height: str) -> bool:
    q, p = view.array("q"), view.array("p")
    if q is None or p is None:
        return False
    chart("sharpening", certainty.sharpening(whole.sharpening(q, p)), run=view.run.id, height=height)
    return True


def _frequencies(view: EpochView, height: str) -> bool:
    labels = view.labels()
    if labels is None:
        return False
    found = whole.frequencies(labels, view.k, view.array("q"), view.array("p"))
    chart("frequencies", certainty.frequencies(found), run=view.run.id, height=height)
    return True


def _of_the_stage(key: str) -> Part:
    """A figure of the Train page, which the stage keeps at the cursor's epoch."""

    def draw(view: EpochView, height: str) -> bool:
        panel(f"whole.{key}", FIGURES[key], run=view.run.id, scene=Scene(view.k), height=height)
        return True

    return Part(key, FIGURES[key].title, draw, _recorded(*FIGURES[key].needs))


def _recorded(*names: str) -> Callable[[EpochView], bool]:
    """Whether a run has all of these at some epoch."""
    return lambda view: provides(view.run, None) >= set(names)


PARTS = (
    Part("confusion", "Classes and clusters", _confusion, _recorded("labels", "truth")),
    Part("flow", "Flow between clusters", _flow),
    Part("shares", "Cluster sizes over the epochs", over_time.shares),
    _of_the_stage("scores"),
    Part("confidence", "Confidence", _confidence, _recorded("q")),
    Part("sharpening", "P against Q", _sharpening, _recorded("q", "p")),
    Part("frequencies", "Soft cluster frequency", _frequencies),
    _of_the_stage("changed"),
    _of_the_stage("entropy"),
    Part("spread", "Spread of the codes", over_time.spread),
    Part("directions", "Directions of the codes", over_time.directions),
    Part("order", "Order of the rows", over_time.order, over_time.has_order),
    Part("vectors", "Lists of numbers", over_time.vectors, over_time.has_vectors),
    _of_the_stage("losses"),
)
