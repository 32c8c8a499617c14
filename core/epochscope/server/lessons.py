"""The phones of a class: the small page that each of them gets, and the socket by which it joins, answers and is told.

A phone is known again by the cookie of its browser (epochscope.server.visitors), and acts for itself alone: what only
who opened the class may do is no message of this socket. Phones are told when a question is opened or closed, when the
training has a new epoch, and of what they did themselves; not of each other, so that a hundred that join at once cost a
hundred messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import Iterator, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from epochscope import rights
from epochscope.classroom import rooms
from epochscope.classroom.progress import Progress
from epochscope.classroom.rooms import Room
from epochscope.classroom.words import of_phone
from epochscope.figures.theme import PALETTE
from epochscope.language import ENGLISH, LANGUAGES, accepted, known, marked, speaking, stage_messages
from epochscope.resources import resource
from epochscope.rights import Action, Visitor
from epochscope.server import visitors
from epochscope.server.lanes import NEWS, TELLING
from epochscope.server.messages import StudentRequest, received, refuse
from epochscope.server.stage_files import stage_url
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5  # how often it is looked for a new epoch
_SIGN_OF_LIFE_SECONDS = 20.0  # after so long without news a phone is told the same again
_NO_COOKIE = "This page knows you again by a cookie; allow cookies for it and load it again."
_GONE = "This class was deleted by who opened it."
_OF_PAGE = {"TITLE": marked("Class"), "NO_SCRIPT": marked("This page needs JavaScript, which is turned off.")}


class _Watch:
    """Looks after the training of one lesson while phones are connected."""

    def __init__(self, room: Room) -> None:
        self.room, self.phones = room, 0
        self.progress: Progress | None = None
        self._task: asyncio.Task[None] | None = None

    async def _work(self) -> None:
        while True:
            try:
                if await asyncio.to_thread(self._read):
                    self.room.tell(None)
            except EpochscopeError:
                pass  # futures that are gone: what was read stays
            except Exception:
                _log.exception("the training of class %s cannot be read", self.room.plan.code)
            await asyncio.sleep(_LOOK_SECONDS)

    def _read(self) -> bool:
        wanted = self.room.lesson.futures
        if not wanted or self.room.lesson.outcome:
            return False
        if self.progress is None or self.progress.futures.id != wanted:
            new = Progress(self.room.plan, wanted)
            new.refresh()
            self.progress = new
            return True
        if not self.progress.live:
            return False
        return self.progress.refresh()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """One more phone meanwhile."""
        self.phones += 1
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self.phones -= 1
            if not self.phones:
                self._task.cancel()
                self._task = None
                _watches.pop(self.room, None)


_watches: dict[Room, _Watch] = {}


async def _page(request: Request) -> Response:
    """The page of a phone in its language: the same for every class, whose code it has from its own address."""
    language = accepted(request.headers.get("accept-language")) or ENGLISH
    words = phone_messages(language)
    content = (resource("stage") / "phone" / "phone.html").read_text("utf-8")
    content = content.replace("STAGE", f"../{_assets()}").replace("PALETTE", " ".join(PALETTE))
    content = content.replace('lang="en"', f'lang="{LANGUAGES[language].tag}"')
    for place, sentence in _OF_PAGE.items():
        content = content.replace(place, str(words.get(sentence, sentence)))
    catalog = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    content = content.replace('id="words">{}<', f'id="words">{catalog}<')
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ws: wss:; "
        "base-uri 'none'; form-action 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Vary": "Accept-Language"}
    return Response(content, media_type="text/html", headers=headers)


@functools.cache
def phone_messages(language: str) -> Mapping[str, str | list[str]]:
    """What the modules of a phone say, by its English: of all that the stage says, what stands in their sources."""
    folder = resource("stage") / "phone"
    said = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.js"))) + "".join(_OF_PAGE.values())
    return {key: text for key, text in stage_messages(language).items() if key in said}


def _assets() -> str:
    return stage_url().removesuffix("/stage.js")


async def _phone(socket: WebSocket) -> None:
    """The socket of a phone, until either side has enough."""
    await socket.accept()
    visitor, whose = visitors.counted(socket.scope)
    language = known(socket.query_params.get("language")) or ENGLISH
    try:
        if visitor.mark != whose:  # it shares the address with all others that send no cookie
            raise EpochscopeError(_NO_COOKIE)
        room = await NEWS.run(whose, rooms.find, socket.path_params["code"])
        watch = _watches.setdefault(room, _Watch(room))
        phone = _Phone(socket, watch, visitor, language)
        with watch.watched(), room.listening(phone.hear):
            await phone.serve()
    except EpochscopeError as error:
        with speaking(language):
            error = EpochscopeError(told(str(error)))
        await refuse(socket, error)
    except WebSocketDisconnect:
        return


class _Phone:
    """One phone: hears what it says, and tells it what there is."""

    def __init__(self, socket: WebSocket, watch: _Watch, visitor: Visitor, language: str) -> None:
        rights.require(visitor, Action.JOIN, rights.NEW)
        self.socket, self.watch, self.visitor = socket, watch, visitor
        self._note, self._language = "", language
        self._news = asyncio.Event()
        self._news.set()
        self._loop = asyncio.get_running_loop()

    def hear(self, whom: str | None) -> None:
        """There is news for one student, or for all. Called in any thread."""
        if whom is None or whom == self.visitor.mark:
            with contextlib.suppress(RuntimeError):  # the server ends
                self._loop.call_soon_threadsafe(self._news.set)

    async def serve(self) -> None:
        """Until the phone leaves. Raises EpochscopeError for what it may not say, and when the class is deleted."""
        telling = asyncio.create_task(self._tell())
        listening = asyncio.create_task(self._listen())
        try:
            done, _ = await asyncio.wait((telling, listening), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (telling, listening):
                task.cancel()
            await asyncio.gather(telling, listening, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            said = await received(self.socket, StudentRequest)
            try:
                await NEWS.run(self.visitor.mark, self._take, said)
                self._note = ""
            except EpochscopeError as error:
                self._note = str(error)
            self._news.set()

    def _take(self, said: StudentRequest) -> None:
        if said.name is not None:
            self.watch.room.join(self.visitor, said.name)
        if said.question is not None and said.answer is not None:
            self.watch.room.answer(self.visitor, said.question, said.answer)

    async def _tell(self) -> None:
        last = b""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SIGN_OF_LIFE_SECONDS):  # wait_for may swallow that the task is cancelled
                    await self._news.wait()
            await TELLING.turn()
            new = self._news.is_set()
            self._news.clear()
            if self.watch.room.gone:
                raise EpochscopeError(_GONE)
            with speaking(self._language):
                shown = of_phone(self.watch.room.lesson, self.visitor.mark, self.watch.progress, told(self._note))
            message = msgspec.json.encode(shown)
            if message != last or not new:
                await self.socket.send_text(message.decode())
            last = message


ROUTES = [Route("/join/{code}", _page), WebSocketRoute("/api/lessons/{code}", _phone)]
