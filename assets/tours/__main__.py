"""Makes the runs that the tours show: `.venv/bin/python -m assets.tours`. Seeds are fixed; it takes half a minute."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from typing import Any

from epochscope.exports.archive import packed
from epochscope.rights import PROGRAM
from epochscope.runs.format.bundled import ZIP
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.format.store import Run, RunWriter
from epochscope.runs.training.manager import train
from epochscope.runs.training.record import Control
from epochscope.tours.recipes import RECIPES, Recipe


class _Planned(Control):
    """Moves live parameters after the epochs that a recipe names; it is asked once an epoch."""

    def __init__(self, moves: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__()
        self._moves, self._epoch = moves, -1

    def take_changes(self) -> dict[str, Any]:
        self._epoch += 1
        return dict(self._moves.get(self._epoch, {}))


def make(run_id: str, recipe: Recipe) -> Run:
    """Trains one run and gives its folder the id by which the tours ask for it."""
    writer = RunWriter(recipe.spec, PROGRAM)
    train(writer, _Planned(recipe.moves))
    writer.folder.rename(runs_folder() / run_id)
    run = Run(run_id)
    print(f"{run_id}: {run.status['state']}, {len(run.epochs())} epochs. {run.status['message']}")
    return run


def main() -> None:
    """All of them into one zip."""
    ZIP.unlink(missing_ok=True)  # what is being made is not yet found there
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EPOCHSCOPE_RUNS": folder, "EPOCHSCOPE_PRETRAINED": "off"}
        runs = [make(run_id, recipe) for run_id, recipe in RECIPES.items()]
        ZIP.write_bytes(packed(runs))
    with zipfile.ZipFile(ZIP) as archive:
        print(f"{ZIP}: {ZIP.stat().st_size / 1e6:.2f} MB, {len(archive.namelist())} files")


if __name__ == "__main__":
    main()
