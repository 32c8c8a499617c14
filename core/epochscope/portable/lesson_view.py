"""A question of a lesson as HTML, for the projector and the file: who predicted what, what happened, who was near.

All that somebody typed is escaped; colors and sizes are those of LESSON_STYLE.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape

from epochscope.classroom.lesson import TREND, Lesson, Option, Question
from epochscope.classroom.scores import Judged, judged, middle, tally
from epochscope.classroom.words import answer_words, in_words
from epochscope.language import tr

_MOST_NAMES = 12
_BINS = 80  # columns in which dots are stacked
_DOT = 11  # pixels from one dot to the next above it

LESSON_STYLE = """
.lesson { --predicted: light-dark(#1f57b5, #8ab4ff); --happened: light-dark(#b4480a, #ffa45c);
  --line: light-dark(#dfe3e8, #343a44); --quiet: light-dark(#5b616b, #b3b9c4); line-height: 1.35;
  font-size: clamp(1.05rem, 0.55rem + 0.75vw, 1.6rem); overflow-wrap: anywhere; }
.lesson h3 { margin: 0; padding: 0; font-size: 1.35em; line-height: 1.25; font-weight: 600; text-wrap: balance; }
.lesson p { margin: 0.5rem 0; font-size: inherit; }
.lesson a { color: var(--predicted); }
.lesson img { image-rendering: pixelated; border-radius: 4px; background: #000; width: 2.1em; height: 2.1em; }
.lesson .lesson-head { display: flex; gap: 1.2rem; align-items: center; margin-bottom: 0.75rem; }
.lesson .lesson-asked { width: 5.4em; height: 5.4em; border-radius: 8px; flex: none; }
.lesson .lesson-quiet { color: var(--quiet); font-size: 0.85em; }
.lesson .lesson-big { font-size: 1.2em; font-weight: 600; }
.lesson .lesson-warning { padding-left: 0.6rem; border-left: 4px solid var(--happened); font-size: 0.85em;
  font-weight: 600; }
.lesson ul.lesson-options { list-style: none; margin: 0.75rem 0; padding: 0; display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(15em, 100%), 1fr)); gap: 0.6rem; }
.lesson ul.lesson-options li { margin: 0; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 8px;
  display: flex; gap: 0.5rem; align-items: center; justify-content: space-between; font-size: inherit; }
.lesson ul.lesson-options img { width: 2.8em; height: 2.8em; }
.lesson small { display: block; color: var(--quiet); font-size: 0.8em; }
.lesson .lesson-pictures { display: flex; gap: 3px; flex: none; }
.lesson table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; font-size: inherit; }
.lesson :is(td, th) { padding: 0.2rem 0.75rem 0.2rem 0; text-align: left; font-weight: normal; border: 0; opacity: 1;
  border-top: 1px solid var(--line); vertical-align: middle; }
