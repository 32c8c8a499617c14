"""How the stage of the Train page is divided: what only the page knows, for the rules of server/page.css."""

from __future__ import annotations

from epochscope.runs.format.run import Run
from epochscope.ui.shared.session import FOLLOW, in_address
from epochscope.ui.shared.style import style

_ROWS = 6  # of the grid in which figures stand
_FOLLOWS, _WHY = 54, 34  # pixels: the switch of a presentation that is followed, why a run has ended


def divide(run: Run, column: list[int], tree: int) -> None:
    """Says how many rows each figure takes, and what else takes height.

    `column`: of each place, how many figures share its column; `tree`: pixels of the tree of the run's family.
    """
    failed = run.status["state"] in ("failed", "interrupted") and bool(run.status["message"])
    more = (_FOLLOWS if in_address(FOLLOW) else 0) + (_WHY if failed else 0)
    spans = " ".join(f".st-key-place{place} {{ --es-span: {_ROWS // count}; }}" for place, count in enumerate(column))
    style(f":root {{ --es-tree: {tree}px; --es-more: {more}px; }} {spans}")
