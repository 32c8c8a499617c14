"""A lesson as a value: its plan, its events, and what it is after each of them. Pure; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from epochscope.text import sanitize
from epochscope.types import EpochscopeError

FORMAT = 1
LONGEST_NAME = 24
"""Letters of a nickname."""
MOST_CHANGES = 20
"""Answers of one student to one question, counting those that were changed."""
JOINS, TREND, SCORE = "joins", "trend", "score"
"""What is asked: which group a point joins, whether ACC falls or rises with a parameter, the ACC of one's own seed."""

Key = Annotated[str, Meta(max_length=20)]
Mark = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]
Words = Annotated[str, Meta(max_length=2000)]
Picture = Annotated[str, Meta(pattern=r"^(data:image/png;base64,[A-Za-z0-9+/=]*)?$", max_length=500_000)]
Answer = Annotated[float, Meta(ge=-1000, le=1000)]


class Option(msgspec.Struct, frozen=True):
    """One answer to choose; `pictures` are addresses of the form data:image/png."""

    label: Words
    detail: Words = ""
    pictures: Annotated[tuple[Picture, ...], Meta(max_length=20)] = ()


class Question(msgspec.Struct, frozen=True):
    """A question; without options the answer is a number from 0 to 1."""

    key: Key
    text: Words
    about: Words  # what one has to know for it
    options: Annotated[tuple[Option, ...], Meta(max_length=1000)] = ()
    picture: Picture = ""  # of the point that it is about


class Plan(msgspec.Struct, frozen=True):
    """What is fixed when a lesson is opened. `values`: of one parameter that is varied, in order; else empty."""

    code: Key
    title: Words
    created: Annotated[float, Meta(ge=0, le=4_102_444_800)]
    spec: dict[str, Any]
    seeds: Annotated[tuple[Annotated[int, Meta(ge=0, lt=2**31)], ...], Meta(min_length=1, max_length=1000)]
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=20)]
    values: dict[Words, tuple[Annotated[float, Meta(ge=-1e300, le=1e300)], ...]] = {}
    variants: Annotated[tuple[Words, ...], Meta(min_length=1, max_length=1000)] = ("",)  # in words: one for each value
    point: Annotated[int, Meta(ge=0, lt=2**31)] | None = None  # row of the data that the question JOINS is about
    version: Words = ""  # of epochscope
    format: int = FORMAT

    def question(self, key: str) -> Question:
        """The question with this key. Raises EpochscopeError if there is none."""
        for one in self.questions:
            if one.key == key:
                return one
        raise EpochscopeError("This lesson has no such question; reload the page.")


class Outcome(msgspec.Struct, frozen=True):
    """What happened: of each question the answer that would have been right for each seed, None where there is none.

    `curves`: ACC of each variant and seed at each epoch; `digests`: SHA-256 of the last labels, in the same order.
    """

    answers: dict[Key, tuple[Answer | None, ...]]
    differences: tuple[Answer | None, ...] = ()  # of the last variant's ACC to the first's, of each seed
    curves: tuple[tuple[tuple[Answer | None, ...], ...], ...] = ()
    digests: tuple[tuple[str, ...], ...] = ()


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """Somebody came."""

    mark: Mark
    name: Annotated[str, Meta(max_length=200)]


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """A question can be answered from now on, until another is asked or it is closed."""

    question: Key


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """Somebody predicts: the place of an option, or a number from 0 to 1."""

    mark: Mark
    question: Key
    value: float


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """No question can be answered any longer."""


class Trained(msgspec.Struct, frozen=True, tag="trained"):
    """The training began; `futures` is its id."""

    futures: Annotated[str, Meta(max_length=130)]


class Revealed(msgspec.Struct, frozen=True, tag="revealed"):
    """Everybody is told what happened."""

    outcome: Outcome


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Nothing changes any more."""


Event = Joined | Asked | Answered | Closed | Trained | Revealed | Ended


class Student(msgspec.Struct, frozen=True):
    """Who joined. `place`: how many came before, which decides the seed."""

    mark: str
    name: str
    place: int


@dataclass(frozen=True)
class Lesson:
    """What a lesson is after some events."""

    plan: Plan
    students: Mapping[str, Student] = field(default_factory=dict)  # by mark
    answers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # question -> mark -> prediction
    changes: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (question, mark) -> answers given
    open: str = ""  # the question that can be answered
    asked: tuple[str, ...] = ()  # all that were, in order
    futures: str = ""
    outcome: Outcome | None = None
    ended: bool = False

    def seed_of(self, mark: str) -> int:
        """Place among the plan's seeds of the one that a student owns; students share seeds where they are more."""
        return self.students[mark].place % len(self.plan.seeds)

    def sharing(self, mark: str) -> int:
        """How many others own the same seed."""
        own = self.seed_of(mark)
        return sum(self.seed_of(one) == own for one in self.students) - 1


