"""The Runs page: the stored runs as a table; one click opens a run on the stage."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.runs.store import Run, runs
from core.ui.session import RUN


def runs_page() -> None:
    """Newest first. A run that trains right now, here or on the command line, is listed like any other."""
    found = list(runs())
    st.subheader("Runs", anchor=False)
    if not found:
        st.markdown(
            "No run yet. Press Play on the Train page, or type `python -m core run --dataset digits --method dec`."
        )
        return
    table = pd.DataFrame([_row(run) for run in found])
    chosen = st.dataframe(
        table,
        key="runs",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "ACC": st.column_config.NumberColumn(format="%.3f"),
            "NMI": st.column_config.NumberColumn(format="%.3f"),
            "started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    rows = chosen["selection"]["rows"]
    if st.button("Open on the stage", type="primary", icon=":material/play_circle:", disabled=not rows):
        st.switch_page("pages/train.py", query_params={RUN: found[rows[0]].id})
    if st.button("Inspect", icon=":material/troubleshoot:", disabled=not rows):
        st.switch_page("pages/inspect.py", query_params={RUN: found[rows[0]].id})


def _row(run: Run) -> dict[str, object]:
    table = run.epochs()
    last = next((line["scores"] for line in reversed(table) if "scores" in line), {})
    return {
        "started": pd.Timestamp(run.created, unit="s"),
        "run": run.spec.title,
        "state": run.status["state"],
        "epochs": len(table),
        "ACC": last.get("acc"),
        "NMI": last.get("nmi"),
        "seconds": round(sum(line["seconds"] for line in table), 1),
    }
