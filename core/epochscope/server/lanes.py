"""What is computed for viewers: in threads, in turns, so that whoever asks for much keeps nobody else waiting.

What a run has of news is found in milliseconds; what is worked out because somebody asks, such as how far a picture can
be trusted, may take many seconds. So each kind has a lane with threads of its own. In each lane people take turns, one
has at most half of the threads, and an answer for which nobody waits any longer is not worked out.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from epochscope.types import EpochscopeError

T = TypeVar("T")
_MOST_EACH = 100  # questions of one person that wait; a page has a few


class Busy(EpochscopeError):
    """Somebody asks for more than is answered."""


class _Waiting(NamedTuple):
    loop: asyncio.AbstractEventLoop
    turn: asyncio.Future[None]

    def call(self) -> bool:
        """It is their turn; False where their loop has ended."""
        try:
            self.loop.call_soon_threadsafe(lambda: self.turn.done() or self.turn.set_result(None))
        except RuntimeError:
            return False
        return True


class Lane:
    """Some threads, and who waits for them. Its methods may be called in any loop."""

    def __init__(self, name: str, count: int) -> None:
        self._pool, self._free, self._each = ThreadPoolExecutor(count, name), count, max(1, count // 2)
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[_Waiting]] = {}  # whoever was served longest ago first
        self._working: Counter[str] = Counter()

    async def run(
        self, whose: str, work: Callable[..., T], *given: Any, left: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """What `work` returns or raises, on behalf of `whose`. `left`: tells whether nobody waits for it any longer.

        Raises Busy where this person waits for too many answers, or has left.
        """
        mine = _Waiting(asyncio.get_running_loop(), asyncio.get_running_loop().create_future())
        with self._lock:
            if len(self._waiting.get(whose, ())) >= _MOST_EACH:
                raise Busy(f"You wait for {_MOST_EACH} answers, the most for one person here; try again later.")
            self._waiting.setdefault(whose, deque()).append(mine)
            self._call_next()
        try:
            await mine.turn
            if left and await left():
                raise Busy("Nobody waits for this answer any longer.")
            doing = self._pool.submit(contextvars.copy_context().run, work, *given)
        except BaseException:
            self._step_back(whose, mine)
            raise
        doing.add_done_callback(lambda _: self._ended(whose))  # in the end: a thread cannot be taken away
        return await asyncio.wrap_future(doing)

    def _call_next(self) -> None:
        """Gives the threads that are free to those who wait."""
        while self._free:
            who = next((one for one in self._waiting if self._working[one] < self._each), None)
            if who is None:
                return
            queue = self._waiting.pop(who)
            called = queue.popleft().call()
            if queue:
                self._waiting[who] = queue  # behind all others
            if called:
                self._free -= 1
                self._working[who] += 1

    def _step_back(self, whose: str, mine: _Waiting) -> None:
        with self._lock:
            queue = self._waiting.get(whose, deque())
            if mine in queue:
                queue.remove(mine)
                if not queue:
                    del self._waiting[whose]
                return
        self._ended(whose)

    def _ended(self, whose: str) -> None:
        with self._lock:
            self._free += 1
            self._working -= Counter({whose: 1})
            self._call_next()


class Few:
    """Work that is done in threads of others, of which one person may have so many at the same time."""

    def __init__(self, what: str, most: int) -> None:
        self._what, self._most = what, most
        self._lock = threading.Lock()
        self._working: Counter[str] = Counter()

    @contextmanager
    def one_more(self, whose: str) -> Iterator[None]:
        """One piece of work on behalf of `whose`. Raises Busy, at once, where they have as many as they may."""
        with self._lock:
            if self._working[whose] >= self._most:
                raise Busy(f"{self._most} {self._what} are being made for you, the most at a time; try again then.")
            self._working[whose] += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= Counter({whose: 1})


class Spread:
    """So many go on in each turn of the event loop.

    With every message the loop lets go of the interpreter, and has it back when those who compute have had their time:
    whoever asks something while sixty are told of an epoch would wait for all of these.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def turn(self) -> None:
        """To be awaited before a message that many are sent at the same moment."""
        async with self._gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._most)):
            await asyncio.sleep(0)


TELLING = Spread(1)
"""Those who watch a run, follow a presentation or take part in a class."""
EXPORTS = Few("files", 2)
"""Streamlit makes them in six threads for all, which whoever presses again and again would have for themselves."""
NEWS = Lane("news", 8)
"""Epochs of runs, what is known of them, messages of phones."""
LABS = Lane("labs", 4)
"""What follows the hand of a person."""
QUESTIONS = Lane("questions", 6)
"""What a viewer asks once it rests."""
