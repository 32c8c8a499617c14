"""Our own results: the figures, tables and words of their part of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import streamlit as st

from epochscope.figures import choosing, seeds
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED
from epochscope.runs.library.choosing import MEASURES, choices, comparable, comparable_sets
from epochscope.runs.library.results import OURS, Result, Summary, summaries
from epochscope.ui.results.tables import (
    ON_THESE_LABELS,
    SCORES,
    best_first,
    choice_rows,
    data_title,
    method_title,
    our_rows,
    over_sets,
    table,
)
from epochscope.ui.shared.session import MEASURED, PROTOCOL, SCORE
from epochscope.ui.shared.stage import still_chart
from epochscope.ui.shared.text import plain

_ALIKE, _OTHERS = "one preset for all sets", "presets for a set"
_COLUMN = 520  # pixels: the two figures stand side by side where both fit


def ours(results: Sequence[Result]) -> None:
    """Scores of one data set, the choices of measures without labels, and all sets in one table.

    Shown first: whichever presets have been tried with more methods on the first set.
    """
    st.subheader("Measured here", anchor=False)
    if not results:
        st.markdown("No results yet; `python -m benchmarks.accuracy --datasets digits` computes them.")
        return
    alike = {data_title(here[0].one): here for here in comparable(results).values()}
    alike = dict(sorted(alike.items(), key=lambda item: -len(item[1])))  # fullest first
    other = _other_presets(results, alike)
    offered = {name: boards for name, boards in ((_ALIKE, alike), (_OTHERS, other)) if boards}
    fuller = max(offered, key=lambda name: len(next(iter(offered[name].values()))))
    with st.container(horizontal=True, gap="small"):
        protocol = st.segmented_control(
            "Presets", list(offered), default=fuller, required=True, key=PROTOCOL, bind="query-params"
        )
        score = st.segmented_control(
            "Score", [name.upper() for name in SCORES], default="ACC", required=True, key=SCORE, bind="query-params"
        )
        several = {name: here for name, here in alike.items() if len(here) > 1}  # one method alone compares nothing
        boards = (several or alike) if protocol == _ALIKE else other
        chosen = st.segmented_control(
            "Data set", list(boards), default=next(iter(boards)), required=True, key=MEASURED, bind="query-params"
        )
    shown, same = boards.get(str(chosen)) or next(iter(boards.values())), protocol == _ALIKE
    shown, peers = best_first(shown, str(score).lower()), _peers(results, shown)
    if same:
        grid = st.grid(min_column_width=_COLUMN, gap="medium")
        with grid.cell():
            _scores(shown, str(score), str(chosen), peers)
        with grid.cell():
            _choices(alike)
    else:
        _scores(shown, str(score), str(chosen), peers)
    table(our_rows(shown, "method", peers=peers, presets=not same), f"Results on {chosen}")
    _failures(shown)
    _words(shown, alike=same)
    if same:
        _all_sets(alike)


def _all_sets(boards: Mapping[str, Sequence[Summary]]) -> None:
    """One table of all data sets on which enough methods were run for ranks to say something."""
    full = comparable_sets(boards)
    if len(full) < 2:
        return
    st.markdown("**All sets**: median ACC over seeds, and mean rank over the sets on which a method was run.")
    table(over_sets(full), "Median ACC of each method on each data set")
    if fewer := [plain(name) for name in boards if name not in full]:
        st.caption(f"Left out here, since so far less than half of the methods were run on them: {', '.join(fewer)}.")


def _other_presets(results: Sequence[Result], alike: Mapping[str, Sequence[Summary]]) -> dict[str, list[Summary]]:
    """Our results with other presets than the recommended one, or with an earlier form of it, by data set."""
    today = {result.settings for here in alike.values() for one in here for result in one.done + one.failed}
    order = list(METHODS)
    rest = summaries(result for result in results if result.system == OURS and result.settings not in today)
    found: dict[str, list[Summary]] = {}
    for summary in sorted(rest, key=lambda one: order.index(one.one.method) if one.one.method in order else len(order)):
        found.setdefault(data_title(summary.one), []).append(summary)
    return dict(sorted(found.items(), key=lambda item: data_title_order(results, item[0])))


def data_title_order(results: Sequence[Result], title: str) -> int:
    """The place of a data set in the file of results."""
    return next(at for at, result in enumerate(results) if data_title(result) == title)


def _peers(results: Sequence[Result], shown: Sequence[Summary]) -> dict[str, Summary]:
    """What another library reaches on the same data, by method."""
    key = shown[0].one.data_key
    return {one.one.method: one for one in summaries(r for r in results if r.system != OURS and r.data_key == key)}


def _scores(shown: Sequence[Summary], score: str, data: str, peers: Mapping[str, Summary]) -> None:
    scores: dict[str, list[float]] = {}
    others: dict[str, dict[str, float]] = {}
    for summary in shown:
        name = method_title(summary.one)
        name = f"{name}, {summary.one.preset}" if name in scores else name
        scores[name] = [100 * value for value in summary.of(score.lower())]
        peer = peers.get(summary.one.method)
        if peer and (theirs := peer.of(score.lower())):
            others.setdefault(peer.one.system, {})[name] = 100 * median(theirs)
    _heading(f"{score} on {data}: one dot per seed")
    drawn = seeds.figure(seeds.view(scores, others), "", f"{score} in percent")
    medians = ", ".join(f"{name} {sorted(values)[len(values) // 2]:.1f}" for name, values in scores.items() if values)
    about = f"{score} on {data} in percent, medians: {medians}"
    still_chart("seeds", drawn, about=about, tools=False)


def _choices(boards: Mapping[str, Sequence[Summary]]) -> None:
    """What each measure without labels would have chosen, of the runs of each data set."""
    every = {name: [result for summary in here for result in summary.done] for name, here in boards.items()}
    found = {name: of for name, runs in every.items() if (of := choices(runs))}
    if not found:
        return
    title = "Which measure without labels would have chosen a good run?"
    _heading(title)
    drawn = choosing.figure(choosing.view(found), "")
    about = f"{title} The table below has the numbers."
    still_chart("choosing", drawn, about=about, tools=False)
    table(choice_rows(found), "ACC of the run that each measure would choose")
    st.caption(
        "Over all runs of a set (every method and seed): the ACC of the run with the highest value of the measure, "
        "between the median run and the best; in brackets, the rank correlation of the measure with the ACC "
        "(Spearman). " + " ".join(f"**{name.capitalize()}**: {about}" for name, about in MEASURES.items())
    )


def _heading(words: str) -> None:
    """The title of a figure as text of the page, which wraps on a narrow screen."""
    st.markdown(f"**{plain(words)}**")


def _failures(shown: Sequence[Summary]) -> None:
    """What failed, one line for each method and message."""
    told: dict[tuple[str, str], list[int]] = {}
    for result in (failed for summary in shown for failed in summary.failed):
        told.setdefault((method_title(result), result.message), []).append(result.seed)
    for (title, message), failed in told.items():
        which = f"seed {failed[0]}" if len(failed) == 1 else f"seeds {', '.join(map(str, sorted(failed)))}"
        st.caption(f":material/error: {plain(title)}, {which}: {plain(message)}")


def _words(shown: Sequence[Summary], *, alike: bool) -> None:
    one = shown[0].one
    threads = " or ".join(str(n) for n in sorted({r.threads for summary in shown for r in summary.done}))
    marked = any(summary.one.on_these_labels for summary in shown)
    st.caption(
        f"Scores in percent: median (lowest to highest) over seeds, k = {one.k}, at the end of a run; labels are used "
        "for scoring only. At start: the median ACC of the first clusters of a run; what clustering adds is the "
        f"difference. Epochs and seconds of training: medians ({plain(one.device)}, threads: {threads}; seconds "
        "depend on the machine and its load). "
        + (
            f"Every method with its preset *{RECOMMENDED}*: one rule for all sets, which follows from their size. It "
            f"was designed while looking at ACC on 1,000 points each of seven sets, and is not tuned to any of them. "
            if alike
            else ""
        )
        + f"*{ON_THESE_LABELS.capitalize()}*: a preset was chosen by its ACC on this very set, so its score is "
        "flattering. "
        * marked
        + "Computed by `python -m benchmarks.accuracy`; what ClustPy reaches with its own defaults on the same points "
        "and seeds, by `python -m benchmarks.peer`."
    )
