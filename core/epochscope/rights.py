"""Who may change what: one rule, `denial_reason(visitor, action, thing)`. Watching, comparing and exporting are free.

A visitor is made once, where something begins: a connection of a browser (epochscope.server.visitors), a command line,
a program. From there it is handed on as an argument to every function that changes something, and that function asks
the rule first, whatever button leads to it. Nobody looks up who is acting while the work is done, and nothing that is
absent (a header, a cookie, a connection, a file) gives a right: who is not known owns nothing and changes nothing.

The rule:

- UNKNOWN changes nothing, starts nothing, and has nothing computed.
- PROGRAM (the command line, scripts, the server's own work) changes everything. So does, unless the environment of the
  server says EPOCHSCOPE_SHARED, whoever sits at the machine. With "all" every known visitor does; any other value
  ("own") leaves to visitors, at the machine as well, what they started themselves.
- A visitor changes what they started: the browser keeps a secret, and a file beside the run or the data its hash.
- What has no such file was started by no browser: by a program. Where the file cannot be read or holds no owner, the
  owner is not known, and nobody counts as the owner.
- What comes with epochscope is changed by nobody.
- What the server does for all (queue, memory, sockets) is seen and changed by programs and, unless EPOCHSCOPE_SHARED
  says "own", by whoever sits at the machine: also where "all" gives everything else to everybody.
- A class is led by who opened it, and by who runs this server: also where "all" gives everything else to everybody.
- Every known visitor may start runs and bring in runs and data, and have projections and explanations of any run
  computed: that work is the program's own, it adds to what is shown and replaces nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from epochscope import settings
from epochscope.files import opened, write_whole
from epochscope.types import EpochscopeError

OWNER = "owner"
"""Name of the file in a run folder."""
SHARED = settings.SHARED.name
_EVERYBODY = "all"
NOBODY = "nobody"
"""In that file, in place of a mark: what comes with epochscope itself is there for all, and changed by nobody."""
_NO_BROWSER, _NOT_KNOWN, _EACH = "", "?", "*"  # owners of things: no such file; one that names no owner; see EACH
_MARK = re.compile(r"[0-9a-f]{64}")


class Kind(Enum):
    """What is known of a visitor."""

    PROGRAM = "program"
    AT_THE_MACHINE = "at the machine"
    BROWSER = "browser"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks for a change. `mark`: hash (SHA-256, hex) of what their browser keeps; empty without one."""

    kind: Kind
    mark: str = ""

    def __post_init__(self) -> None:
        in_browser = self.kind in (Kind.AT_THE_MACHINE, Kind.BROWSER)
        if in_browser != bool(_MARK.fullmatch(self.mark)):
            raise ValueError(f"a visitor {self.kind.value} cannot have the mark {self.mark!r}")


PROGRAM = Visitor(Kind.PROGRAM)
"""The command line, scripts, and the server's own work. Only these name it: no page, no route, no lab."""
UNKNOWN = Visitor(Kind.UNKNOWN)
"""Whoever cannot be told: owns nothing and changes nothing."""


class Action(Enum):
    """What somebody wants to do, as it is told to whoever may not."""

    START = "start a run"
    IMPORT = "import runs"
    ADD_DATA = "add data"
    PROJECT = "have a projection computed"
    EXPLAIN = "have a move explained"
    KEEP = "keep a selection of points"
    CONTROL = "pause, step or change a run"
    STOP = "stop a run"
    CONTINUE = "continue a run"
    DESCRIBE = "name a run"
    DELETE = "delete a run"
    RESTORE = "bring a run back"
    EMPTY = "empty the trash"
    CHANGE_DATA = "change data"
    REMOVE_DATA = "remove data"
    QUOTA = "set the quota"
    LEAD = "move the cursor of a presentation"
    TEACH = "lead a class"
    JOIN = "join a class"
    OPERATE = "see or change what this server does"


_OPEN = frozenset(
    {Action.START, Action.IMPORT, Action.ADD_DATA, Action.PROJECT, Action.EXPLAIN, Action.KEEP, Action.JOIN}
)
"""They add something, which is then the visitor's own, and change nothing that is there."""


