"""Beside the buttons of the Train page: the name of the run with its settings behind it, and links to other views."""

from __future__ import annotations

import streamlit as st

from epochscope.language import tr
from epochscope.runs.format.run import Run
from epochscope.runs.library.names import name_of
from epochscope.ui.runs.export import export_menu
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import EPOCH, PRESENT, RUN, SELECTED
from epochscope.ui.shared.text import plain
from epochscope.ui.train.next_run import shown_settings
from epochscope.ui.train.present import TWO


def name_and_ways(run: Run, said: str) -> None:
    """The name of the run, its settings behind it, and links to other views of it. `said`: as by `whose`."""
    st.button(
        tr("Present"),
        icon=":material/slideshow:",
        key="present",
        help=tr("One or two figures in large type, for presentations."),
        on_click=press(put_in_address),
        args=(PRESENT, TWO),
    )
    asked = {RUN: run.id, **{name: here for name in (EPOCH, SELECTED) if (here := in_address(name))}}
    st.page_link(
        "pages/inspect.py",
        label=tr("Inspect"),
        icon=":material/troubleshoot:",
        help=tr("Why this run looks as it does."),
        query_params=asked,
    )
    export_menu([run], key="export-menu", label="")
    with st.popover(
        plain(name_of(run)),
        icon=":material/list_alt:",
        type="tertiary",
        help=tr("The settings this run was trained with."),
        key="shown-with",
    ):
        shown_settings(run)
    if said:
        with st.container(key="said"):
            st.caption(said)


def whose(run: Run, *, here: bool, live: bool, hands_off: str) -> str:
    """Why these buttons cannot control a run, to be shown behind its name; empty if they can."""
    if hands_off and live:
        return tr("started by somebody else: view only")
    if run.spec.external and not live:
        return tr("recorded: view only")
    return "" if here or not live else tr("trained by another program: view only")
