"""The stage of the Train page: the embedding, the figures beside it, and the cursor that all of them follow."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from epochscope.figures import Figure, Scene
from epochscope.language import tr
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.embedding import choose_projection, embedding
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.figure_slots import LOW, in_slots, put_in_slot
from epochscope.ui.shared.selected import selection, take_lasso
from epochscope.ui.shared.session import (
    FIGURE_SLOTS,
    FOLLOW,
    STATE,
    flash,
    keep_in_address,
    pending_stage_command,
    take_flash,
)
from epochscope.ui.shared.stage import panel
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import explain
from epochscope.ui.train.branch import family_rows, show_tree, tree_pixels

_ROWS = 6  # of the grid in which figures stand
_FOLLOWS, _WHY = 54, 48  # pixels: the switch of a presentation that is followed, why a run has ended


def stage(run: Run, figures: list[Figure]) -> None:
    """The cursor, the embedding and the figures: in the order of the keyboard. Where they stand: server/page.css."""
    tree = family_rows(run)
    shown = in_slots(figures, in_address(FIGURE_SLOTS) or "")
    tall = max(0, len(shown) - LOW)
    column = [tall if slot < tall else len(shown) - tall for slot in range(len(shown))]
    _divide(run, column, tree_pixels(tree))
    with st.container(key="stage" if shown else "stage-alone"):
        _transport(run, "ended" if not run.live else "paused" if run.status["state"] == "paused" else "live")
        with st.container(key="picture"):
            _embedding(run, "var(--es-picture)")
        with st.container(key="places"):
            for slot, figure in enumerate(shown):
                height = f"var(--es-of-{column[slot]})"
                where = {"run": run.id, "scene": Scene(run.spec.k), "height": height, "choices": figures}
                panel(f"place{slot}", figure, on={"figure": partial(put_in_slot, figures, slot)}, **where)
        show_tree(run, tree)


def _divide(run: Run, column: list[int], tree: int) -> None:
    """Says how many rows each figure takes, and what else takes height.

    `column`: of each place, how many figures share its column; `tree`: pixels that the tree of the run's family needs.
    """
    failed = run.status["state"] in ("failed", "interrupted") and bool(run.status["message"])
    more = (_FOLLOWS if in_address(FOLLOW) else 0) + (_WHY if failed else 0)
    spans = " ".join(f".st-key-place{place} {{ --es-span: {_ROWS // count}; }}" for place, count in enumerate(column))
    style(f":root {{ --es-tree: {tree}px; --es-more: {more}px; }} {spans} {_fewer(column) if tree else ''}")


def _fewer(column: list[int]) -> str:
    """Style that leaves out the third figure of a column where there is a tree and the window is low."""
    thirds = {slot for slot in (column[0] - 1, len(column) - 1) if column[slot] == LOW} if column else set()
    if not thirds:
        return ""
    rest = ", ".join(f".st-key-place{slot}" for slot, count in enumerate(column) if count == LOW)
    out = ", ".join(f".st-key-place{slot}" for slot in sorted(thirds))
    higher = f":root {{ --es-of-{LOW}: var(--es-of-2); }} {rest} {{ --es-span: {_ROWS // 2}; }}"
    return f"@media (min-width: 900px) and (max-height: 899px) {{ {higher} {out} {{ display: none; }} }}"


def _embedding(run: Run, height: str) -> None:
    """The embedding; the selection of a link is applied, and the selection made here is kept in the link."""
    info, count = run.info, len(run.epochs())
    view = EpochView(run, info, count - 1) if info and count else None
    if view:
        selection(view)
        if sentence := take_flash():  # a link whose selection does not fit this run
            explain(EpochscopeError(sentence))
    on = {"select": partial(_take_lasso, view)} if view else {}
    embedding(run, choose_projection(), height=height, command=pending_stage_command(), on=on)


def _take_lasso(view: EpochView, lasso: dict[str, Any]) -> None:
    chosen = take_lasso(view, lasso)
    if chosen and chosen.link is None:
        flash(
            tr(
                "These {n:,} points are too many for a link: the selection is not part of the address.",
                n=len(chosen.rows),
            )
        )


@st.fragment
def _transport(run: Run, drawn: str) -> None:
    """The shared cursor; its epoch and the colors are kept in the address line.

    This panel is also the first to learn that the run has paused or ended.
    """
    event = panel("transport", "transport", run=run.id, height="64px")
    state, known = event.get("state"), st.session_state.get(STATE)
    if state != known:
        st.session_state[STATE] = state
        if state != drawn:
            st.rerun()
    keep_in_address(event)
