"""Why points moved, from Python: the parts of a displacement as a table, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    import pandas as pd

    from epochscope.data import Dataset
    from epochscope.inspect.moves import Move


class Explanation:
    """What moved the codes of some points between two epochs.

    `points` (s rows of x), `displacement` (s x d, from the codes of `since` to those of `epoch`), `table` (a row for
    each part of the mean displacement), `remainder` (what the parts leave over: length as a share of the displacement).
    """

    points: Int[np.ndarray, " s"]
    displacement: Float[np.ndarray, "s d"]

    def __init__(self, move: Move) -> None:
        self._move = move
        self.points, self.displacement = move.points, move.true
        self.since, self.epoch, self.remainder = move.since, move.epoch, move.left_over

    @property
    def table(self) -> pd.DataFrame:
        """The parts, the largest first, the remainder last: name, length along the move, share of it, whole length.

        "own" is what the loss wanted of these points; "others", what other points did through the shared weights.
        """
        import pandas as pd

        from epochscope.inspect.moves import table

        return pd.DataFrame(table(self._move))

    def of(self, part: str) -> Float[np.ndarray, "s d"]:
        """What one part of the table did to the code of each point. Raises EpochscopeError for another name."""
        from epochscope.inspect.moves import part_words

        if part == "remainder":
            return self._move.remainder
        names = [part_words(one) for one in self._move.parts]
        if part not in names:
            raise EpochscopeError(f"There is no part {part!r}; there are: {', '.join([*names, 'remainder'])}.")
        return self._move.moved[names.index(part)]

    def __repr__(self) -> str:
        from epochscope.inspect.moves import sentence

        return f"<{sentence(self._move)} Remainder: {100 * self.remainder:.2g} %.>"


def explanation(
    run: Run, points: int | Sequence[int], epoch: int, since: int | None, data: Dataset | None
) -> Explanation:
    """Computes the run again up to an epoch, here and now."""
    from epochscope.api.settings import whole
    from epochscope.runs.training.move_files import write_move
    from epochscope.runs.training.moves import explain_move

    rows = [points] if isinstance(points, int | np.integer) else list(points)
    wanted, last = whole(epoch, "epoch"), len(run.epochs()) - 1
    wanted = last + 1 + wanted if wanted < 0 else wanted
    first = wanted - 1 if since is None else whole(since, "since")
    move = explain_move(run, [whole(row, "a point") for row in rows], first, wanted, given=data)
    assert move is not None, "nobody stops it"
    write_move(run, move)
    return Explanation(move)