.lesson thead th { border: 0; font-weight: 600; overflow-wrap: normal; vertical-align: bottom; }
.lesson tbody th { width: 1px; white-space: nowrap; }
.lesson tbody th > span { display: flex; gap: 0.8rem; align-items: center; justify-content: space-between; }
.lesson tbody th:has(img) small { display: none; }
.lesson td > span { display: flex; align-items: center; gap: 0.5rem; min-height: 1.5rem; }
.lesson i { display: block; font-style: normal; }
.lesson td i { height: 1.1em; border-radius: 3px; }
.lesson td i:not([style*="width: 0"]) { min-width: 3px; }
@media (max-width: 640px) {
  .lesson tbody .lesson-pictures img + img { display: none; }
  .lesson :is(td, th) { padding-right: 0.4rem; }
  .lesson thead th { font-size: 0.8em; hyphens: auto; overflow-wrap: break-word; }
}
.lesson .of-predicted { background: var(--predicted); }
.lesson .of-happened { background: var(--happened); }
.lesson .key-predicted { color: var(--predicted); font-weight: 600; }
.lesson .key-happened { color: var(--happened); font-weight: 600; }
.lesson .lesson-strip { position: relative; margin: 0.2rem 0.9rem 0; border-bottom: 1px solid var(--quiet); }
.lesson .lesson-strip i { position: absolute; width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; }
.lesson .lesson-strip i.of-happened { border-radius: 1px; }
.lesson .lesson-axis { position: relative; height: 1.7em; margin: 0 0.9rem; font-size: 0.85em; color: var(--quiet); }
.lesson .lesson-axis i { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.lesson ol { margin: 0.4rem 0; padding-left: 1.6rem; }
.lesson :is(ol, ul) li { font-size: inherit; }
.lesson .lesson-names { display: flex; flex-wrap: wrap; gap: 0.35rem; list-style: none; margin: 0.5rem 0; padding: 0; }
.lesson .lesson-names li { margin: 0; padding: 0.1rem 0.7rem; border: 1px solid var(--line); border-radius: 1rem; }
.lesson .lesson-link { font-weight: 600; }
.lesson .lesson-link span { white-space: nowrap; }
.lesson img.lesson-qr { width: 100%; height: auto; aspect-ratio: 1; background: #fff; border-radius: 8px; }
"""


def wrapped(content: str) -> str:
    """Content in the element that LESSON_STYLE is for."""
    return f'<div class="lesson">{content}</div>'


def asked(question: Question) -> str:
    """A question with all that can be answered."""
    question = in_words(question)
    options = "".join(f"<li>{_option(one)}</li>" for one in question.options)
    answers = f'<ul class="lesson-options">{options}</ul>' if options else f"<p>{tr('A number from 0 to 1.')}</p>"
    about = f'<p class="lesson-quiet">{escape(question.about)}</p>'
    return wrapped(f"{_head(question)}{answers}{about}")


def _head(question: Question, more: str = "") -> str:
    """The words of a question, with what is said below them, beside the picture that it is about."""
    picture = (
        _picture(question.picture, "lesson-asked", tr("The point that is asked about")) if question.picture else ""
    )
    return f'<div class="lesson-head">{picture}<div><h3>{escape(question.text)}</h3>{more}</div></div>'


def _picture(address: str, name: str = "", alt: str = "") -> str:
    return f'<img src="{escape(address)}" class="{name}" alt="{alt}">'


def _option(option: Option) -> str:
    detail = f"<small>{escape(option.detail)}</small>" if option.detail else ""
    pictures = "".join(map(_picture, option.pictures))
    return f'<span>{escape(option.label)}{detail}</span><span class="lesson-pictures">{pictures}</span>'


def names(lesson: Lesson, most: int = 120) -> str:
    """Who has joined, in this order."""
    some = list(lesson.students.values())
    listed = "".join(f"<li>{escape(one.name)}</li>" for one in some[:most])
    more = f"<li>{_more(len(some) - most)}</li>" if len(some) > most else ""
    return f'<ul class="lesson-names">{listed}{more}</ul>'


def _more(count: int) -> str:
    return tr("and {n} more", n=count)


def result(lesson: Lesson, key: str, *, named: bool = True) -> str:
    """The predictions of a question, beside what happened once that is told. `named`: with nicknames."""
    question = in_words(lesson.plan.question(key))
    some = judged(lesson, key)
    about = f'<p class="lesson-quiet">{escape(question.about)}</p>'
    body = _bars(lesson, question) if question.options else _strips(lesson, question, some)
    return wrapped(f"{_head(question, _verdict(lesson, question))}{body}{_near(lesson, question, some, named)}{about}")


def _verdict(lesson: Lesson, question: Question) -> str:
    """How many were right, and by how much ACC changed."""
    if lesson.outcome is None or not question.options:
        return ""
    counted = tally(lesson, question.key)
    right = tr("{right} of {all} were right for the seed they own.", right=counted.right, all=counted.judged)
    return f'<p class="lesson-big">{right}</p>' + (_change(lesson.outcome.differences) if question.key == TREND else "")


def _bars(lesson: Lesson, question: Question) -> str:
    """How often each option was predicted, and how often it happened."""
    counted, told = tally(lesson, question.key), lesson.outcome is not None
    happened = f'<th scope="col"><span class="key-happened">{tr("What happened")}</span> ({_seeds(lesson)})</th>'
    head = (
        f'<th scope="col">{tr("Answer")}</th><th scope="col"><span class="key-predicted">{tr("Predicted")}</span> '
        f"({sum(counted.predicted)})</th>{happened if told else ''}"
    )
    rows = []
    for place, option in enumerate(question.options):
        cells = _bar(counted.predicted[place], sum(counted.predicted), "of-predicted")
        cells += _bar(counted.happened[place], sum(counted.happened), "of-happened") if told else ""
        rows.append(f'<tr><th scope="row"><span>{_option(option)}</span></th>{cells}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _seeds(lesson: Lesson) -> str:
    return tr("{count} seeds", count=len(lesson.plan.seeds))


def _bar(count: int, of: int, name: str) -> str:
    share = 100 * count / of if of else 0
    return f'<td><span><i class="{name}" style="width: {0.8 * share:.1f}%"></i>{count}</span></td>'


def _strips(lesson: Lesson, question: Question, some: Sequence[Judged]) -> str:
    """Numbers as dots on an axis: predictions, and below what each seed reached."""
    predicted = [one.predicted for one in some]
    told = lesson.outcome.answers.get(question.key, ()) if lesson.outcome else ()
    happened = [one for one in told if one is not None]
    if not predicted and not happened:
        return f"<p>{tr('Nobody predicted.')}</p>"
    low, high = _range([*predicted, *happened])
    parts = [_strip(tr("Predicted"), predicted, low, high, "predicted")]
    if lesson.outcome:
        parts.append(_strip(tr("What happened, each seed"), happened, low, high, "happened"))
    steps = round(10 * (high - low)) * (2 if high - low < 0.35 else 1)
    ticks = [low + step * (high - low) / steps for step in range(steps + 1)]
    marks = "".join(f'<i style="left: {_left(one, low, high)}">{one:.3g}</i>' for one in ticks)
    return "".join(parts) + f'<div class="lesson-axis">{marks}</div>'


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Tenths that all values lie between."""
    low, high = math.floor(10 * min(values) + 1e-9) / 10, math.ceil(10 * max(values) - 1e-9) / 10
    return (low, high) if high > low else (max(0.0, low - 0.1), min(1.0, high + 0.1))


def _left(value: float, low: float, high: float) -> str:
    return f"{100 * (value - low) / (high - low):.2f}%"


def _strip(title: str, values: Sequence[float], low: float, high: float, name: str) -> str:
    above: Counter[int] = Counter()
    dots = []
    for value in sorted(values):
        column = round(_BINS * (value - low) / (high - low))
        dots.append(
            f'<i class="of-{name}" style="left: {_left(value, low, high)}; bottom: {_DOT * above[column]}px"></i>'
        )
        above[column] += 1
    height = max(2, max(above.values(), default=0)) * _DOT + 4
    center = middle(values)
    some = tr("{count}; median {median:.3f}", count=len(values), median=center) if center is not None else tr("none")
    return (
        f'<p class="lesson-quiet"><span class="key-{name}">{title}</span> ({some})</p>'
        f'<div class="lesson-strip" style="height: {height}px">{"".join(dots)}</div>'
    )


def _near(lesson: Lesson, question: Question, some: Sequence[Judged], named: bool) -> str:
    """Who was right, or near."""
    near = [one for one in some if one.rank is not None]
    if not near or lesson.outcome is None:
        return ""
    if question.options:
        return _listed([one.name for one in near if one.distance == 0]) if named else ""
    first = "".join(f"<li>{escape(one.name) + ': ' if named else ''}{_reached(question, one)}</li>" for one in near[:5])
    return f'<p class="lesson-big">{tr("Nearest")}</p><ol>{first}</ol>'


def _reached(question: Question, one: Judged) -> str:
    return tr(
        "predicted {predicted}, seed {seed} reached {happened} (off by {distance:.3f})",
        predicted=answer_words(question, one.predicted),
        seed=one.seed,
        happened=answer_words(question, one.happened),
        distance=one.distance,
    )


def _change(differences: Sequence[float | None]) -> str:
    there = [one for one in differences if one is not None]
    if not there:
        return ""
    words = tr(
        "ACC changed by {median:+.3f} in the median, {least:+.3f} to {most:+.3f}.",
        median=middle(there),
        least=min(there),
        most=max(there),
    )
    return f"<p>{words}</p>"


def _listed(some: Sequence[str]) -> str:
    listed = "".join(f"<li>{escape(one)}</li>" for one in some[:_MOST_NAMES])
    more = f"<li>{_more(len(some) - _MOST_NAMES)}</li>" if len(some) > _MOST_NAMES else ""
    return f'<ul class="lesson-names">{listed}{more}</ul>' if some else ""
