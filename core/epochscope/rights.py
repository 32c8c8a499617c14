"""Who may change what. Watching, comparing, exporting and repeating is free to all; changing is not.

Who starts a run or adds data from a browser is its owner: the browser keeps a secret, and a file beside the run keeps
its hash. Owners change what is theirs. Whoever sits at the machine on which the program runs changes everything,
and so does the program itself (command line, scripts); what nobody in a browser started is theirs. EPOCHSCOPE_SHARED in
the environment of the server overrules this: "all" lets everybody change everything, "own" lets everybody, also at this
machine, change only what they started.

Every function that changes something asks here (`require`), whatever button leads to it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from epochscope.files import write_whole
from epochscope.types import EpochscopeError

OWNER = "owner"
"""Name of the file in a run folder."""
SHARED = "EPOCHSCOPE_SHARED"
_ALL, _OWN = "all", "own"
NOBODY = "nobody"
"""In the file, in place of a mark: what comes with epochscope itself is there for all, and changed by nobody."""


class Person(NamedTuple):
    """Somebody who asks for a change."""

    mark: str = ""  # hash of what their browser keeps; empty for a program
    operator: bool = False  # may change everything


PROGRAM = Person(operator=True)
"""The command line, scripts, and the server's own work."""


def person(secret: str, *, here: bool) -> Person:
    """Whoever has this secret in the browser. `here`: the browser runs on the very machine that the program runs on."""
    shared = os.environ.get(SHARED, "")
    return Person(hashlib.sha256(secret.encode()).hexdigest(), shared == _ALL or (not shared and here))


_who: list[Callable[[], Person]] = [lambda: PROGRAM]


def recognize(how: Callable[[], Person]) -> None:
    """From now on `how` says who asks. The user interface, which alone knows browsers, calls this once."""
    _who[0] = how


def who() -> Person:
    """Who asks for something right now."""
    return _who[0]()


def owner(file: Path) -> str:
    """The mark in the file that names an owner; empty where nobody in a browser is one."""
    try:
        return file.read_bytes()[:100].decode("ascii", "replace").strip()
    except OSError:
        return ""


def claim(file: Path) -> None:
    """Makes whoever asks the owner of what lies beside `file`; a program leaves it without one."""
    if mark := who().mark:
        write_whole(file, mark)


def another_s(file: Path) -> bool:
    """Whether somebody else's browser started this, which says nothing of whether it may be changed."""
    return owner(file) not in ("", who().mark)


def why_not(file: Path, what: str = "This run was started") -> str:
    """Why whoever asks may not change what `file` names the owner of, in one sentence; empty if they may."""
    asking, mark = who(), owner(file)
    if mark == NOBODY:
        return "This run comes with epochscope, so nobody changes it; repeat it to have one of your own."
    if asking.operator or (asking.mark and mark == asking.mark):
        return ""
    return f"{what} by somebody else: {_others()}."


def _others() -> str:
    if os.environ.get(SHARED):
        return "only who did that can change it, in the same browser"
    return "only they, or whoever sits at the machine that epochscope runs on, can change it"


def require(file: Path, what: str = "This run was started") -> None:
    """Raises EpochscopeError, with that sentence, where `why_not` has one."""
    if why := why_not(file, what):
        raise EpochscopeError(why)


def why_no_operator(what: str) -> str:
    """Why whoever asks may not change `what`, which concerns everybody; empty if they may."""
    return "" if who().operator else f"{what} holds for all who use this server: only who runs it can change it."
