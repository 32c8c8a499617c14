"""The stage: panels of a run that the browser draws and moves by itself. One component class, mounted once a panel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st
from streamlit.components import v2

from core.figures import FIGURES, Figure, Scene
from core.figures.theme import CONFIG, PALETTE
from core.server.routes import plotly_url, stage_url
from core.ui.session import COLOR, EPOCH, SHOW, in_address

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


def _nothing() -> None:
    """A component reports a value only if something listens to it."""


@lru_cache(maxsize=256)
def _empty(key: str, scene: Scene) -> dict[str, Any]:
    """A figure without its data, as the browser takes it."""
    return {**json.loads(FIGURES[key].empty(scene).to_json() or "{}"), "config": CONFIG}


def prepare(scene: Scene) -> None:
    """Makes the figures of a scene ahead of time: Plotly needs a third of a second for them."""
    for key in FIGURES:
        _empty(key, scene)


def _cursor(link: Sequence[str]) -> dict[str, Any]:
    """Where the cursor starts and what was chosen, by the address line; which runs share it."""
    epoch = in_address(EPOCH) or ""
    return {
        "epoch": int(epoch) if epoch.isdigit() else None,
        "color": in_address(COLOR),
        "link": " ".join(link) or None,
        "lead": link[0] if link else None,
        "show": [name for name in (in_address(SHOW) or "").split(".") if name],
    }


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
    **settings: Any,
) -> Mapping[str, Any]:
    """Mounts one panel: a figure of FIGURES, or "tiles" / "transport". Returns what it reports: epoch, color, pick ...

    `height` in CSS units. With `choices` its title is a menu of these figures; "figure" is the key of the one chosen.
    The epoch of the address line is where the cursor starts; without one it follows the newest. Panels of several runs
    share one cursor if they `link` the same runs; embeddings are then turned towards that of the first.
    `going`: a browser that saw the run end asks again.
    """
    base = "/" + st.get_option("server.baseUrlPath").strip("/") if st.get_option("server.baseUrlPath") else ""
    if isinstance(content, Figure):
        figure = _empty(content.key, scene or Scene(k=0))
        name, about = content.key, {**content.panel, **settings}
    else:
        figure, name, about = None, content, {"kind": content, **settings}
    return _stage(
        key=key,
        data={
            "name": key if link else name,
            "run": run,
            "base": base,
            "stage": stage_url(),
            "plotly": f"{base}/{plotly_url()}",
            "panel": about,
            "figure": figure,
            "palette": PALETTE,
            "cursor": _cursor(link),
            "height": height,
            "going": going,
            **({"choices": [[one.key, one.title] for one in choices], "chosen": name} if choices else {}),
        },
        on_color_change=_nothing,
        on_epoch_change=_nothing,
        on_figure_change=_nothing,
        on_show_change=_nothing,
        on_state_change=_nothing,
        on_pick_change=_nothing,
        on_select_change=_nothing,
    )
