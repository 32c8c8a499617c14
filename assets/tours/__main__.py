"""Makes the runs that the tours show: `.venv/bin/python -m assets.tours`. Seeds are fixed; it takes two minutes.

With ids of recipes, such as `tour-what-if tour-cured`, only these and what belongs to them: others stay as they are.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from epochscope.formulas.alignment import match_clusters
from epochscope.futures.training import futures_writer
from epochscope.futures.training import train as train_together
from epochscope.inspect.health import last_phase_start
from epochscope.rights import OWNER, PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.bundled import ZIP
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.library import cures
from epochscope.runs.library.findings import findings
from epochscope.runs.training.branch import branch_spec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.move_files import write_move
from epochscope.runs.training.moves import explain_move
from epochscope.runs.training.writer import RunWriter
from epochscope.tours.recipes import BRANCHES, EXPLAINED, FUTURES, RECIPES, TRIALS, TrialRecipe


class _Planned(Control):
    """Moves live parameters after the epochs that a recipe names; it is asked once an epoch."""

    def __init__(self, moves: Mapping[int, Mapping[str, Any]]) -> None:
        super().__init__()
        self._moves, self._epoch = moves, -1

    def take_changes(self) -> dict[str, Any]:
        self._epoch += 1
        return dict(self._moves.get(self._epoch, {}))


def make(run_id: str, spec: RunSpec, moves: Mapping[int, Mapping[str, Any]] = {}, group: str = "") -> Run:
    """Trains one run and gives its folder the id by which the tours ask for it."""
    writer = RunWriter(spec, PROGRAM)
    if group:
        metadata.write(writer.folder, Metadata(group=run_id.rpartition("-")[0], group_title=group), PROGRAM)
    train(writer, _Planned(moves))
    writer.folder.rename(runs_folder() / run_id)
    run = Run(run_id)
    print(f"{run_id}: {run.status['state']}, {len(run.epochs())} epochs. {run.status['message']}")
    return run


def _try(name: str, recipe: TrialRecipe) -> None:
    """Makes the branches that test the cures of a finding."""
    run = Run(recipe.run)
    found = findings(run)
    note = next(note for note in found if note.kind == recipe.finding)
    epoch = cures.start_of(note, found)
    specs = cures.trial(run, epoch, cures.cures(run, note, epoch))
    for place, spec in enumerate(specs):
        make(f"{name}-{place:02}", spec, group=cures.trial_title(epoch))


def _explain(run: Run) -> None:
    """Explains the move of one point over the first epoch of clustering (EXPLAINED says which), beside the run."""
    since = last_phase_start(run.epochs())
    epoch, points = since + 1, run.points()
    drawn, truth = points["index"], points["truth"][points["index"]]
    z = [run.array(at, "z").astype(float) for at in (since, epoch)]  # type: ignore[union-attr]
    labels = [np.asarray(run.array(at, "labels"))[drawn] for at in (since, epoch)]
    classes = match_clusters(previous=truth, labels=labels[1], k=run.spec.k)  # of each cluster
    corrected = (classes[labels[1]] == truth) & (classes[labels[0]] != truth)
    moved = np.linalg.norm(z[1] - z[0], axis=1) * corrected
    move = explain_move(run, [int(drawn[moved.argmax()])], since, epoch)
    assert move is not None
    write_move(run, move)


def _make_all(asked: Iterable[str]) -> None:
    for run_id in asked:
        make(run_id, RECIPES[run_id].spec, RECIPES[run_id].moves)
    for run_id, branch in BRANCHES.items():
        if branch.parent in asked:
            parent = Run(branch.parent)
            make(run_id, branch_spec(parent, last_phase_start(parent.epochs()), branch.changes))
    for name, trial in TRIALS.items():
        if trial.run in asked:
            _try(name, trial)
    for name, recipe in FUTURES.items():
        if recipe.run in asked:
            writer = futures_writer(RECIPES[recipe.run].spec, recipe.seeds, None, PROGRAM)
            train_together(writer, Control())
            writer.folder.rename(runs_folder() / name)
            print(f"{name}: {len(recipe.seeds)} seeds")
    for run_id in EXPLAINED:
        if run_id in asked:
            _explain(Run(run_id))


def _family(run_id: str) -> str:
    """The recipe to which something bundled belongs."""
    if run_id in BRANCHES:
        return BRANCHES[run_id].parent
    if run_id in FUTURES:
        return FUTURES[run_id].run
    return next((trial.run for name, trial in TRIALS.items() if run_id.startswith(f"{name}-")), run_id)


def main() -> None:
    """All that is asked for into the zip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"one of {', '.join(RECIPES)}; default: all")
    asked = parser.parse_args().runs or list(RECIPES)
    if unknown := [name for name in asked if name not in RECIPES]:
        parser.error(f"there is no recipe {unknown[0]!r}; there are {', '.join(RECIPES)}")
    before = ZIP.with_suffix(".before")
    ZIP.rename(before)  # what is being made is not yet found there
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ |= {"EPOCHSCOPE_RUNS": folder, "EPOCHSCOPE_PRETRAINED": "off"}
            _make_all(asked)
            with zipfile.ZipFile(before) as archive:
                archive.extractall(
                    folder, [name for name in archive.namelist() if _family(name.split("/")[0]) not in asked]
                )
            _pack(Path(folder))
    except BaseException:
        before.rename(ZIP)
        raise
    before.unlink()


def _pack(folder: Path) -> None:
    with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and path.name not in ("lock", OWNER) and not name.startswith("."):
                archive.write(path, name)
    with zipfile.ZipFile(ZIP) as archive:
        print(f"{ZIP}: {ZIP.stat().st_size / 1e6:.2f} MB, {len(archive.namelist())} files")


if __name__ == "__main__":
    main()
