"""What a page that lists runs says while some of them are read for the first time."""

from __future__ import annotations

import time

import streamlit as st

from epochscope.language import tr
from epochscope.runs.library.catalog import unread

_COUNT_SECONDS, _LEAST_SECONDS, _DRAW_SECONDS = 0.5, 1.0, 3.0


def reading_on(listed: int, waiting: int) -> None:
    """A line that counts; the page is drawn again with what has been read, every few seconds and at the end.

    `listed`, `waiting`: runs that this page shows, and those that it could not show yet.
    """
    if waiting:
        st.fragment(_count, run_every=_COUNT_SECONDS)(listed, waiting, time.monotonic())


def _count(listed: int, waiting: int, drawn: float) -> None:
    left = min(unread(), waiting)
    if time.monotonic() - drawn > (_DRAW_SECONDS if left else _LEAST_SECONDS):
        st.rerun()
    whole = listed + waiting
    st.caption(tr("Reading runs for the first time, the newest first: {n:,} of {all:,} ...", n=whole - left, all=whole))