@dataclass(frozen=True)
class Thing:
    """What is to be changed. `owner`: a mark, or one of the words for a thing without; `words` begin the refusal."""

    owner: str
    words: str = "This run was started"


NEW = Thing(_NO_BROWSER)
"""What does not exist yet."""
EACH = Thing(_EACH)
"""Several things, each of which is asked about by itself: the trash, a group."""
QUOTA = Thing(_NO_BROWSER, "The quota")
SERVER = Thing(_NO_BROWSER, "This server")
"""What all who use it do: who trains, waits and is connected."""


def thing_of(file: Path, words: str = "This run was started") -> Thing:
    """What lies beside the file that names its owner. Never raises: an owner that cannot be read is not known."""
    try:
        with opened(file) as content:
            found = content.read(100).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return Thing(_NO_BROWSER, words)
    except OSError:
        return Thing(_NOT_KNOWN, words)
    return Thing(found if found == NOBODY or _MARK.fullmatch(found) else _NOT_KNOWN, words)


def denial_reason(visitor: Visitor, action: Action, thing: Thing) -> str:
    """Why this visitor may not do that, in one sentence; empty if they may. The rule: see above."""
    if visitor.kind is Kind.UNKNOWN:
        return f"It is not known who asks to {action.value}, so nothing was done; reload the page."
    if thing.owner == NOBODY and action not in (Action.PROJECT, Action.EXPLAIN):
        return "This run comes with epochscope and cannot be changed; run it again to have one of your own."
    mine = bool(_MARK.fullmatch(thing.owner)) and thing.owner == visitor.mark
    everything = operates(visitor) if action is Action.TEACH else _changes_everything(visitor)
    open_to_them = action in _OPEN or thing.owner == _EACH or everything
    if operates(visitor) if action is Action.OPERATE else mine or open_to_them:
        return ""
    return _refusal(action, thing)


def _refusal(action: Action, thing: Thing) -> str:
    if action is Action.OPERATE:
        return "Only whoever runs this server, at the machine itself, sees and changes what it does for everybody."
    if action is Action.QUOTA:
        return f"{thing.words} holds for everybody who uses this server: only whoever runs it can change it."
    if thing.owner == _NOT_KNOWN:
        who = "by somebody who can no longer be identified"
        return f"{thing.words} {who}, so only whoever runs this server can change it."
    return f"{thing.words} by somebody else: {_who_can()}."


def _changes_everything(visitor: Visitor) -> bool:
    return operates(visitor) or settings.SHARED() == _EVERYBODY


def operates(visitor: Visitor) -> bool:
    """Whether they run this server: a program does, and whoever sits at the machine, unless many share that.

    They see and change what all do (Action.OPERATE), and the limits for one visitor do not hold for them.
    """
    at_the_machine = visitor.kind is Kind.AT_THE_MACHINE and settings.SHARED() in ("", _EVERYBODY)
    return visitor.kind is Kind.PROGRAM or at_the_machine


def _who_can() -> str:
    if settings.SHARED():
        return "only they can change it, from the same browser"
    return "only they, or whoever sits at the machine that epochscope runs on, can change it"


def may(visitor: Visitor, action: Action, thing: Thing) -> bool:
    """Whether they may."""
    return not denial_reason(visitor, action, thing)


def require(visitor: Visitor, action: Action, thing: Thing) -> None:
    """Raises EpochscopeError, with its sentence, where `denial_reason` has one."""
    if why := denial_reason(visitor, action, thing):
        raise EpochscopeError(why)


def started_elsewhere(visitor: Visitor, thing: Thing) -> bool:
    """Whether another browser started this, which says nothing of whether it may be changed."""
    return thing.owner not in (_NO_BROWSER, visitor.mark)


def write_owner(visitor: Visitor, file: Path) -> None:
    """Makes a visitor the owner of what lies beside `file`; what a program makes has no such file.

    To be done before the thing can be seen, so that there is no moment in which it belongs to nobody. Raises OSError.
    """
    if visitor.kind is Kind.UNKNOWN:
        raise EpochscopeError("It is not known whose this is to be, so nothing is done; load the page again.")
    if visitor.mark:
        write_whole(file, visitor.mark)
    else:
        file.unlink(missing_ok=True)  # left by what was there before