def after(lesson: Lesson, event: Event, most_students: int) -> Lesson:
    """The lesson after one more event; the same object where the event changes nothing.

    Raises EpochscopeError for an event that cannot be.
    """
    if lesson.ended:
        raise EpochscopeError("This lesson has ended.")
    match event:
        case Joined():
            found = _joined(lesson, event, most_students)
        case Asked():
            found = _asked(lesson, event)
        case Answered():
            found = _answered(lesson, event)
        case Closed():
            found = replace(lesson, open="") if lesson.open else lesson
        case Trained():
            if lesson.outcome:
                raise EpochscopeError("What happened has been shown; open another lesson.")
            found = replace(lesson, futures=event.futures, open="")
        case Revealed():
            if not lesson.futures:
                raise EpochscopeError("Nothing has been trained yet; press Train first.")
            _require_of(lesson.plan, event.outcome)
            found = replace(lesson, outcome=event.outcome, open="")
        case Ended():
            found = replace(lesson, ended=True, open="")
    return found


def require_whole(plan: Plan) -> None:
    """Raises ValueError for a plan whose parts do not fit each other."""
    keys = [one.key for one in plan.questions]
    if len(set(keys)) != len(keys) or not set(keys) <= {JOINS, TREND, SCORE}:
        raise ValueError("it asks what no lesson asks, or the same twice")
    if any(one.key != SCORE and not one.options for one in plan.questions):
        raise ValueError("a question has nothing to choose")
    if prod(map(len, plan.values.values())) != len(plan.variants):
        raise ValueError("its variants are not those of its values")


def _require_of(plan: Plan, outcome: Outcome) -> None:
    count, of_each = len(plan.seeds), (outcome.curves, outcome.digests)
    right = all(len(some) == count for some in outcome.answers.values())
    right = right and len(outcome.differences) in (0, count)
    right = right and all(not some or [len(one) for one in some] == [count] * len(plan.variants) for some in of_each)
    if not right:
        raise EpochscopeError("What happened is not that of this lesson.")


def _joined(lesson: Lesson, event: Joined, most: int) -> Lesson:
    if event.mark in lesson.students:  # the same device: it has its place again
        return lesson
    if len(lesson.students) >= most:
        raise EpochscopeError(f"{most} students have joined, the most for one lesson here.")
    name = sanitize(event.name, LONGEST_NAME)
    if not name:
        raise EpochscopeError("Type a name of letters or digits first; any nickname will do.")
    name = _free_name(name, {one.name for one in lesson.students.values()})
    student = Student(event.mark, name, len(lesson.students))
    return replace(lesson, students={**lesson.students, event.mark: student})


def _free_name(name: str, taken: set[str]) -> str:
    """The name, with a number where somebody else has it."""
    found, number = name, 1
    while found.casefold() in {one.casefold() for one in taken}:
        number += 1
        found = f"{name[: LONGEST_NAME - 6]} ({number})"
    return found


def _asked(lesson: Lesson, event: Asked) -> Lesson:
    question = lesson.plan.question(event.question)
    if lesson.futures:
        raise EpochscopeError("The training has begun, and predictions are made before it; open another lesson.")
    if lesson.open == question.key:
        return lesson
    asked = lesson.asked if question.key in lesson.asked else (*lesson.asked, question.key)
    return replace(lesson, open=question.key, asked=asked)


def _answered(lesson: Lesson, event: Answered) -> Lesson:
    if event.mark not in lesson.students:
        raise EpochscopeError("Join first: type a name.")
    question = lesson.plan.question(event.question)
    if lesson.open != question.key:
        raise EpochscopeError("Too late: this question is closed.")
    if not is_answer(question, event.value):
        raise EpochscopeError("This is not an answer to the question; reload the page.")
    given = lesson.answers.get(question.key, {})
    if given.get(event.mark) == event.value:
        return lesson
    count = lesson.changes.get((question.key, event.mark), 0) + 1
    if count > MOST_CHANGES:
        raise EpochscopeError("You have changed your answer as often as is allowed; it stands.")
    return replace(
        lesson,
        answers={**lesson.answers, question.key: {**given, event.mark: event.value}},
        changes={**lesson.changes, (question.key, event.mark): count},
    )


def is_answer(question: Question, value: float) -> bool:
    """Whether a number answers a question."""
    if question.options:
        return value in range(len(question.options))
    return 0 <= value <= 1
