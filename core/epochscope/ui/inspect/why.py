"""Why did these points move: asked for, computed in the background, then bars, arrows and the formula in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.figures import moves as figures
from epochscope.inspect import moves as about
from epochscope.runs.format.points import read_xy
from epochscope.runs.training.move_files import Kept, kept_moves, ships_with_run
from epochscope.runs.training.moves import MOST_POINTS, Job, estimated_seconds, explainer, reason_not_explainable
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.walk import show_point
from epochscope.ui.shared.address import put_in_address
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.own_copy import differs_here, train_again_button
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import EPOCH, SINCE, flash, shown_projection, stage_command, take_flash
from epochscope.ui.shared.stage import chart
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 1.0  # seconds
_MOST_KEPT = 2


def why(view: EpochView, rows: Sequence[int], since: int) -> None:
    """The section for these points (rows of the data), between the epoch `since` and that of the view."""
    rows = sorted(int(row) for row in rows)
    who = "this point" if len(rows) == 1 else f"these {len(rows):,} points"
    with st.container(key="why", gap="xsmall"):
        st.markdown(f"**Why did {who} move from epoch {since} to {view.epoch}?**")
        if refused := _refusal(view, rows, since):
            st.caption(plain(refused))
            return
        job = explainer().known(view.run, rows, since, view.epoch)
        if job is not None and not job.ended:
            st.fragment(_waiting, run_every=_POLL)(job)
        elif job is not None and job.move is not None:
            _shown(view, job.move)
        elif differs_here(view.run):
            _recorded_instead(view)
        else:
            _offer(view, rows, since, job.error if job else "")


def _refusal(view: EpochView, rows: Sequence[int], since: int) -> str:
    if len(rows) > MOST_POINTS:
        return f"At most {MOST_POINTS} points can be explained together; these are {len(rows):,}."
    return reason_not_explainable(view.run, since, view.epoch)


def _offer(view: EpochView, rows: Sequence[int], since: int, error: str) -> None:
    seconds = estimated_seconds(view.run, since, view.epoch)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Explain",
            icon=":material/help_center:",
            key="explain",
            on_click=_ask,
            args=(view, list(rows), since),
            help="Computes the run again up to this epoch, bit for bit, and divides what each gradient step did to "
            "the code among the terms of the loss. You can stop it at any time; what it has found is kept.",
        )
        st.caption(
            f"Computes the run again up to epoch {view.epoch}: about {_time(seconds)}, less with cached pretraining."
        )
    if sentence := error or take_flash():
        st.caption(f":material/info: {plain(sentence)}")


def _recorded_instead(view: EpochView) -> None:
    """Why this move cannot be explained here, and the way to those that were explained when the run was recorded."""
    run = view.run
    st.caption(
        "This run comes with epochscope. On this machine its numbers come out different in the last digits, so its "
        "steps cannot be explained here: train it again here, then ask about that run."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        train_again_button(run, "why-own")
        for number, kept in enumerate(kept_moves(run)[:_MOST_KEPT]):
            who = f"point {kept.points[0]}" if len(kept.points) == 1 else f"{len(kept.points)} points"
            st.button(
                f"Explained when the run was recorded: {who}, epoch {kept.since} to {kept.epoch}",
                icon=":material/help_center:",
                key=f"why-kept{number}",
                type="tertiary",
                disabled=len(kept.points) != 1,
                on_click=_show_kept,
                args=(view, kept),
            )


@press
def _show_kept(view: EpochView, kept: Kept) -> None:
    show_point(view, kept.points[0])
    put_in_address(EPOCH, kept.epoch)
    put_in_address(SINCE, None if kept.since == kept.epoch - 1 else kept.since)
    stage_command(epoch=kept.epoch)


@press
def _ask(view: EpochView, rows: list[int], since: int) -> None:
    try:
        explainer().ask(view.run, rows, since, view.epoch, page_visitor())
    except EpochscopeError as error:
        flash(str(error))


def _waiting(job: Job) -> None:
    if job.ended:
        st.rerun()
    done = min(job.done, job.epoch)
    doing = f"computing epoch {done} of {job.epoch} again" if job.done else "waiting for its turn"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.progress(done / max(job.epoch + 1, 1), text=doing)
        st.button("Stop", icon=":material/stop:", key="explain-stop", on_click=_stop)


@press
def _stop() -> None:
    explainer().stop(page_visitor())


def _shown(view: EpochView, move: about.Move) -> None:
    st.caption(plain(about.sentence(move)))
    plane = _plane(view)
    with st.grid(2, min_column_width=330, gap="small", key="why-grid"):
        with st.container(key="why-bars"):
            chart("why-parts", figures.bar_figure(move, view.hues), run=view.run.id, height="390px")
        if plane is not None:
            with st.container(key="why-arrows"):
                made = figures.arrow_figure(_arrows(view, move, plane), view.hues, shown_projection().projection.title)
                chart("why-plane", made, run=view.run.id, height="390px")
    st.latex(about.sum_formula(move))
    if formula := about.pull_formula(move):
        st.latex(formula)
    _note(view, move, drawn=plane is not None)


def _note(view: EpochView, move: about.Move, *, drawn: bool) -> None:
    epochs = "" if drawn else " Arrows need a linear projection; choose PCA."
    kept = Kept(move.points.tolist(), move.since, move.epoch)
    recorded = " Measured when this run was recorded." if ships_with_run(view.run, kept) else ""
    strongest = " The second formula is the strongest pull of the loss on its code, before the weights pass it on."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"Remainder: {100 * move.left_over:.2g} % of the move, which no part explains: higher-order terms and "
            f"units of the network that switched. Measured over {move.steps:,} gradient steps; {_times(move)}."
            f"{strongest}{epochs}{recorded}"
        )
        with st.popover("All parts", type="tertiary", icon=":material/table_rows:"):
            st.dataframe(
                pd.DataFrame(about.table(move)),
                hide_index=True,
                key="why-table",
                column_config={
                    "along the move": st.column_config.NumberColumn(format="%.4g"),
                    "share": st.column_config.NumberColumn(format="percent"),
                    "length": st.column_config.NumberColumn(format="%.4g"),
                },
            )


def _times(move: about.Move) -> str:
    often = {0: "in no batch", 1: "in a batch once"}.get(move.visits, f"in batches {move.visits:,} times")
    return f"{'it was' if len(move.points) == 1 else 'they were'} {often}"


def _plane(view: EpochView) -> about.PlaneMap | None:
    """The linear map of the shown frame; None where it is not linear, or is not there yet."""
    found = _frame(view)
    z = view.array("z")
    return None if found is None or z is None else about.plane_map(z[: len(found)].astype(np.float64), found)


def _frame(view: EpochView) -> np.ndarray | None:
    stage = shown_projection()
    if stage is None or not stage.projection.linear:
        return None
    journal = view.run.frames(stage.name)
    line = next((line for line in reversed(journal.lines()) if line["epoch"] == view.epoch), None)
    return None if line is None else read_xy(journal, line)


def _arrows(view: EpochView, move: about.Move, plane: about.PlaneMap) -> figures.ArrowView:
    xy, labels = _frame(view), view.labels()
    assert xy is not None
    groups = np.full(len(xy), -1)
    if labels is not None:
        own, hues = labels[view.drawn[: len(xy)]], np.array([*view.hues, -1])
        groups = hues[own]
    return figures.ArrowView(move, plane, xy[:700], groups[:700])


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
