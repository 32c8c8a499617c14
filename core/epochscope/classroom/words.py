"""A lesson in words and numbers: for a phone, the projector and the file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from epochscope.classroom.lesson import Lesson, Question
from epochscope.classroom.progress import Progress
from epochscope.classroom.scores import Judged, judged
from epochscope.language import tr
from epochscope.runs.format.spec import LIVE
from epochscope.stored_sentences import told

LOBBY, ASKING, CLOSED, TRAINING, TRAINED, REVEALED, ENDED = (
    "lobby", "asking", "closed", "training", "trained", "revealed", "ended",
)  # fmt: skip
"""Phases of a lesson."""


def phase(lesson: Lesson, progress: Progress | None) -> str:
    """Where a lesson stands. `progress`: of its training, once it is read."""
    if lesson.ended:
        return ENDED
    if lesson.outcome:
        return REVEALED
    if lesson.futures:
        return TRAINING if progress is None or progress.state["state"] in LIVE else TRAINED
    if lesson.open:
        return ASKING
    return CLOSED if lesson.asked else LOBBY


def answer_words(question: Question, value: float | None) -> str:
    """An answer, or what happened."""
    if value is None:
        return tr("nothing that can be told")
    return told(question.options[int(value)].label) if question.options else f"{value:.3f}"


def verdict(question: Question, one: Judged) -> str:
    """How near somebody was."""
    if one.distance is None:
        return tr("This seed tells nothing.")
    if question.options:
        return tr("Right!") if one.distance == 0 else tr("Not this time.")
    return tr("Off by {distance:.3f}.", distance=one.distance)


def rank_words(one: Judged, all_of_them: Sequence[Judged]) -> str:
    """The place among all who predicted a number; empty where there is none."""
    judged_ones = sum(other.rank is not None for other in all_of_them)
    return tr("Nearest {rank} of {all}.", rank=one.rank, all=judged_ones) if one.rank and judged_ones > 1 else ""


def of_phone(lesson: Lesson, mark: str, progress: Progress | None, note: str) -> dict[str, Any]:
    """What a phone shows (stage/phone/phone.js). `note`: a sentence for this student alone."""
    student = lesson.students.get(mark)
    shown: dict[str, Any] = {
        "title": told(lesson.plan.title),
        "phase": phase(lesson, progress),
        "note": note,
        "name": student.name if student else None,
        "joined": len(lesson.students),
    }
    if not student:
        return shown
    seed = lesson.seed_of(mark)
    shown |= {"seed": lesson.plan.seeds[seed], "sharing": lesson.sharing(mark)}
    key = lesson.open or (lesson.asked[-1] if lesson.asked and not lesson.futures else "")
    if key:
        shown["question"] = in_words(lesson.plan.question(key))
        shown["answer"] = lesson.answers.get(key, {}).get(mark)
    if progress and not lesson.outcome:
        shown["training"] = _training(lesson, seed, progress)
    if lesson.outcome:
        shown["results"] = [_result(lesson, key, mark) for key in lesson.asked]
    return shown


def in_words(question: Question) -> Question:
    """The question in the language of who is drawn for: a plan is stored in English."""
    options = [replace(one, label=told(one.label), detail=told(one.detail)) for one in question.options]
    return replace(question, text=told(question.text), about=told(question.about), options=tuple(options))


def _training(lesson: Lesson, seed: int, progress: Progress) -> dict[str, Any]:
    dots = progress.dots(seed)
    shown: dict[str, Any] = {
        "state": progress.state["state"],
        "message": progress.state["message"],
        "epochs": progress.epochs,
        "variants": lesson.plan.variants,
        "curves": [_numbers(one) for one in progress.curves(seed)],
        "range": [_numbers(one) for one in progress.range()],
    }
    if dots:
        labels = np.full(len(dots.places), -1) if dots.labels is None else dots.labels
        shown["places"] = base64.b64encode(dots.places.tobytes()).decode()
        shown["labels"] = base64.b64encode((labels & 255).astype(np.uint8).tobytes()).decode()
    return shown


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else round(float(one), 3) for one in values]


def _result(lesson: Lesson, key: str, mark: str) -> dict[str, str]:
    """What one student predicted beside what happened."""
    question, seed = lesson.plan.question(key), lesson.seed_of(mark)
    answers = lesson.outcome.answers.get(key) if lesson.outcome else None
    happened = answers[seed] if answers else None
    shown = {
        "question": told(question.text),
        "predicted": tr("no answer"),
        "happened": answer_words(question, happened),
        "verdict": "",
    }
    value = lesson.answers.get(key, {}).get(mark)
    if value is None:
        return shown
    all_of_them = judged(lesson, key)
    own = next(one for one in all_of_them if one.mark == mark)
    words = [verdict(question, own), "" if question.options else rank_words(own, all_of_them)]
    return shown | {"predicted": answer_words(question, value), "verdict": " ".join(filter(None, words))}
