"""What every lab page has: a question, its answer in one sentence, claims with their residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import streamlit as st

from core.labs.base import Claim


class Edit(NamedTuple):
    """What a person did on a board: where everything is now, or that they want the next step."""

    points: list[list[float]]  # those that may be added and taken away
    others: list[list[float]]
    serial: int
    step: bool


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


def kept(state: str, start: object, reset: Callable[[], None]) -> Any:
    """st.session_state[state], made anew by `reset` where it began from another start than is chosen now.

    Who comes back to a page finds its controls as they are at first, but not what a lab has put there itself.
    """
    origin = f"{state}-start"
    if state not in st.session_state or st.session_state.get(origin) != start:
        reset()
        st.session_state[origin] = start
    return st.session_state[state]


def edited(answer: Mapping[str, Any], n: int, others: int, told: int, *, most: int) -> Edit | None:
    """What a board answered whose first `n` handles are points, by number; None if that is known already or no news.

    One point always stays, and there are never more than `most`.
    """
    serial, xy = answer.get("serial"), _numbers(answer.get("xy"))
    if not isinstance(serial, int) or serial == told or xy is None or len(xy) != n + others:
        return None
    points = xy[:n]
    gone, new = answer.get("remove"), _numbers([answer.get("add")])
    if isinstance(gone, int) and 0 <= gone < n and n > 1:
        del points[gone]
    if new is not None and len(points) < most:
        points += new
    return Edit(points, xy[n:], serial, bool(answer.get("step")))


def handles(
    xy: Sequence[Sequence[float]], name: str, colors: Sequence[str], *, center: bool = False
) -> list[dict[str, Any]]:
    """Points that a person drags and takes away, or centers (diamonds with their number), by name and number."""
    more = {"shape": "diamond"} if center else {"shape": "circle", "may_go": True}
    return [
        {"x": x, "y": y, "color": color, "name": f"{name} {i}", **more, **({"letter": str(i)} if center else {})}
        for i, ((x, y), color) in enumerate(zip(xy, colors, strict=True), 1)
    ]


def run_bar(running: str, on_step: Callable[[], None], on_reset: Callable[[], None]) -> None:
    """Buttons to go a step, to run or stop (st.session_state[running]), and to start anew."""
    one, run, back = st.columns(3, gap="xxsmall")
    one.button("Step", key="one", on_click=on_step, width="stretch")
    going = st.session_state.get(running, False)
    change = {running: not going}
    run.button(
        "Stop" if going else "Run",
        key="run",
        type="primary",
        width="stretch",
        on_click=st.session_state.update,
        args=(change,),
    )
    back.button("Reset", key="reset", on_click=on_reset, width="stretch")


def colored(color: str, tex: str) -> str:
    """A part of a formula in the color that its quantity has in the picture."""
    return rf"\textcolor{{{color}}}{{{tex}}}"


def aligned(*lines: str) -> None:
    """A small formula of some lines, one below the other at their &."""
    st.latex(r"\small\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}")


def _numbers(pairs: object) -> list[list[float]] | None:
    """Pairs of finite numbers as they came from a browser, or None if they are anything else."""
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return None
    if not all(isinstance(value, int | float) and isfinite(value) for pair in pairs for value in pair):
        return None
    return [[float(value) for value in pair] for pair in pairs]


def _line(claim: Claim) -> str:
    sign = ":green[:material/check_circle:]" if claim.holds else ":red[:material/cancel:]"
    off = f"{claim.residual:.1e}" if claim.residual else "0"
    return f":small[{sign} {claim.says} :gray[· off by {off}]]"
