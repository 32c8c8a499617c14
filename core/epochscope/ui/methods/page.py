"""The Methods page: the card of a method, from its formulas to its source code."""

from __future__ import annotations

import streamlit as st

from epochscope import cards, glossary
from epochscope.methods import METHODS
from epochscope.methods.base import TYPICAL, Method
from epochscope.published import published
from epochscope.runs.library.results import read, summaries
from epochscope.ui.methods import facts
from epochscope.ui.results.published import their_rows
from epochscope.ui.results.tables import our_rows, table
from epochscope.ui.shared.preset_words import preset_words, told
from epochscope.ui.shared.session import CARD, METHOD, TAB
from epochscope.ui.shared.text import plain

_READABLE = 860  # pixels: longer lines tire the eye
_SIZES = "Sizes: n points, f features, d numbers in a code, k clusters. Points are numbered by i, clusters by j."


def methods_page() -> None:
    """The chosen method's card; a method without one shows the facts that come from the code."""
    with st.sidebar:
        key = st.radio(
            "Method", list(METHODS), format_func=lambda key: METHODS[key].title, key=CARD, bind="query-params"
        )
    method = METHODS[key]
    card = cards.CARDS.get(key)
    with st.container(width=_READABLE):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(method.title, anchor=False, width="content")
            st.page_link(
                "pages/train.py", label="Train it", icon=":material/play_circle:", query_params={METHOD: method.title}
            )
        st.caption(plain(method.cite))
        st.markdown(card.words if card else plain(method.about))
        if departs := facts.departures(method):
            st.caption(f"**Departs from the paper:** {plain(departs)}")
    tabs = {
        "Formulas": _formulas if card else None,
        "Parameters": _parameters,
        "Pitfalls": _pitfalls if card else None,
        "Results": _results,
        "Source": _source,
    }
    tabs = {title: draw for title, draw in tabs.items() if draw}
    for tab, draw in zip(st.tabs(list(tabs), key=TAB, bind="query-params"), tabs.values(), strict=True):
        if tab.open:
            with tab:
                draw(method)
    with st.expander("Glossary: the words of the pages"):
        st.markdown("\n".join(f"- **{word}**: {meaning}" for word, meaning in glossary.TERMS.items()))


def _formulas(method: Method) -> None:
    card = cards.CARDS[method.key]
    with st.container(key="formulas"):
        for formula in card.formulas:
            words, mathematics = st.columns([2, 3], gap="medium", vertical_alignment="center")
            words.markdown(formula.words)
            mathematics.latex(formula.latex)
    if card.diagram:
        st.graphviz_chart(card.diagram, alt=f"What the discriminator of {method.title} is shown, and what it is asked")
    st.markdown("##### Symbols")
    st.caption(_SIZES)
    table(
        [
            {"symbol": f"${s.latex}$", "meaning": s.meaning, "shape": s.shape, "shown in": facts.seen(s, method)}
            for s in card.symbols
        ],
        f"Symbols of {method.title}",
    )
    if card.steps:
        st.markdown("##### The algorithm, line by line")
        table(
            [{"line": step.line, "what it does": step.words, "in the source": f"`{step.code}`"} for step in card.steps],
            f"Algorithm of {method.title}",
        )
    st.markdown("##### Further reading")
    st.markdown("\n".join(f"- [{s.cite}]({s.link})" if s.link else f"- {s.cite}" for s in card.sources))


def _parameters(method: Method) -> None:
    st.caption(f"{facts.LIVE} may be changed during training. A name is also a flag: `epochscope run --name value`.")
    for group in facts.param_groups(method):
        st.markdown(f"##### {group.title}")
        table(group.rows, f"Parameters of {method.title}: {group.title}")
    st.markdown("##### Presets")
    if rows := facts.preset_rows(method):
        if any(preset.rule for preset in method.presets):
            n, f, k = TYPICAL
            st.caption(f"What follows from the size of the data is given for {n:,} points, {f} features, k = {k}.")
        table(rows, f"Presets of {method.title}")
    st.markdown("\n".join(f"- **{preset_words(preset.title)}**: {plain(told(preset))}" for preset in method.presets))


def _pitfalls(method: Method) -> None:
    card = cards.CARDS[method.key]
    table(
        [{"symptom": p.symptom, "cause": p.cause, "remedy": p.remedy} for p in card.pitfalls],
        f"Pitfalls of {method.title}",
    )
    if card.implementations:
        st.markdown("##### Differences in public implementations")
        st.markdown(
            "\n".join(
                f"- [{i.repository}](https://github.com/{i.repository}): {i.differs}" for i in card.implementations
            )
        )


def _results(method: Method) -> None:
    ours = [summary for summary in summaries(read()) if summary.one.method == method.key]
    theirs = list(published(method=method.key))
    grid = st.grid(min_column_width=420, gap="medium")
    with grid.cell():
        st.markdown("##### Measured here")
        if ours:
            table(our_rows(ours, "data"), f"Our results of {method.title}")
        else:
            st.caption(f"None yet; `python -m benchmarks.accuracy --methods {method.key}` computes them.")
    with grid.cell(), st.container(border=True):
        st.markdown("##### Published, mixed protocols")
        if theirs:
            table(their_rows(theirs, "data"), f"Published results of {method.title}")
        else:
            st.caption("The published tables have no result for this method.")
    st.page_link("pages/results.py", label="All results", icon=":material/leaderboard:")


def _source(method: Method) -> None:
    module = facts.module_of(method)
    st.caption(f"`{module.__name__.replace('.', '/')}.py`, the code that is executed.")
    st.code(facts.source(module), language="python", line_numbers=True)
    st.markdown("##### Formulas and shared functions it uses")
    for function in facts.called(method):
        with st.expander(f"`{function.__module__}.{function.__name__}`"):
            st.code(facts.source(function), language="python")
