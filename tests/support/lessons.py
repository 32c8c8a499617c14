"""Who takes part in a lesson: made as a server makes them, of the cookies of their browsers."""

from __future__ import annotations

from epochscope.rights import Visitor
from epochscope.server import visitors


def secret(name: str) -> str:
    """The cookie of somebody's browser."""
    return f"{name:x<43}"


def somebody(name: str) -> Visitor:
    """The visitor with that cookie, elsewhere in the network."""
    return visitors.visitor(f"elsewhere {visitors._mark(secret(name))}", "a session")


LECTURER = somebody("lecturer")
