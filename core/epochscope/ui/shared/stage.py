"""The stage: panels of a run or a lab that the browser draws and animates. One component class, mounted per panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.components import v2

from epochscope import glossary
from epochscope.figures import FIGURES, Figure, Scene
from epochscope.figures.sent import as_sent, empty_as_sent, translated
from epochscope.figures.theme import PALETTE
from epochscope.language import ENGLISH, LANGUAGES, current, tr
from epochscope.server.routes import plotly_url
from epochscope.server.stage_files import stage_url
from epochscope.types import NO_OVERLAY, EpochscopeError
from epochscope.ui.shared.address import in_address
from epochscope.ui.shared.page_language import COOKIE as LANGUAGE_COOKIE
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.session import COLOR, EPOCH, HEADLINE, LANGUAGE, SHOW, flash

# Loads the stage's modules from our own route once for all panels: they share one store per run. In another language
# than English its catalog comes first.
_LOAD = """
const load = async ({ base, module, language }) => {
  const root = window.location.origin + base + "/";
  if (language) {
    const { loadCatalog } = await import(root + language.module);
    await loadCatalog(language.code, root + language.catalog);
  }
  return import(root + module);
};
"""
_SHIM = f"""{_LOAD}
export default function (component) {{
  const host = component.parentElement;
  host.__mount = load(component.data).then((module) => module.ready.then(() => module.mount(component)));
  return () => host.__mount.then((unmount) => unmount && unmount());
}}
"""

_stage = v2.component("stage", js=_SHIM, isolate_styles=False)


# What every page has, also where there is no panel: the menu of languages, and what looks after the keyboard's focus
# and the browser's history and explains words (stage/runtime).
_FRAME_SHIM = f"""{_LOAD}
export default function ({{ parentElement, data }}) {{
  document.documentElement.lang = data.tag;
  load(data).then(({{ keepFocus }}) => keepFocus());
  load({{ ...data, module: data.history_module }}).then(({{ keepPlaces }}) => keepPlaces());
  load({{ ...data, module: data.words_module }}).then(({{ explainWords }}) => explainWords(data.words));
  const menu = parentElement.querySelector("select");
  menu.setAttribute("aria-label", data.title);
  menu.title = data.title;
  menu.replaceChildren(...data.languages.map(([code, title, tag]) => {{
    const option = new Option(title, code, false, code === data.chosen);
    option.lang = tag;
    return option;
  }}));
  menu.onchange = () => {{
    document.cookie = `${{data.cookie}}=${{menu.value}}; Path=/; Max-Age=31536000; SameSite=Lax`;
    const address = new URL(window.location.href);
    address.searchParams.delete(data.name);
    if (address.href === window.location.href) window.location.reload();
    else window.location.replace(address);
  }};
}}
"""

_frame = v2.component(
    "focus", html='<select class="es-language" aria-label="Language"></select>', js=_FRAME_SHIM, isolate_styles=False
)


def page_frame() -> None:
    """The menu of languages. What opens over a page gets the focus, no button that was pressed loses it, Back leaves
    what is shown, and the words of the glossary are explained to whoever points at them.
    """
    told = {"base": _base(), "module": _module("runtime/focus.js"), "language": _language()}
    history = {"history_module": _module("runtime/way_back.js")}
    listed = [[code, one.title, one.tag] for code, one in LANGUAGES.items()]
    menu = {"title": tr("Language"), "tag": LANGUAGES[current()].tag, "languages": listed, "chosen": current()}
    words = {"words_module": _module("runtime/words.js"), "words": _meanings()}
    _frame(key="page-frame", data={**told, **history, **menu, **words, "cookie": LANGUAGE_COOKIE, "name": LANGUAGE})


def _meanings() -> dict[str, str]:
    """What the words of the glossary mean, in the language of the page; without those that its catalog has not."""
    found = {}
    for word, term in glossary.WORDS.items():
        meaning = glossary.TERMS[term]
        if (translated := tr(meaning)) != meaning or current() == ENGLISH:
            found[tr(word)] = f"{tr(term)}: {translated}"
    return found


def _module(name: str) -> str:
    """Where the browser finds a module of the stage."""
    return stage_url().replace("stage.js", name)


def _language() -> dict[str, str] | None:
    """Where the browser finds the catalog of the language of the page; None for English, which needs none."""
    code = current()
    if code == ENGLISH:
        return None
    return {"code": code, "module": _module("data/language.js"), "catalog": _module(f"messages/{code}.json")}


def _base() -> str:
    """What stands before all addresses of the server: "" or "/" and its base path."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _nothing() -> None:
    """A component reports a value only if something listens to it. One function for all: of others each tab would keep
    hundreds, and the server stands still while the garbage collector looks at them.
    """


