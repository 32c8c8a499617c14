"""What a file or a site shows of its runs, in words and numbers for stage/hosts/file.js."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from epochscope import __version__, rights
from epochscope.exports.embedding import PCA, known_projections
from epochscope.figures import COMPARE, Scene
from epochscope.figures.sent import empty_as_sent, translated
from epochscope.figures.theme import PALETTE
from epochscope.language import tr
from epochscope.portable.blocks import PackedRun
from epochscope.portable.board import board
from epochscope.rights import Action, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import thing_of_run
from epochscope.runs.library import compare
from epochscope.runs.library.citation import citation
from epochscope.runs.library.findings import findings
from epochscope.runs.library.shown import provides
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames
from epochscope.runs.training.request import display_of
from epochscope.runs.training.scores import SCORES
from epochscope.types import EpochscopeError

MOST_RUNS = 40
Put = Callable[[bytes], str]
"""Keeps a block; returns its address."""


def checked(runs: Sequence[Run]) -> None:
    """Raises EpochscopeError where these runs cannot be shown without a server: none or many, live, without epochs."""
    if not runs:
        raise EpochscopeError("Name at least one run.")
    if len({run.id for run in runs}) < len(runs):
        raise EpochscopeError("A run is named twice; name each once.")
    if len(runs) > MOST_RUNS:
        raise EpochscopeError(f"{len(runs)} runs are too many for one page; name at most {MOST_RUNS}.")
    for run in runs:
        if run.live:
            raise EpochscopeError(f"{run.title} is still training; stop it first, or wait for its end.")
        if not run.epochs() or run.info is None:
            raise EpochscopeError(f"{run.title} has no epochs, so there is nothing to show.")


def shown_projections(run: Run, visitor: Visitor) -> list[ProjectionSpec]:
    """The projections whose frames exist; the PCA frames are computed first, for a visitor who may."""
    if rights.may(visitor, Action.PROJECT, thing_of_run(run.id)):
        compute_frames(run, PCA)
    there = [spec for spec in known_projections(run) if run.frames(spec.name).lines()]
    if PCA not in there:
        return there
    return [spec for spec in there if spec == PCA or spec.key != PCA.key]  # others of PCA come from earlier versions


def run_content(run: Run, packed: PackedRun, projections: Sequence[ProjectionSpec], put: Put) -> dict[str, Any]:
    """One run; its blocks go to `put`."""
    about = metadata.read(run.folder)
    return {
        "id": run.id,
        "title": run.title,
        "name": about.name,
        "tags": list(about.tags),
        "notes": about.notes,
        "facts": _facts(run),
        "scores": _final_scores(run),
        "findings": [[note.level, note.epoch, note.sentence, note.advice] for note in findings(run)],
        "settings": [
            [compare.setting_words(row.name), _words(row.values[0])] for row in compare.settings([compare.asked(run)])
        ],
        "citation": _citation(run),
        "leftOut": list(packed.left_out),
        "board": board(run, provides(run), None, projections),
        "info": packed.info,
        "state": packed.state,
        "blocks": {name: put(block) for name, block in packed.blocks.items()},
        "sprites": None if packed.sprites is None else put(packed.sprites),
    }


def page_content(runs: Sequence[Run], contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A page of these runs; with several, what is said of all of them."""
    return {
        "title": title_of(runs),
        "made": f"epochscope {__version__}, {time.strftime('%Y-%m-%d')}",
        "palette": PALETTE,
        "runs": list(contents),
        "comparison": _comparison(runs) if 1 < len(runs) <= compare.MOST_COMPARED else None,
    }


def title_of(runs: Sequence[Run]) -> str:
    """The title of a page of these runs."""
    first = metadata.read(runs[0].folder).name or runs[0].title
    return first if len(runs) == 1 else f"{len(runs)} runs: {first} ..."


def _citation(run: Run) -> str:
    """The citation; empty for a run of an older format, which has no digests."""
    try:
        return citation(run)
    except EpochscopeError:
        return ""


def _facts(run: Run) -> list[list[str]]:
    """Name and value of what a reader wants to know first."""
    info, lines = run.info or {}, run.epochs()
    facts = [
        [tr("data"), tr("{data}, {n:,} points", data=display_of(run)["dataset"], n=info["n"])],
        [tr("method"), display_of(run)["method"]],
        [tr("clusters"), str(info["k"])],
        [tr("seed"), str(run.spec.seed)],
        [tr("epochs"), f"{len(lines):,}"],
        [tr("training"), f"{sum(line['seconds'] for line in lines):,.1f} s"],
    ]
    return facts + [[tr("final {score}", score=title), value] for title, value in _final_scores(run)]


def _final_scores(run: Run) -> list[list[str]]:
    """Name and value of the scores of the last epoch that has any."""
    scores = next((line["scores"] for line in reversed(run.epochs()) if line.get("scores")), {})
    return [[title, f"{scores[key]:.3f}"] for key, title in SCORES.items() if key in scores]


def _comparison(runs: Sequence[Run]) -> dict[str, Any]:
    """Names of the runs, the numbers whose curves can be compared, and what differs between their settings."""
    asked = [compare.asked(run) for run in runs]
    return {
        "names": compare.titles(asked),
        "numbers": [[label, *place] for label, place in compare.numbers([run.epochs() for run in runs]).items()],
        "figure": translated(empty_as_sent(COMPARE.key, Scene(k=0))),
        "settings": [
            [compare.setting_words(row.name), *map(_words, row.values)]
            for row in compare.settings(asked)
            if row.differs
        ],
    }


def _words(value: Any) -> str:
    """A value of a setting."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return f"{value:g}" if isinstance(value, float) else str(value)
