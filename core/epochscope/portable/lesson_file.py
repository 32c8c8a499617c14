"""A lesson as one HTML file that opens from disk, without scripts; the same in JSON stands in it for programs."""

from __future__ import annotations

import json
import time
from html import escape
from typing import Any

from epochscope import __version__
from epochscope.classroom.lesson import Lesson
from epochscope.classroom.scores import judged
from epochscope.futures.store import Futures
from epochscope.language import LANGUAGES, current, ntr, tr
from epochscope.portable.file import page_style
from epochscope.portable.lesson_view import LESSON_STYLE, result
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import resolve
from epochscope.stored_sentences import told
from epochscope.text import value_words
from epochscope.types import EpochscopeError

_FORMAT = 1
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="epochscope">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<ul class="facts">{facts}</ul>
{results}
<details><summary>{who}</summary>{owners}</details>
<details><summary>{how}</summary>
<p>{again}</p><pre class="citation">{settings}</pre></details>
</main>
<script type="application/json" id="lesson">{data}</script>
</body>
</html>
"""
_MORE_STYLE = """
main { max-width: 1040px; }
.lesson { margin: 26px 0; padding-top: 18px; border-top: 1px solid var(--st-border-color); overflow: hidden; }
details { margin: 12px 0; }
"""


def lesson_data(lesson: Lesson) -> dict[str, Any]:
    """A lesson for programs: plan, predictions, what happened, who was near. Names, and no marks of browsers."""
    plan, outcome = lesson.plan, lesson.outcome
    return {
        "format": f"epochscope-lesson {_FORMAT}",
        "title": plan.title,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(plan.created)),
        "epochscope": plan.version,
        "made_with": _made_with(lesson),
        "settings": plan.spec,
        "varied": {name: list(values) for name, values in plan.values.items()},
        "seeds": list(plan.seeds),
        "point": plan.point,
        "futures": lesson.futures,
        "students": [{"name": one.name, "seed": plan.seeds[lesson.seed_of(one.mark)]} for one in _students(lesson)],
        "questions": [_question(lesson, key) for key in lesson.asked],
        "acc": None if outcome is None else {"variants": list(plan.variants), "curves": outcome.curves},
        "digests": None if outcome is None else {"of": "last labels, SHA-256", "of_each_seed": outcome.digests},
    }


def _students(lesson: Lesson) -> list:
    return sorted(lesson.students.values(), key=lambda one: one.place)


def _made_with(lesson: Lesson) -> dict[str, Any]:
    try:
        return dict((Futures(lesson.futures).info or {}).get("made_with", {})) if lesson.futures else {}
    except EpochscopeError:
        return {}  # they were deleted since


def _question(lesson: Lesson, key: str) -> dict[str, Any]:
    question = lesson.plan.question(key)
    return {
        "key": key,
        "text": question.text,
        "options": [one.label for one in question.options],
        "happened": None if lesson.outcome is None else lesson.outcome.answers.get(key),
        "predictions": [
            {
                "name": one.name,
                "seed": one.seed,
                "predicted": one.predicted,
                "happened": one.happened,
                "distance": one.distance,
                "rank": one.rank,
            }
            for one in judged(lesson, key)
        ],
    }


def lesson_file(lesson: Lesson) -> bytes:
    """The HTML file of a lesson."""
    plan = lesson.plan
    facts = [
        time.strftime("%Y-%m-%d", time.localtime(plan.created)),
        ntr("{n} student", "{n} students", len(lesson.students)),
        tr("{count} seeds", count=len(plan.seeds)),
        *[one for one in plan.variants if one],
        f"epochscope {plan.version or __version__}",
    ]
    owners = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{tr('seed {seed}', seed=plan.seeds[lesson.seed_of(one.mark)])}</td></tr>"
        for one in _students(lesson)
    )
    # "<" and "&" as in any JSON, but so that nothing in it ends the element
    data = json.dumps(lesson_data(lesson)).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return _PAGE.format(
        language=LANGUAGES[current()].tag,
        who=tr("Who owned which seed"),
        how=tr("How to train these seeds again"),
        title=escape(told(plan.title)),
        style=page_style() + LESSON_STYLE + _MORE_STYLE,
        facts="".join(f"<li>{escape(one)}</li>" for one in facts),
        results="\n".join(result(lesson, key) for key in lesson.asked) or f"<p>{tr('No question was asked.')}</p>",
        owners=f"<table>{owners}</table>" if owners else f"<p>{tr('Nobody joined.')}</p>",
        again=tr("This command trains all of them; each has the numbers of the run with that seed alone."),
        settings=escape(command(lesson)),
        data=data,
    ).encode()


def command(lesson: Lesson) -> str:
    """The command that trains all of its seeds again."""
    plan = lesson.plan
    spec = resolve(RunSpec(**plan.spec))
    method = spec.algorithm
    start = method.params().but(method.preset(plan.spec["preset"]).at() if plan.spec.get("preset") else {}).flat()
    changed = {name: value for name, value in spec.spec.params.items() if start[name] != value}
    preset = [f"--preset '{plan.spec['preset']}'"] if plan.spec.get("preset") else []
    data = {f"data.{name}": value for name, value in spec.spec.data.items()}
    usual = {f"data.{name}": value for name, value in spec.source.params().flat().items()}
    changed |= {name: value for name, value in data.items() if usual[name] != value}
    parts = [
        f"epochscope futures --dataset {spec.spec.dataset} --method {spec.spec.method} --k {spec.spec.k}",
        f"--seeds {plan.seeds[0]}-{plan.seeds[-1]}",
        *preset,
        *[f"--{name} '{value_words(value)}'" for name, value in changed.items()],
        *[f"--grid {name}={','.join(map(value_words, values))}" for name, values in plan.values.items()],
    ]
    return " ".join(parts)
