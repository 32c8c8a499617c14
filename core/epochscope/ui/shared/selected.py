"""The selection of points: kept in the address line, so that a link reopens it; in the session if it is too large."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from epochscope.inspect.changes import columns
from epochscope.inspect.links import letters_as_places, places_as_letters, places_of_bits
from epochscope.inspect.query import matching
from epochscope.language import tr
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.epoch_facts import facts_of
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.session import SELECTED, SELECTION, flash, stage_command


class Selection(NamedTuple):
    """Rows of the data set, in words how they were chosen, and their form in the address line (None: too many)."""

    run: str
    rows: np.ndarray
    words: str
    link: str | None


def selection(view: EpochView) -> Selection | None:
    """The current selection, made here or by a link; one from a link is also sent to the stage."""
    link, known = in_address(SELECTED), st.session_state.get(SELECTION)
    if known and (known.run, known.link) == (view.run.id, link):
        return known
    if link is None:
        return None
    try:
        rows, words = _read(view, link)
    except EpochscopeError as error:
        flash(str(error))
        put_in_address(SELECTED, None)
        return None
    return _keep(view, rows, words, link, tell=True)


def select_group(view: EpochView, kind: str, group: int) -> Selection | None:
    """Makes all points of a class, or of a cluster at this epoch, the selection, here and on the stage."""
    link = f"class-{group}" if kind == "class" else f"cluster-{group}-{view.epoch}"
    rows, words = _read(view, link)
    return _keep(view, rows, words, link, tell=True)


def select_query(view: EpochView, since: int, line: str) -> Selection:
    """Makes the points that fit a line the selection, here and on the stage; numbers that need an earlier epoch are
    compared with `since`. Raises EpochscopeError for a line that cannot be read or that no point fits.
    """
    link = f"query-{view.epoch}-{since}-{line.strip()}"
    rows, words = _read(view, link)
    return _keep(view, rows, words, link, tell=True)


def select_rows(view: EpochView, rows: np.ndarray, words: str) -> Selection:
    """Makes these points the selection, here and on the stage."""
    places = view.place[rows]
    letters = places_as_letters(places, len(view.drawn)) if (places >= 0).all() else ""
    return _keep(view, rows, words, f"points-{view.epoch}-{letters}" if letters else None, tell=True)


def take_lasso(view: EpochView, lasso: dict[str, Any]) -> Selection | None:
    """Selects the points inside a box or lasso of the stage, at the epoch that it was drawn on; an empty one clears the
    selection.
    """
    view = view._replace(epoch=min(int(lasso.get("epoch", view.epoch)), len(view.run.epochs()) - 1))
    places = places_of_bits(str(lasso.get("bits", "")), len(view.drawn))
    if not len(places):
        clear(tell=False)
        return None
    rows = view.drawn[places]
    letters = places_as_letters(places, len(view.drawn))
    link = f"points-{view.epoch}-{letters}" if letters else None
    return _keep(view, rows, _drawn_at(view.epoch), link, tell=False)


def clear(*, tell: bool = True) -> None:
    """Clears the selection. `tell`: the stage must be told."""
    st.session_state.pop(SELECTION, None)
    put_in_address(SELECTED, None)
    if tell:
        stage_command(select=None)


def _keep(view: EpochView, rows: np.ndarray, words: str, link: str | None, *, tell: bool) -> Selection:
    kept = st.session_state[SELECTION] = Selection(view.run.id, rows, words, link)
    put_in_address(SELECTED, link)
    if tell:
        places = view.place[rows]
        stage_command(select=places[places >= 0].tolist())
    return kept


def _drawn_at(epoch: int) -> str:
    return tr("inside the box or lasso drawn at epoch {epoch}", epoch=epoch)


def _read(view: EpochView, link: str) -> tuple[np.ndarray, str]:
    """The rows that a link selects, and a description. Raises EpochscopeError if it fits nothing of this run."""
    kind, _, rest = link.partition("-")
    if kind == "points":
        epoch, _, letters = rest.partition("-")
        return view.drawn[letters_as_places(letters, len(view.drawn))], _drawn_at(_number(epoch))
    if kind == "query":
        return _fitting(view, rest)
    group, _, epoch = rest.partition("-")
    labels, words = None, ""
    if kind == "class" and _number(group) < len(view.classes):
        labels, words = view.truth, tr("of class {name}", name=view.class_name(_number(group)))
    elif kind == "cluster":
        labels, words = (
            view.labels(_number(epoch)),
            tr("of cluster {j} at epoch {epoch}", j=_number(group), epoch=_number(epoch)),
        )
    rows = np.zeros(0, int) if labels is None else np.flatnonzero(labels == _number(group))
    if not len(rows):
        raise EpochscopeError(tr("The selection of this link does not fit this run; select the points again."))
    return rows, words


def _fitting(view: EpochView, rest: str) -> tuple[np.ndarray, str]:
    """The points that fit the line of a link, at the epoch and beside the one that it names."""
    epoch, _, more = rest.partition("-")
    since, _, line = more.partition("-")
    last = len(view.run.epochs()) - 1
    at, then = min(_number(epoch), last), min(_number(since), last)
    facts = facts_of(view._replace(epoch=at), then)
    rows = np.flatnonzero(matching(line, columns(facts)))
    if not len(rows):
        raise EpochscopeError(f"No point fits this query at epoch {at}; the selection is as it was.")
    return rows, f"that fit “{line}” at epoch {at}, beside epoch {then}"


def _number(text: str) -> int:
    """A number from a link; if the text is not one, a number so large that nothing has it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 10**9
