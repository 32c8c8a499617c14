"""The parts of a tour. Texts contain no numbers or epochs: these are fields that are filled in from the step's run."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from epochscope.inspect.health import Note
from epochscope.language import tr
from epochscope.runs.format.run import Run
from epochscope.runs.library.findings import findings
from epochscope.runs.training.request import resolve
from epochscope.stored_sentences import told
from epochscope.types import NO_OVERLAY, EpochscopeError

START, END, BEST, MOVED = "start", "end", "best", "moved"


class Step(NamedTuple):
    """One step of a tour: a page as opened by a link, two sentences, and the panel that they are about."""

    title: str  # title and text may have fields of Numbers, such as {a.acc_end} or {b.note[fell].epoch}
    text: str
    page: str  # as in the address; "" is Train
    look: str  # key of the framed panel or widgets
    shows: str = ""  # letters of the runs that the page opens: one, or several on the Compare page
    epoch: str = ""  # START ... MOVED, or the kind of a finding; "b.fell": of run b; empty: the page's default
    query: Mapping[str, str] = {}  # other parts of the link: colors, figures, projection, settings of a lab


class Story(NamedTuple):
    """A tour."""

    key: str
    title: str
    learn: str  # what is learned, in one sentence
    minutes: int
    runs: Mapping[str, str]  # letter -> id of a bundled run
    steps: tuple[Step, ...]


class Numbers:
    """The values that texts may quote of a run, already formatted, so that all texts round alike."""

    def __init__(self, run: Run) -> None:
        lines, info = run.epochs(), run.info
        if not lines or info is None:
            raise EpochscopeError(f"Run {run.id} of this tour has no epochs; train the runs of the tours again.")
        self._lines, self._spec = lines, run.spec
        self.n, self.k = f"{info['n']:,}", info["k"]
        self.end = len(lines) - 1
        self.start = next(line["epoch"] for line in lines if line["phase"] == lines[-1]["phase"])
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

    def epoch(self, asked: str) -> int:
        """The epoch named by START ... MOVED or the kind of a finding. Raises EpochscopeError if there is none."""
        if asked in (START, END, BEST, MOVED):
            return int(getattr(self, asked))
        if asked in self.note:
            return self.note[asked].epoch
        raise EpochscopeError(f"There is no epoch called {asked!r} in this run.")

    def _acc(self, epoch: int) -> str:
        return f"{self._lines[epoch]['scores']['acc']:.3f}"


def _words(values: Mapping[str, float | None]) -> dict[str, str]:
    return {name: "NaN" if value is None else f"{value:.4f}" for name, value in values.items()}


@functools.lru_cache(maxsize=64)
def numbers(run_id: str) -> Numbers:
    """Numbers of a bundled run, which never change."""
    return Numbers(Run(run_id))


def step_text(story: Story, step: Step) -> tuple[str, str]:
    """Title and text of a step with its fields filled in."""
    fields = {letter: numbers(run_id) for letter, run_id in story.runs.items()}
    return tr(step.title).format(**fields), tr(step.text).format(**fields)


def closed(title: str) -> str:
    """A title as the sentence before a text: with a full stop, unless it asks."""
    return title if title.endswith(("?", "？")) else tr("{title}.", title=title)


def address(story: Story, place: int) -> dict[str, str]:
    """The query of the link that opens step `place` (from 1) with its page, run, epoch and tour."""
    step = story.steps[place - 1]
    runs = [story.runs[letter] for letter in step.shows]
    asked: dict[str, Any] = {"tour": f"{story.key}.{place}", **step.query}
    if runs:  # a step shows what it speaks of
        asked = {"show": NO_OVERLAY} | asked
        asked |= {"runs": ".".join(runs)} if len(runs) > 1 else {"run": runs[0]}
    if step.epoch:
        letter, _, what = step.epoch.rpartition(".")
        asked["epoch"] = numbers(story.runs[letter or step.shows[0]]).epoch(what)
    return {name: str(value) for name, value in asked.items()}


def missing_step(stories: Mapping[str, Story], asked: str) -> str:
    """Why there is no step of an address such as "dec.99", in one sentence."""
    key, _, place = asked.partition(".")
    story = stories.get(key)
    if story is None:
        return tr("There is no tour {name}; the Tours page lists those there are.", name=repr(key[:40]))
    return tr(
        "The tour “{title}” has {n} steps, no step {step}; the Tours page opens it.",
        title=tr(story.title),
        n=len(story.steps),
        step=repr(place[:10]),
    )


def find_step(stories: Mapping[str, Story], asked: str | None) -> tuple[Story, int] | None:
    """The story and step number of an address such as "dec.2"; None if there is no such step."""
    key, _, place = (asked or "").partition(".")
    story = stories.get(key)
    if story is None:
        return None
    place = place or "1"
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else 0
    return (story, number) if 1 <= number <= len(story.steps) else None
