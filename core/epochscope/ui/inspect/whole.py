"""All points of a run at one epoch: confusion, flow between clusters, confidence of Q, and curves over the epochs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from epochscope.figures import FIGURES, Scene, certainty, confusion, flow, over_epochs
from epochscope.figures.sent import as_sent
from epochscope.inspect import whole
from epochscope.runs.format.run import Run
from epochscope.runs.library.history import history
from epochscope.runs.library.shown import provides
from epochscope.runs.training.request import display_of
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.session import FOCUS, SINCE, SINCE_BOX, in_address, put_in_address
from epochscope.ui.shared.stage import chart, panel

_LOW, _TALL = "290px", "400px"


class Part(NamedTuple):
    """One figure of this view; `draw` returns False if the epoch lacks what it needs."""

    key: str
    title: str
    draw: Callable[[EpochView, str], bool]


def whole_view(view: EpochView) -> None:
    """The pinned figure on top and large, the others below, two in a row if there is room."""
    parts = {part.key: part for part in PARTS}
    focus = in_address(FOCUS)
    if focus in parts:
        with st.container(border=True, key="focus"):
            if not parts[focus].draw(view, _TALL):
                _absent(view, parts[focus])
            st.button("Unpin", key="unfocus", type="tertiary", on_click=put_in_address, args=(FOCUS, None))
    missing: list[str] = []
    with st.grid(2, min_column_width=330, gap="small", key="whole"):
        for part in PARTS:
            if part.key == focus:
                continue
            with st.container(key=f"whole-{part.key}", gap="xxsmall"):
                if not part.draw(view, _LOW):
                    missing.append(part.title)
                    st.caption(f"{part.title}: no data at epoch {view.epoch} ({view.phase}).")


def _absent(view: EpochView, part: Part) -> None:
    st.caption(f"{part.title}: no data at epoch {view.epoch} ({view.phase}).")


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
    chart("flow", flow.figure(found), run=view.run.id, height=height)
    choose_since(view, first, since)
    return True


def since_epoch(view: EpochView, first: int) -> int:
    """The epoch to compare with: the one of the address line, else the one before the cursor's."""
    asked = in_address(SINCE) or ""
    since = int(asked) if asked.isdigit() else view.epoch - 1
    return min(max(since, first), max(view.epoch - 1, first))


def choose_since(view: EpochView, first: int, since: int) -> None:
    """A slider for the epoch to compare with; at its right end it follows the cursor."""
    if view.epoch - 1 <= first:
        return
    st.session_state[SINCE_BOX] = since

    def keep() -> None:
        chosen = st.session_state[SINCE_BOX]
        put_in_address(SINCE, None if chosen >= view.epoch - 1 else chosen)

    st.slider(
        "Compare with epoch (default: the one before the cursor)",
        first,
        view.epoch - 1,
        key=SINCE_BOX,
        on_change=keep,
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


@lru_cache(maxsize=16)
def _shares_made(run: Run, epochs: int) -> dict[str, Any] | None:
    lines = [line for line in run.epochs()[:epochs] if line.get("sizes")]
    if len(lines) < 2:
        return None
    shares = np.array([line["sizes"] for line in lines]) / max(sum(lines[-1]["sizes"]), 1)
    numbers = [line["epoch"] for line in lines]
    return as_sent(over_epochs.areas("Cluster sizes over the epochs", numbers, shares, y="share of the points"))


def _shares(view: EpochView, height: str) -> bool:
    made = _shares_made(view.run, len(view.run.epochs()))
    if made is None:
        return False
    chart("shares", made, run=view.run.id, height=height, epochs=True)
    return True


@lru_cache(maxsize=16)
def _spread_made(run: Run, epochs: int) -> dict[str, Any] | None:
    spreads = history(run).spreads()[:epochs]
    if sum(value is not None for value in spreads) < 2:
        return None
    known = [value for value in spreads if value]
    log = bool(known) and max(known) > 30 * min(known)
    title, y = f"Spread of the {display_of(run)['space']}", "RMS distance from their mean"
    return as_sent(over_epochs.curves(title, range(len(spreads)), {"spread": spreads}, y=y, log=log))


def _spread(view: EpochView, height: str) -> bool:
    made = _spread_made(view.run, len(view.run.epochs()))
    if made is None:
        return False
    chart("spread", made, run=view.run.id, height=height, epochs=True)
    return True


def _of_the_stage(key: str) -> Part:
    """A figure of the Train page, which the stage keeps at the cursor's epoch."""

    def draw(view: EpochView, height: str) -> bool:
        if not FIGURES[key].needs <= provides(view.run, None):
            return False
        panel(f"whole.{key}", FIGURES[key], run=view.run.id, scene=Scene(view.k), height=height)
        return True

    return Part(key, FIGURES[key].title, draw)


PARTS = (
    Part("confusion", "Classes and clusters", _confusion),
    Part("flow", "Flow between clusters", _flow),
    Part("shares", "Cluster sizes over the epochs", _shares),
    _of_the_stage("scores"),
    Part("confidence", "Confidence", _confidence),
    Part("sharpening", "P against Q", _sharpening),
    Part("frequencies", "Soft cluster frequency", _frequencies),
    _of_the_stage("changed"),
    _of_the_stage("entropy"),
    Part("spread", "Spread of the codes", _spread),
    _of_the_stage("losses"),
)
