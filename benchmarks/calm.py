"""When a page has come to rest, as JavaScript to wait for."""

from __future__ import annotations

_CALM = """() => {
    // on a phone points need no axes, and a figure is drawn once it is in sight
    const touch = matchMedia("(pointer: coarse)").matches;
    const seen = ({ top, left }) => top < innerHeight && left < innerWidth;
    const waits = (e) => !touch || (!e.closest("[data-kind=points]") && seen(e.getBoundingClientRect()));
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetParent);
    return !shown("[data-testid=stSkeleton]").length
        && shown(".stBidiComponent").every((e) => e.querySelector(".es, .es-empty, .es-failure") || %s)
        && shown(".es-plot").every((e) => e.classList.contains("js-plotly-plot") || !waits(e))
        && %s;
}"""


def calm(empty: str, more: str = "true") -> str:
    """Nothing is loading, and figures stand. `empty`: of which component `e` nothing is expected; `more`: what has to
    hold beside.
    """
    return _CALM % (empty, more)
