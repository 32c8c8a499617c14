"""What a browser says to the server, without one: Streamlit's protocol, and the stage's (stage/runtime/link.js)."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from epochscope.projections import PROJECTIONS
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.server.bundle import unpacked
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PCA = ProjectionSpec("pca", PROJECTIONS["pca"].params().flat()).name
_PAINT = 0.02  # seconds: a frame of the screen


class Visitor(NamedTuple):
    """A browser by its cookie."""

    cookie: str
    elsewhere: bool = False  # on another computer, as a proxy would say

    @property
    def headers(self) -> dict[str, str]:
        """What comes with everything that it asks for."""
        return {"Cookie": self.cookie, **({"X-Forwarded-For": "192.0.2.7"} if self.elsewhere else {})}

    @classmethod
    def new(cls, url: str) -> Self:
        """Loads the page for the first time."""
        request = urllib.request.Request(url, headers={"Accept": "text/html"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return cls(answer.headers.get("Set-Cookie", "").partition(";")[0])


class Session:
    """One tab: it draws the page, runs its fragments when they ask to be run, and can press a button."""

    def __init__(self, url: str, visitor: Visitor, page: str = "") -> None:
        self.url, self.visitor, self.page = url, visitor, page
        self.drawn = asyncio.Event()
        self.query = ""
        self.buttons: dict[str, Any] = {}  # key -> the button as it was drawn last
        self.fields: dict[str, Any] = {}  # key -> the line of text or the number as it was drawn last
        self.texts: list[str] = []
        self._known: set[str] = set()  # hashes of messages that need not be sent again
        self._timers: dict[str, asyncio.Task[None]] = {}  # fragments that renew themselves
        self.id = ""  # of the session, as the server says it
        self._socket: ClientConnection | None = None

    async def stay(self, query: str, *, session: str = "", pressed: Sequence[str] = ()) -> None:
        """Opens the page and answers until it is canceled. Raises where the server breaks off.

        `session`: the id of one to go on with, as after a broken connection; `pressed`: ids of buttons (not keys) that
        the first message says were pressed.
        """
        address = self.url.replace("http", "ws") + "/_stcore/stream"
        headers = {**self.visitor.headers, "Origin": self.url}
        self.query = query
        async with connect(
            address,
            subprotocols=[Subprotocol(word) for word in ("streamlit", *(("none", session) if session else ()))],
            additional_headers=headers,
            max_size=None,
            compression=None,
        ) as self._socket:
            first = [WidgetState(id=name, trigger_value=True) for name in pressed]
            await self._rerun(widgets=WidgetStates(widgets=first) if first else None)
            try:
                async for message in self._socket:
                    self._hear(message)
            finally:
                for fragment in list(self._timers):
                    self._no_timer(fragment)
        raise ConnectionError("the server closed the session")

    async def press(self, key: str) -> None:
        """A click, also on a button that is disabled: the server must not rely on the browser."""
        self.drawn.clear()
        state = WidgetState(id=self.buttons[key].id, trigger_value=True)
        await self._rerun(widgets=WidgetStates(widgets=[state]))

    async def fill(self, key: str, text: str) -> None:
        """Types into a line and leaves it."""
        self.drawn.clear()
        state = WidgetState(id=self.fields[key].id, string_value=text)
        await self._rerun(widgets=WidgetStates(widgets=[state]))

    async def set_number(self, key: str, number: float) -> None:
        """Changes a number and leaves it."""
        self.drawn.clear()
        state = WidgetState(id=self.fields[key].id, double_value=number)
        await self._rerun(widgets=WidgetStates(widgets=[state]))

    async def draw_again(self) -> None:
        """Has the whole page drawn once more."""
        self.drawn.clear()
        await self._rerun()
        await self.drawn.wait()

    async def play(self) -> str:
        """Presses Play once the page is drawn; the id of the run."""
        await self.drawn.wait()
        await self.press("play")
        while "run" not in (found := urllib.parse.parse_qs(self.query)):
            await asyncio.sleep(0.05)
        return found["run"][0]

    async def _rerun(self, *, widgets: WidgetStates | None = None, fragment: str = "", by_itself: bool = False) -> None:
        if not by_itself:  # as a browser does: a fragment that came behind would be run instead of the page
            for known in list(self._timers):
                self._no_timer(known)
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id, state.is_auto_rerun = self.query, fragment, by_itself
        state.page_name = self.page
        state.cached_message_hashes.extend(self._known)
        state.context_info.url = self.url
        if widgets:
            state.widget_states.CopyFrom(widgets)
        assert self._socket
        await self._socket.send(message.SerializeToString())

    def _hear(self, content: str | bytes) -> None:
        message = ForwardMsg()
        message.ParseFromString(content.encode() if isinstance(content, str) else content)
        if message.metadata.cacheable and message.hash:
            self._known.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self._no_timer(message.auto_rerun.fragment_id)
            self._timers[message.auto_rerun.fragment_id] = asyncio.create_task(self._tick(message.auto_rerun))
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._no_timer(fragment)
        elif kind == "new_session":
            self.id = message.new_session.initialize.session_id
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta":
            self._draw(message.delta.new_element)
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self.drawn.set()

    def _draw(self, element: Any) -> None:
        what = element.WhichOneof("type")
        if what == "button":
            self.buttons[element.button.id.rpartition("-")[2]] = element.button
        elif what == "text_input":
            self.fields[element.text_input.id.rpartition("-")[2]] = element.text_input
        elif what == "number_input":
            self.fields[element.number_input.id.rpartition("-")[2]] = element.number_input
        elif what == "markdown":
            self.texts.append(element.markdown.body)
        elif what == "alert":
            self.texts.append(element.alert.body)
        elif what == "exception":
            raise AssertionError(element.exception.message)

    async def _tick(self, what: Any) -> None:
        while True:
            await asyncio.sleep(what.interval)
            await self._rerun(fragment=what.fragment_id, by_itself=True)

    def _no_timer(self, fragment: str) -> None:
        if timer := self._timers.pop(fragment, None):
            timer.cancel()


class Viewer:
    """The stage of one tab: what there is over HTTP, then what comes over a socket; asks again when it has painted."""

    def __init__(self, url: str, run: str, projection: str = PCA, visitor: Visitor | None = None) -> None:
        self.base, self.projection = f"{url}/api/runs/{run}", projection
        self._headers = visitor.headers if visitor else {}
        self.got: dict[int, float] = {}  # epoch -> when it was there
        self.frames = 0
        self.bytes = 0
        self.caught_up = asyncio.Event()

    async def watch(self) -> None:
        """Until the run ends or this is canceled. Raises where the server breaks off."""
        await asyncio.to_thread(self._get, "info")
        while await self._catch_up():
            pass
        self.caught_up.set()
        async with connect(
            self.base.replace("http", "ws", 1) + "/live",
            additional_headers=self._headers,
            max_size=None,
            compression=None,
        ) as socket:
            live = True
            while live:
                await asyncio.sleep(_PAINT)
                await socket.send(json.dumps(self._counts()))
                live = self._take(bytes(await socket.recv(decode=False)))["live"]

    async def _catch_up(self) -> bool:
        query = urllib.parse.urlencode(self._counts())
        header = self._take(await asyncio.to_thread(self._get, f"bundle?{query}"))
        return bool(header["epochs"] or header["frames"])

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.base}/{path}", timeout=60) as answer:
            return answer.read()

    def _counts(self) -> dict[str, Any]:
        return {"epochs": len(self.got), "projection": self.projection, "frames": self.frames}

    def _take(self, message: bytes) -> dict[str, Any]:
        now = asyncio.get_running_loop().time()
        header, _ = unpacked(message)
        self.got |= {line["epoch"]: now for line in header["epochs"]}
        self.frames += len(header["frames"])
        self.bytes += len(message)
        return header
