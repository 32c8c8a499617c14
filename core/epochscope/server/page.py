"""The page that a browser is sent: Streamlit's, with what shapes ours in it before anything is painted.

Streamlit's page is empty; what a script draws comes over a socket later. A style that came that way, too, would move
what is painted already. So the style sheet stands in the page itself. So do the addresses of the modules that nearly
every page needs, Streamlit's and ours: the browser fetches them while the script runs, not one after the other when
its first element names them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from epochscope.resources import resource
from epochscope.server import visitors
from epochscope.server.stage_files import module_urls, stage_style_url

_BODY = b"<body>"
"""Behind it stands what is ours: Streamlit writes its rules into the head, and of equal rules the later one holds."""
_ROOT = b'<div id="root">'  # only Streamlit's page has it; pages of our own, such as that of a phone, are whole
_ABOUT_CONTENT = ("etag", "last-modified")  # they are those of Streamlit's file, which may stay when our style changes
_QUESTIONS = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
_WIDGETS = ("BidiComponent", "Html", "Button", "ButtonGroup", "PageLink", "Selectbox", "NumberInput", "Slider")
"""Streamlit's elements that it loads when one is drawn; until then an empty box of another height has their place."""

# Earlier, the modules would keep Streamlit itself waiting: it asks for its configuration, then it connects.
_FETCH_AHEAD = """
new PerformanceObserver((seen, self) => {
  if (!seen.getEntries().some(({ name }) => name.endsWith("/_stcore/host-config"))) return;
  self.disconnect();
  for (const href of %s)
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}).observe({ type: "resource", buffered: true });
"""


# Train without a run has a sidebar, if nobody has closed it; the introduction has none.
_SIDEBAR = """
{
  const root = document.documentElement, { pathname, search } = location, asked = new URLSearchParams(search);
  const train = pathname.endsWith("/") && !asked.has("run") && !asked.has("tour") && !asked.has("introduction")
    && ([...asked.keys()].some((name) => name !== "lang") || document.cookie.includes("epochscope_introduced="));
  const closed = localStorage.getItem(`stSidebarCollapsed-${pathname.split("/").at(-1)}`) === "true";
  if (innerWidth > 768 && !closed && train) {
    root.dataset.esSidebar = "";
    new MutationObserver((_, self) => {
      if (!document.querySelector("[data-testid=stSidebar]") && location.pathname === pathname) return;
      delete root.dataset.esSidebar;
      self.disconnect();
    }).observe(root, { childList: true, subtree: true });
  }
}
"""


def _widget_urls() -> Iterator[str]:
    """The modules of these elements, each with what it imports; none where Streamlit has no list of its modules."""
    try:
        modules = json.loads((Path(file_util.get_static_dir()) / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return
    wanted = [name for name in modules if name.endswith(tuple(f"/{widget}.tsx" for widget in _WIDGETS))]
    known: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in known and name in modules:
            known.add(name)
            wanted += modules[name].get("imports", [])
            yield modules[name]["file"]


@functools.cache
def _ours() -> bytes:
    urls = [f"./{url}" for url in (*_widget_urls(), *module_urls())]
    return (
        f"<style>{resource('server/page.css').read_text('utf-8')}</style>"
        f'<link rel="preload" as="fetch" crossorigin href="./{stage_style_url()}">'
        f"<script>{_SIDEBAR}{_FETCH_AHEAD % json.dumps(urls)}</script>"
    ).encode()


def with_style(page: bytes) -> bytes:
    """Streamlit's page with our style sheet, and with the addresses of what it will need."""
    before, body, after = page.partition(_BODY)
    return before + body + _ours() + after if body and _ROOT in after else page


class Page:
    """Puts our part into each page, and leaves all other answers alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not visitors.asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _QUESTIONS]
        start: Message | None = None
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_page(start, with_style(body), send)

        await self.app({**scope, "headers": headers}, receive, collect)


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and "text/html" in MutableHeaders(scope=start).get("content-type", "")


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    headers = MutableHeaders(scope=start)
    for name in _ABOUT_CONTENT:
        if name in headers:
            del headers[name]
    headers["Content-Length"] = str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})
