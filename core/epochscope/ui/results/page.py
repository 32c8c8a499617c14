"""The Results page: scores measured here over several seeds, and beside them published ones."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import pandas as pd
import streamlit as st

from epochscope.data import SOURCES
from epochscope.figures import seeds
from epochscope.figures.theme import CONFIG
from epochscope.formulas.dispersion import median_range
from epochscope.methods import METHODS
from epochscope.published import EVIDENCE, TABLES, Published, data_sets, published
from epochscope.runs.library.results import Result, Summary, read, summaries
from epochscope.ui.shared.session import MEASURED, PUBLISHED, SCORE
from epochscope.ui.shared.text import plain

_SCORES = ("acc", "nmi", "ari")
_COLUMN = 520  # pixels: the two halves stand side by side where both fit


def results_page() -> None:
    """Our own runs on the left, the published tables on the right, never on one axis."""
    grid = st.grid(min_column_width=_COLUMN, gap="medium")
    with grid.cell():
        _ours()
    with grid.cell(), st.container(border=True):
        _theirs()


def data_title(result: Result) -> str:
    """The data set, with what differs from its defaults."""
    source = SOURCES.get(result.dataset)
    if source is None:
        return result.dataset
    usual = source.params().flat()
    changed = [f"{name} {value}" for name, value in result.data.items() if usual.get(name) != value]
    return ", ".join([source.title, *changed])


def method_title(result: Result) -> str:
    """The method's title; its key if it no longer exists."""
    return METHODS[result.method].title if result.method in METHODS else result.method


def our_rows(results: Iterable[Summary], first: str) -> list[dict[str, str]]:
    """Rows of a table of our own results; `first` is "method" or "data"."""
    return [_row(summary, first) for summary in results]


def their_rows(cells: Iterable[Published], first: str) -> list[dict[str, str]]:
    """Rows of a table of published results; `first` is "method" or "data"."""
    return [
        {
            first: cell.method if first == "method" else cell.data,
            "ACC %": _together(cell.acc),
            "evidence": _together(cell.evidence),
            "what differs": plain(cell.differs),
            **({} if first == "method" else {"printed in": cell.table}),
        }
        for cell in cells
    ]


def table(rows: list[dict[str, str]], about: str) -> None:
    """A static table that may hold Markdown."""
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt=about)


def _row(summary: Summary, first: str) -> dict[str, str]:
    one = summary.one
    title = method_title(one) if first == "method" else data_title(one)
    changed = [*summary.changed[:3], *["..."] * (len(summary.changed) > 3)]
    note = f" (differs from today's preset: {', '.join(changed)})" * bool(changed)
    runs = f"{len(summary.done)}" + f", {len(summary.failed)} failed" * bool(summary.failed)
    row = {first: plain(title), "preset": plain(one.preset + note)}
    for name in _SCORES[:2]:
        values = summary.of(name)
        words = "{:.1f} ({:.1f} to {:.1f})".format(*median_range(100 * v for v in values)) if values else "–"
        row[name.upper()] = _together(words)
    begun = [100 * float(result.start["acc"]) for result in summary.done if result.start.get("acc") is not None]
    row["ACC at start"] = f"{median_range(begun).median:.1f}" if begun else "–"
    epochs, seconds = summary.of("epochs"), summary.of("seconds")
    row["seeds"] = runs
    row["epochs"] = f"{median_range(epochs).median:.0f}" if epochs else "–"
    row["seconds"] = f"{median_range(seconds).median:.3g}" if seconds else "–"
    return row


def _together(words: str) -> str:
    """The words with non-breaking spaces."""
    return words.replace(" ", "\u00a0")


def _ours() -> None:
    results = summaries(read())
    st.subheader("Measured here", anchor=False)
    if not results:
        st.markdown("No results yet; `python -m benchmarks.accuracy --datasets digits` computes them.")
        return
    titles = list(dict.fromkeys(data_title(summary.one) for summary in results))
    with st.container(horizontal=True, gap="small"):
        chosen = st.segmented_control(
            "Data set", titles, default=titles[0], required=True, key=MEASURED, bind="query-params"
        )
        score = st.segmented_control(
            "Score", [name.upper() for name in _SCORES], default="ACC", required=True, key=SCORE, bind="query-params"
        )
    order = list(METHODS)
    shown = sorted(
        (summary for summary in results if data_title(summary.one) == chosen),
        key=lambda summary: order.index(summary.one.method) if summary.one.method in order else len(order),
    )
    scores: dict[str, list[float]] = {}
    for summary in shown:
        name = method_title(summary.one)
        name = f"{name}, {summary.one.preset}" if name in scores else name
        scores[name] = [100 * value for value in summary.of(str(score).lower())]
    drawn = seeds.figure(seeds.view(scores), f"{score} on {chosen}: one dot per seed", f"{score} in percent")
    medians = ", ".join(f"{name} {median(values):.1f}" for name, values in scores.items() if values)
    config = {**CONFIG, "displayModeBar": False, "scrollZoom": False}
    st.plotly_chart(drawn, config=config, key="seeds", alt=f"{score} on {chosen} in percent, medians: {medians}")
    table(our_rows(shown, "method"), f"Results on {chosen}")
    for result in (failed for summary in shown for failed in summary.failed):
        st.caption(f":material/error: {plain(method_title(result))}, seed {result.seed}: {plain(result.message)}")
    one = shown[0].one
    threads = " or ".join(str(n) for n in sorted({r.threads for summary in shown for r in summary.done}))
    st.caption(
        f"Scores in percent: median (lowest to highest) over seeds, k = {one.k}, at the end of a run; labels are used "
        "for scoring only. At start: the median ACC of the first clusters of a run; what clustering adds is the "
        f"difference. Epochs and seconds of training: medians ({plain(one.device)}, threads: {threads}; seconds "
        "depend on the machine and its load). "
        "Computed by `python -m benchmarks.accuracy`."
    )


def _theirs() -> None:
    st.subheader("Published, mixed protocols", anchor=False)
    st.caption(
        "Quoted from papers, not measured here: other numbers of points, features of networks trained with "
        "labels, best runs beside means. So they are not drawn on one axis with our results."
    )
    chosen = st.segmented_control(
        "Published on", data_sets(), default=data_sets()[0], required=True, key=PUBLISHED, bind="query-params"
    )
    for printed in TABLES:
        cells = [cell for cell in published(data=chosen) if cell.table == printed.title]
        if cells:
            st.markdown(f"**{printed.title}**")
            st.caption(plain(printed.about))
            table(their_rows(cells, "method"), f"{printed.title}: {chosen}")
    with st.expander("How well a number is known"):
        st.markdown("\n".join(f"- **{word}**: {sentence}" for word, sentence in EVIDENCE.values()))
