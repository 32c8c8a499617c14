"""The stage: panels of a run or a lab that the browser draws and animates. One component class, mounted per panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v2

from epochscope import glossary
from epochscope.figures import FIGURES, Figure, Scene
from epochscope.figures.sent import as_sent, empty_as_sent
from epochscope.figures.theme import PALETTE
from epochscope.server.routes import plotly_url
from epochscope.server.stage_files import stage_url
from epochscope.types import NO_OVERLAY
from epochscope.ui.shared.session import COLOR, EPOCH, HEADLINE, SHOW, in_address

# Loads the stage's modules from our own route once for all panels: they share one store per run.
_SHIM = """
export default function (component) {
  const host = component.parentElement;
  const { base, stage } = component.data;
  host.__mount = import(window.location.origin + base + "/" + stage).then((module) => module.mount(component));
  return () => host.__mount.then((unmount) => unmount && unmount());
}
"""

_stage = v2.component("stage", js=_SHIM, isolate_styles=False)


# Looks after the keyboard's focus (stage/runtime/focus.js) on every page, also where there is no panel.
_FOCUS_SHIM = """
export default function ({ data: { base, module } }) {
  import(window.location.origin + base + "/" + module).then(({ keepFocus }) => keepFocus());
}
"""

_focus = v2.component("focus", js=_FOCUS_SHIM, isolate_styles=False)


def look_after_focus() -> None:
    """What opens over a page gets the focus, and no button that was pressed loses it. Takes no room (page.css)."""
    module = stage_url().replace("stage.js", "runtime/focus.js")
    _focus(key="focus-keeper", data={"base": _base(), "module": module})


def _base() -> str:
    """What stands before all addresses of the server: "" or "/" and its base path."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _nothing() -> None:
    """A component reports a value only if something listens to it."""


_EVENTS = ("back", "color", "count", "epoch", "figure", "show", "state", "pick", "select")
_QUIET: Mapping[str, Callable[[], None]] = {}


def prepare(scene: Scene) -> None:
    """Makes the figures of a scene ahead of time: Plotly needs a third of a second for them."""
    for key in FIGURES:
        empty_as_sent(key, scene)


def panel(
    key: str,
    content: Figure | str,
    *,
    run: str | None,
    scene: Scene | None = None,
    height: str,
    choices: Sequence[Figure] = (),
    link: Sequence[str] = (),
    going: bool = False,
    command: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Mapping[str, Any]:
    """Mounts one panel: a figure of FIGURES, or "tiles" / "transport". Returns what it reports: epoch, color, pick ...

    `height` in CSS units. With `choices` its title is a menu of these figures; "figure" is the key of the one chosen.
    The epoch of the address line is where the cursor starts; without one it follows the newest. Panels of several runs
    share one cursor if they `link` the same runs; embeddings are then rotated toward that of the first.
    `going`: the run is live; a browser that has seen it end asks again, since it was continued.
    `command` is carried out once: {"id": a number that grows, "epoch": a number or None for the newest, "color": ...,
    "show": overlays, "pick": place, "select": places or None}.
    """
    if isinstance(content, Figure):
        figure = empty_as_sent(content.key, scene or Scene(k=0))
        name, about = content.key, {**content.panel, **settings}
        explained = {"title": content.title, "about": glossary.FIGURES.get(content.key, "")}
    else:
        figure, name, about, explained = None, content, {"kind": content, **settings}, {}
    more: dict[str, Any] = {**explained, "going": going, **({"order": command} if command else {})}
    if choices:
        more |= {"choices": [[one.key, one.title] for one in choices], "chosen": name}
    name = key if link else name
    return _mounted(key, run=run, link=link, name=name, panel=about, figure=figure, height=height, **more)


def chart(key: str, figure: go.Figure | dict[str, Any], *, run: str, height: str, epochs: bool = False) -> None:
    """A figure with its data, drawn again in place when it changes. `epochs`: its x axis, which shows the cursor."""
    made = as_sent(figure) if isinstance(figure, go.Figure) else figure
    _mounted(key, run=run, name=key, panel={"kind": "chart", "epochs": epochs}, figure=made, height=height)


def lab_panel(key: str, kind: str, *, lab: str, height: str = "auto", **settings: Any) -> None:
    """A part of a lab (epochscope.labs): a "board" or a "chart" with one of its figures, by `key`; "dials", "claims" or
    "words".
    """
    _mounted(key, run=None, lab=lab, name=key, panel={"kind": kind, **settings}, figure=None, height=height)


def futures_panel(
    key: str, kind: str, *, futures: str, height: str, on_pick: Callable[[int], None] | None = None
) -> None:
    """A panel of futures (epochscope.futures): "multiples", "spread" or "transport". `on_pick` gets the member that was
    clicked before the page is drawn anew.
    """

    def picked() -> None:
        if on_pick and (event := st.session_state[key].get("pick")):
            on_pick(int(event["member"]))

    _mounted(
        key,
        run=None,
        futures=futures,
        name=key,
        panel={"kind": kind, "colors": False, "film": False},
        figure=None,
        height=height,
        on={"pick": picked},
    )


def headline(
    *,
    run: str,
    title: str,
    count: int,
    share: Mapping[str, str] | None,
    on_event: Callable[[Mapping[str, Any]], None],
) -> None:
    """The line above a presentation of `count` figures. `on_event` gets a press before the page is drawn anew:
    "back", or "count" of the figures asked for. `share`: how others follow (epochscope.ui.train.present); None: not.
    """

    def report() -> None:
        on_event(st.session_state[HEADLINE])

    kind, on = {"kind": "headline"}, {"back": report, "count": report}
    more = {"title": title, "count": count, "share": share}
    _mounted(HEADLINE, run=run, name="headline", panel=kind, figure=None, height="64px", on=on, **more)


def gallery(key: str, items: Sequence[tuple[int, str, bool]], *, run: str, label: str) -> Mapping[str, Any]:
    """Drawn points (place, a few letters, whether marked) as pictures; reports the one that was clicked as "pick"."""
    return _mounted(
        key, run=run, name=key, panel={"kind": "gallery"}, figure=None, height="auto", items=list(items), label=label
    )


def _cursor(link: Sequence[str]) -> dict[str, Any]:
    """Where the cursor starts and what was chosen, from the address line; the runs that share the cursor."""
    epoch, show = in_address(EPOCH) or "", in_address(SHOW)
    return {
        "epoch": int(epoch) if epoch.isdigit() else None,
        "color": in_address(COLOR),
        "link": " ".join(link) or None,
        "lead": link[0] if link else None,
        "show": None if show is None else [name for name in show.split(".") if name != NO_OVERLAY],
    }


def _mounted(
    key: str, *, run: str | None, link: Sequence[str] = (), on: Mapping[str, Callable[[], None]] = _QUIET, **data: Any
) -> Mapping[str, Any]:
    base = _base()
    listeners: dict[str, Any] = {f"on_{name}_change": on.get(name, _nothing) for name in _EVENTS}
    return _stage(
        key=key,
        data={
            **data,
            "run": run,
            "base": base,
            "stage": stage_url(),
            "plotly": f"{base}/{plotly_url()}",
            "palette": PALETTE,
            "cursor": _cursor(link),
        },
        **listeners,
    )
