"""What every lab page has: a question, its answer in one sentence, claims with their residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import streamlit as st

from core.labs.base import Claim


def lab(question: str, about: str, body: Callable[[], None]) -> None:
    """The frame of a lab. `body` is drawn again alone when something in it moves."""
    with st.container(gap="xxsmall"):
        st.subheader(question, anchor=False)
        st.caption(about)
    st.fragment(body)()


def show_claims(claims: Sequence[Claim], *, columns: int = 1) -> None:
    """One line a claim: whether it holds here and now, and by how much it is off."""
    each = -(-len(claims) // columns)
    for place, column in enumerate(st.columns(columns, gap="small")):
        lines = [_line(claim) for claim in claims[place * each : (place + 1) * each]]
        column.markdown("  \n".join(lines))


def places(answer: Mapping[str, Any], count: int, told: int) -> list[list[float]] | None:
    """The places (x, y) of all handles of a board as a person left them; None if that is known already or no news."""
    xy, serial = answer.get("xy"), answer.get("serial")
    if not isinstance(serial, int) or serial == told or not isinstance(xy, list) or len(xy) != count:
        return None
    numbers = [[float(value) for value in pair if isinstance(value, int | float) and isfinite(value)] for pair in xy]
    return numbers if all(len(pair) == 2 for pair in numbers) else None


def _line(claim: Claim) -> str:
    sign = ":green[:material/check_circle:]" if claim.holds else ":red[:material/cancel:]"
    return f":small[{sign} {claim.says} :gray[· off by {claim.residual:.1e}]]"
