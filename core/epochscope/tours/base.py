"""The parts of a tour. Texts contain no numbers or epochs: these are fields that are filled in from the step's run."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, NamedTuple

from epochscope.language import tr
from epochscope.tours.numbers import BEST, END, MOVED, START, futures_numbers, numbers
from epochscope.types import NO_OVERLAY

__all__ = ["BEST", "END", "MOVED", "START", "Step", "Story"]


class Step(NamedTuple):
    """One step of a tour: a page as opened by a link, two sentences, and the panel that they are about."""

    title: str  # title and text may have fields of Numbers, such as {a.acc_end} or {b.note[fell].epoch}
    text: str
    page: str  # as in the address; "" is Train
    look: str  # key of the framed panel or widgets
    shows: str = ""  # letters of the runs that the page opens: one, or several on the Compare page
    epoch: str = ""  # START ... MOVED, or the kind of a finding; "b.fell": of run b; empty: the page's default
    query: Mapping[str, str] = {}  # more of the link: colors, figures, projection, settings of a lab; with fields


class Story(NamedTuple):
    """A tour."""

    key: str
    title: str
    learn: str  # what is learned, in one sentence
    minutes: int
    runs: Mapping[str, str]  # letter -> id of a bundled run
    steps: tuple[Step, ...]
    futures: Mapping[str, str] = {}  # letter -> id of bundled futures


def _fields(story: Story, *texts: str) -> dict[str, Any]:
    """What these texts quote, by letter."""
    used = {field.partition(".")[0] for text in texts for _, field, _, _ in Formatter().parse(text) if field}
    of_runs = {letter: numbers(run_id) for letter, run_id in story.runs.items() if letter in used}
    of_futures = {letter: futures_numbers(name) for letter, name in story.futures.items() if letter in used}
    return {**of_runs, **of_futures}


def step_text(story: Story, step: Step) -> tuple[str, str]:
    """Title and text of a step with its fields filled in."""
    title, text = tr(step.title), tr(step.text)
    fields = _fields(story, title, text)
    return title.format(**fields), text.format(**fields)


def closed(title: str) -> str:
    """A title as the sentence before a text: with a full stop, unless it asks."""
    return title if title.endswith(("?", "？")) else tr("{title}.", title=title)


def address(story: Story, place: int) -> dict[str, str]:
    """The query of the link that opens step `place` (from 1) with its page, run, epoch and tour."""
    step = story.steps[place - 1]
    runs = [story.runs[letter] for letter in step.shows]
    fields = _fields(story, *step.query.values())
    asked: dict[str, Any] = {"tour": f"{story.key}.{place}"}
    asked |= {name: value.format(**fields) for name, value in step.query.items()}
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
