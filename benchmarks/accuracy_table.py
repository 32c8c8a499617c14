"""The tables of `python -m benchmarks.accuracy`: scores of a set, all sets, choices without labels, published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import median

from epochscope.data import SOURCES
from epochscope.formulas.label_free import Choice
from epochscope.methods import METHODS
from epochscope.published import EVIDENCE, TABLES
from epochscope.runs.library.choosing import MEASURES, choices, comparable_sets, measured, ranks
from epochscope.runs.library.results import Result, Summary, summaries

from benchmarks.rows import head, ranged, row


def tables(results: Sequence[Result]) -> str:
    """All tables of these results, which are ours."""
    sets: dict[str, list[Summary]] = {}
    for summary in summaries(results):
        sets.setdefault(summary.one.data_key, []).append(summary)
    return "\n\n".join([*map(of_set, sets.values()), of_choices(sets), of_ranks(sets)] if sets else ["No results."])


def of_set(here: Sequence[Summary]) -> str:
    """One row a method: medians (lowest to highest) over the seeds that came to an end."""
    every = [result for summary in here for result in summary.done]
    found = measured(every)
    columns = ("data", "method", "preset", "acc at the start", "acc", "rank", "nmi", "rank", "ari")
    lines = [head(*columns, *MEASURES, "seeds", "epochs", "seconds an epoch")]
    places = {score: ranks({s.one.method: middle(s.of(score)) for s in here}) for score in ("acc", "nmi")}
    for summary in here:
        one, done = summary.one, summary.done
        first = (one.dataset, one.method, one.preset)
        if not done:
            lines.append(row(*first, f"all {len(summary.failed)} failed: {one.message}"))
            continue
        scores = [ranged([result.start.get("acc") for result in done])]
        for score in ("acc", "nmi"):
            scores += [ranged(summary.of(score)), str(places[score].get(one.method, "-"))]
        own = [place for place, result in enumerate(every) if result in done]
        free = [_median([float(found[name][place]) for place in own]) for name in MEASURES]
        failed = f" of {len(done) + len(summary.failed)}" * bool(summary.failed)
        seconds = [r.seconds / r.epochs for r in done if r.epochs and r.seconds is not None]
        epochs = f"{middle(summary.of('epochs')) or 0:.0f}"
        lines.append(
            row(*first, *scores, ranged(summary.of("ari")), *free, f"{len(done)}{failed}", epochs, ranged(seconds, 2))
        )
    return "\n".join(lines)


def of_choices(sets: Mapping[str, Sequence[Summary]]) -> str:
    """What each label-free measure would have chosen among the runs of a set."""
    lines = ["Choosing without labels: ACC of the run with the highest value (Spearman's correlation with the ACC)."]
    lines.append(head("data", "runs", *MEASURES, "median run", "best run"))
    for here in sets.values():
        every = [result for summary in here for result in summary.done]
        found = choices(every)
        if not found:
            continue
        cells = [_choice(found[name]) if name in found else "-" for name in MEASURES]
        accs = [result.acc for result in every if result.acc is not None]
        lines.append(row(here[0].one.dataset, len(accs), *cells, f"{median(accs):.3f}", f"{max(accs):.3f}"))
    return "\n".join(lines)


def of_ranks(sets: Mapping[str, Sequence[Summary]]) -> str:
    """Each method: its ACC on each set, and its mean place over the sets on which it was run, by ACC and by NMI."""
    left = "Sets on which less than half of the methods were run are left out."
    lines = [f"ACC by set, and the mean rank over sets, by the median over seeds; 1 is best. {left}"]
    shown = list(comparable_sets(sets).values())
    lines.append(head("method", *(here[0].one.dataset for here in shown), "rank by acc", "by nmi", "sets"))
    places: dict[str, dict[str, list[int]]] = {}
    for here in shown:
        for score in ("acc", "nmi"):
            for method, place in ranks({s.one.method: middle(s.of(score)) for s in here}).items():
                places.setdefault(method, {}).setdefault(score, []).append(place)
    means = {m: {score: sum(of) / len(of) for score, of in scores.items()} for m, scores in places.items()}
    for method in sorted(means, key=lambda method: (-len(places[method]["acc"]), means[method]["acc"])):
        found = means[method]
        title = METHODS[method].title if method in METHODS else method
        accs = [ranged([acc for s in here if s.one.method == method for acc in s.of("acc")]) for here in shown]
        lines.append(row(title, *accs, f"{found['acc']:.1f}", f"{found['nmi']:.1f}", len(places[method]["acc"])))
    return "\n".join(lines)


def of_published(results: Sequence[Result], data: str = "mnist") -> str:
    """Every number that was published for a set, beside what its method reaches here on so many of its points.

    A star: labels of the set had a part in the choice of the run or of the preset.
    """
    found = [summary for summary in summaries(results) if summary.one.dataset == data and summary.done]
    sizes = sorted({summary.one.n or summary.one.data.get("n", 0) for summary in found})
    lines = [head("system", "published, %", "how well known", *(f"here, {n:,} points" for n in sizes))]
    for table in TABLES:
        for line in table.rows:
            cell = line.cells.get(SOURCES[data].title)
            if cell:
                mark = " *" * cell.by_labels
                here = [
                    [s for s in found if s.one.method == line.key and (s.one.n or s.one.data.get("n")) == n]
                    for n in sizes
                ]
                cells = [_reached(max(those, key=lambda s: len(s.done))) if those else "-" for those in here]
                lines.append(row(line.title, f"{cell.printed}{mark}", EVIDENCE[cell.evidence][0], *cells))
    return "\n".join(lines)


def _reached(summary: Summary) -> str:
    """ACC with seeds and preset; a star where labels of the set had a part in the preset."""
    one = summary.one
    mark = " *" * one.on_these_labels
    seeds = f"{len(summary.done)} seed" + "s" * (len(summary.done) > 1)
    return f"{ranged(summary.of('acc'))}; {one.preset}{mark}, {seeds}"


def middle(values: Sequence[float]) -> float | None:
    """The median; None without values."""
    return median(values) if values else None


def _median(values: Sequence[float]) -> str:
    known = [value for value in values if isfinite(value)]
    return f"{median(known):.3f}" if known else "-"


def _choice(one: Choice) -> str:
    return f"{one.chosen:.3f}" + (f" ({one.correlation:+.2f})" if one.correlation is not None else "")
