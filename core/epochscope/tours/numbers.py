"""The numbers that the texts of tours quote, read off the recorded data and formatted alike."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from epochscope.futures.outcome import labelings, last_acc, outcome
from epochscope.futures.store import Futures
from epochscope.inspect.health import Note, last_phase_start
from epochscope.inspect.moves import Move, sums
from epochscope.runs.format.lineage import NO_CHANGE, about_branch
from epochscope.runs.format.run import Run
from epochscope.runs.library.bundled_entries import bundled_entries
from epochscope.runs.library.cures import Outcome, has_cures, helped, members_of, outcomes, start_of
from epochscope.runs.library.findings import findings
from epochscope.runs.training.move_files import kept_moves, read_move
from epochscope.runs.training.request import resolve
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError

START, END, BEST, MOVED = "start", "end", "best", "moved"


class Numbers:
    """The values that texts may quote of a run, already formatted, so that all texts round alike."""

    def __init__(self, run: Run) -> None:
        lines, info = run.epochs(), run.info
        if not lines or info is None:
            raise EpochscopeError(f"Run {run.id} of this tour has no epochs; train the runs of the tours again.")
        self._run, self._lines, self._spec = run, lines, run.spec
        self.n, self.k = f"{info['n']:,}", info["k"]
        self.end = len(lines) - 1
        self.start = last_phase_start(lines)
        self._param_changes = run.param_changes()
        self._notes: dict[str, Note] = {note.kind: note for note in findings(run)}
        scored = [line for line in lines[self.start :] if "acc" in line.get("scores", {})]
        self.best = max(scored, key=lambda line: line["scores"]["acc"])["epoch"]

    @property
    def note(self) -> Mapping[str, Note]:
        """The findings by kind, in the language of who is drawn for."""
        return {kind: note._replace(sentence=told(note.sentence)) for kind, note in self._notes.items()}

    @property
    def moved(self) -> int:
        """The last epoch before the first parameter change."""
        return self._param_changes[0]["epoch"]

    @property
    def old(self) -> str:
        """The value before the first parameter change."""
        return f"{self._param_changes[0]['old']:g}"

    @property
    def new(self) -> str:
        """The value after the first parameter change."""
        return f"{self._param_changes[0]['new']:g}"

    @property
    def acc_start(self) -> str:
        """ACC at the start of the last phase."""
        return self._acc(self.start)

    @property
    def acc_end(self) -> str:
        """ACC of the last epoch."""
        return self._acc(self.end)

    @property
    def acc_next(self) -> str:
        """ACC one epoch after the start of the last phase."""
        return self._acc(self.start + 1)

    @property
    def acc_best(self) -> str:
        """The highest ACC of the last phase."""
        return self._acc(self.best)

    @property
    def sure_start(self) -> str:
        """Mean of the largest q of each row at the start of the last phase."""
        return f"{self._lines[self.start]['measures']['mean of the largest q']:.2f}"

    @property
    def changed_first(self) -> str:
        """Share of points that changed cluster in the first epoch of the last phase."""
        return f"{self._lines[self.start + 1]['scores']['changed']:.0%}"

    @property
    def changed_last(self) -> str:
        """Share of points that changed cluster in the last epoch."""
        return f"{self._lines[-1]['scores']['changed']:.1%}"

    @property
    def loss_first(self) -> Mapping[str, str]:
        """Losses of the first trained epoch of the last phase, by name."""
        return _words(self._lines[self.start + 1]["losses"])

    @property
    def loss_last(self) -> Mapping[str, str]:
        """Losses of the last epoch, by name."""
        return _words(self._lines[-1]["losses"])

    @property
    def score_first(self) -> Mapping[str, str]:
        """Scores at the start of the last phase, by name."""
        return _words(self._lines[self.start]["scores"])

    @property
    def measure_moved(self) -> Mapping[str, str]:
        """Measures of the first epoch after the parameter change, by name."""
        return {name: f"{value:g}" for name, value in self._lines[self.moved + 1]["measures"].items()}

    @property
    def lr(self) -> str:
        """Learning rate of the clustering phase."""
        return f"{self._spec.params['cluster.lr']:g}"

    @property
    def preset_lr(self) -> str:
        """Learning rate of the clustering phase in the preset."""
        return f"{resolve(self._spec).algorithm.start(self._spec.preset).flat()['cluster.lr']:g}"

    @property
    def changed(self) -> str:
        """What a branch changed."""
        return str(about_branch(self._spec, self._run.display)["changed"])

    @property
    def acc_apart(self) -> str:
        """By how much the last ACC of a branch and that of the run it left differ."""
        ends = [Run(name).epochs()[-1]["scores"]["acc"] for name in (self._run.id, self._spec.parent)]
        return f"{abs(ends[0] - ends[1]):.3f}"

    @property
    def move(self) -> MoveNumbers:
        """The move that was explained when the run was recorded."""
        kept = kept_moves(self._run)[0]
        found = read_move(self._run, *kept)
        assert found is not None  # kept_moves has looked
        return MoveNumbers(found)

    @property
    def trial(self) -> Mapping[str, TrialNumbers]:
        """What was tried against a finding, by its kind."""
        found = list(self._notes.values())
        return {note.kind: made for note in found if (made := _trial(self._run, note, found))}

    def epoch(self, asked: str) -> int:
        """The epoch named by START ... MOVED or the kind of a finding. Raises EpochscopeError if there is none."""
        if asked in (START, END, BEST, MOVED):
            return int(getattr(self, asked))
        if asked in self.note:
            return self.note[asked].epoch
        raise EpochscopeError(f"There is no epoch called {asked!r} in this run.")

    def _acc(self, epoch: int) -> str:
        return f"{self._lines[epoch]['scores']['acc']:.3f}"


class MoveNumbers:
    """The values that texts may quote of a move of one point."""

    def __init__(self, move: Move) -> None:
        total = sums(move)
        self.point, self.since, self.until = int(move.points[0]), move.since, move.epoch
        self.own, self.others = (f"{part / total.length:.0%}" for part in (total.own, total.others))
        self.left = f"{move.left_over:.1%}"


class TrialNumbers:
    """The values that texts may quote of a trial of cures."""

    def __init__(self, found: Sequence[Outcome]) -> None:
        best, plain = helped(found)[0], next(one for one in found if one.words == NO_CHANGE)
        self.cures, self.branches = len(found) - 1, sum(one.runs for one in found)
        self.best, self.free, self.runs, self.else_free = best.words, best.free, best.runs, plain.free
        self.acc, self.else_acc = (f"{one.acc.median:.3f}" if one.acc else "–" for one in (best, plain))


def _trial(run: Run, note: Note, found: Sequence[Note]) -> TrialNumbers | None:
    if not has_cures(note):
        return None
    outcome = outcomes(note, members_of(run, start_of(note, found), bundled_entries()))
    return TrialNumbers(outcome) if helped(outcome) else None


class FuturesNumbers:
    """The values that texts may quote of futures."""

    def __init__(self, futures: Futures) -> None:
        found = labelings(futures)
        if found is None:
            raise EpochscopeError(f"The futures {futures.id} of this tour have no labels; train them again.")
        acc, seen = last_acc(futures, found), outcome(found)
        apart = ~np.eye(len(acc), dtype=bool)
        self.count = len(futures.members)
        self.low, self.median, self.high = (f"{one:.3f}" for one in (acc.min(), np.median(acc), acc.max()))
        self.range = f"{acc.max() - acc.min():.3f}"
        self.starts = f"{np.median(seen.between_starts[apart]):.2f}"
        self.ends = f"{np.median(seen.between_ends[apart]):.2f}"
        self.own = f"{np.median(seen.own):.2f}"
        self.basins = int(seen.basin.max()) + 1


def _words(values: Mapping[str, float | None]) -> dict[str, str]:
    return {name: "NaN" if value is None else f"{value:.4f}" for name, value in values.items()}


@functools.lru_cache(maxsize=64)
def numbers(run_id: str) -> Numbers:
    """Numbers of a bundled run, which never change."""
    return Numbers(Run(run_id))


@functools.lru_cache(maxsize=16)
def futures_numbers(futures_id: str) -> FuturesNumbers:
    """Numbers of bundled futures, which never change."""
    return FuturesNumbers(Futures(futures_id))