_EVENTS = ("back", "color", "count", "epoch", "figure", "show", "state", "pick", "select")
Handlers = Mapping[str, Callable[[Any], None]]
"""Of what a panel reports, by its name: what is done with it, as a callback, before the page is drawn anew. Only this
cannot be lost: what is read where the panel is drawn is gone if that drawing is given up.
"""
_QUIET: Handlers = MappingProxyType({})


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
    on: Handlers = _QUIET,
    **settings: Any,
) -> Mapping[str, Any]:
    """Mounts one panel: a figure of FIGURES, or "tiles" / "transport". Returns its state: epoch, color, show ...

    What happens once (pick, select, figure) goes to the handlers in `on`.

    `height` in CSS units. With `choices` its title is a menu of these figures; "figure" is the key of the one chosen.
    The epoch of the address line is where the cursor starts; without one it follows the newest. Panels of several runs
    share one cursor if they `link` the same runs; embeddings are then rotated toward that of the first.
    `going`: the run is live; a browser that has seen it end asks again, since it was continued.
    `command` is carried out once: {"id": a number that grows, "epoch": a number or None for the newest, "color": ...,
    "show": overlays, "pick": place, "select": places or None}.
    """
    if isinstance(content, Figure):
        figure = translated(empty_as_sent(content.key, scene or Scene(k=0)))
        name, about = content.key, {**content.panel, **settings}
        explained = {"title": tr(content.title), "about": tr(glossary.FIGURES.get(content.key, ""))}
    else:
        figure, name, about, explained = None, content, {"kind": content, **settings}, {}
    more: dict[str, Any] = {**explained, "going": going, **({"order": command} if command else {})}
    if choices:
        more |= {"choices": [[one.key, tr(one.title)] for one in choices], "chosen": name}
    name = key if link else name
    return _mounted(key, run=run, link=link, name=name, panel=about, figure=figure, height=height, on=on, **more)


def chart(key: str, figure: go.Figure | dict[str, Any], *, run: str, height: str, epochs: bool = False) -> None:
    """A figure with its data, drawn again in place when it changes. `epochs`: its x axis, which shows the cursor."""
    made = as_sent(figure) if isinstance(figure, go.Figure) else figure
    _mounted(key, run=run, name=key, panel={"kind": "chart", "epochs": epochs}, figure=made, height=height)


def still_chart(key: str, figure: go.Figure, *, about: str, height: int | None = None, tools: bool = True) -> None:
    """A figure with its data that belongs to no run. `about`: what it shows, for those who do not see it; `height` in
    CSS pixels, if not that of its layout.

    Streamlit would draw it with a plotly.js of its own, all of it, beside the bundle that the stage has.
    """
    made = as_sent(figure)
    made["config"] = {**made["config"], "scrollZoom": False, **({} if tools else {"displayModeBar": False})}
    _mounted(
        key,
        run=None,
        still=True,
        name=key,
        panel={"kind": "chart"},
        figure=translated(made),
        title=about,
        height=f"{height or figure.layout.height}px",
    )


def lab_panel(key: str, kind: str, *, lab: str, height: str = "auto", **settings: Any) -> None:
    """A part of a lab (epochscope.labs): a "board" or a "chart" with one of its figures, by `key`; "dials", "claims" or
    "words".
    """
    _mounted(key, run=None, lab=lab, name=key, panel={"kind": kind, **settings}, figure=None, height=height)


def futures_panel(key: str, kind: str, *, futures: str, height: str, on: Handlers = _QUIET) -> None:
    """A panel of futures (epochscope.futures): "multiples", "spread" or "transport". A "pick" names the member that was
    clicked.
    """
    about = {"kind": kind, "colors": False, "film": False}
    _mounted(key, run=None, futures=futures, name=key, panel=about, figure=None, height=height, on=on)


def headline(*, run: str, title: str, count: int, share: Mapping[str, str] | None, on: Handlers) -> None:
    """The line above a presentation of `count` figures, which reports "back", or the "count" of figures asked for.
    `share`: how others follow (epochscope.ui.train.present); None: not.
    """
    more = {"title": title, "count": count, "share": share}
    _mounted(HEADLINE, run=run, name="headline", panel={"kind": "headline"}, figure=None, height="64px", on=on, **more)


def gallery(
    key: str, items: Sequence[tuple[int, str, bool]], *, run: str, label: str, on_pick: Callable[[int], None]
) -> None:
    """Drawn points (place, a few letters, whether marked) as pictures; `on_pick` gets the row of the one clicked."""
    _mounted(
        key,
        run=run,
        name=key,
        panel={"kind": "gallery"},
        figure=None,
        height="auto",
        items=list(items),
        label=label,
        on={"pick": lambda event: on_pick(int(event["index"]))},
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
    key: str, *, run: str | None, link: Sequence[str] = (), on: Handlers = _QUIET, **data: Any
) -> Mapping[str, Any]:
    base = _base()
    listeners: dict[str, Any] = {
        f"on_{name}_change": _listener(key, name, on[name]) if name in on else _nothing for name in _EVENTS
    }
    return _stage(
        key=key,
        data={
            **data,
            "run": run,
            "base": base,
            "module": stage_url(),
            "language": _language(),
            "plotly": f"{base}/{plotly_url()}",
            "palette": PALETTE,
            "cursor": _cursor(link),
        },
        **listeners,
    )


def _listener(key: str, name: str, handle: Callable[[Any], None]) -> Callable[[], None]:
    """The callback of what the panel reports under this name. Its state may be reported as None."""

    def listener(state: Mapping[str, Any]) -> None:
        if (event := state.get(name)) is None:
            return
        try:
            handle(event)
        except EpochscopeError as error:
            flash(str(error))

    return with_value(key, listener)
