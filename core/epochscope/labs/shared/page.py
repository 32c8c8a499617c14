"""Parts of every lab page: a question, widgets, figures, formulas, claims with their residuals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from epochscope.figures import theme
from epochscope.ui.shared.stage import lab_panel
from epochscope.ui.shared.style import style


class Lab(NamedTuple):
    """The parts of one lab, for the page to place. They share one session (epochscope.labs)."""

    name: str

    def dials(self) -> None:
        """All widgets, one below the other. Their room is kept (server/page.css)."""
        with st.container(key=f"dials-of-{self.name}"):
            lab_panel("dials", "dials", lab=self.name)

    def board(self, figure: str, height: str) -> None:
        """A figure whose handles a person drags."""
        lab_panel(figure, "board", lab=self.name, height=height)

    def chart(self, figure: str, height: str) -> None:
        """A figure without handles."""
        lab_panel(figure, "chart", lab=self.name, height=height)

    def words(self, key: str) -> None:
        """Lines of text with numbers."""
        lab_panel(key, "words", lab=self.name)

    def claims(self) -> None:
        """One line per claim: whether it holds in the current state, and its residual."""
        lab_panel("claims", "claims", lab=self.name, columns=2)


def head(question: str, about: str) -> None:
    """The question of a lab, and what to do."""
    style(_inks())
    with st.container(gap="xxsmall"):
        st.subheader(question, anchor=False)
        st.caption(about)


def _inks() -> str:
    """Style: parts of formulas in the colors of figures, dark or bright enough to be read as text."""
    rules = []
    for tone in theme.PALETTE:
        rgb = ", ".join(str(int(tone[at : at + 2], 16)) for at in (1, 3, 5))
        where = f'.katex [style*="{tone}"], .katex [style*="rgb({rgb})"]'
        tones = f"{theme.ink(tone, 'light')}, {theme.ink(tone, 'dark')}"
        rules.append(f"{where} {{ color: light-dark({tones}) !important; }}")
    return "\n".join(rules)


def colored(color: str, tex: str) -> str:
    """A part of a formula in the color that its quantity has in the figure; `_inks` makes it readable."""
    return rf"\textcolor{{{color}}}{{{tex}}}"


def aligned(*lines: str) -> None:
    """A small formula of some lines, aligned at &. Their room is kept (server/page.css)."""
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()[:8]
    with st.container(key=f"formula-of-{len(lines)}-{digest}"):
        st.latex(r"\small\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}")


def dials_and_figures(share: float = 3.4) -> list[DeltaGenerator]:
    """Two columns, the second `share` times as wide; on a narrow screen the figures stand above the widgets."""
    with st.container(key="lab-halves"):
        return st.columns([1, share], gap="medium")


def formula_row(share: float, alignment: Literal["top", "center"] = "top") -> list[DeltaGenerator]:
    """A column for formulas, `share` times as wide as the one beside it; on a narrow screen no formula is cut."""
    with st.container(key="formula-row"):
        return st.columns([share, 1], gap="small", vertical_alignment=alignment)


def formula_and_numbers(share: float, lab: Lab) -> DeltaGenerator:
    """A row of a column for a formula and the lab's numbers; the column, `share` times as wide, is returned."""
    room, numbers = formula_row(share, "center")
    with numbers:
        lab.words("numbers")
    return room


def variants(drawn: Mapping[str, Callable[[], None]]) -> None:
    """Draws all variants; the page shows the one named by the lab's answer (View.variant)."""
    keys = {name: f"variant-{place}" for place, name in enumerate(drawn)}
    shown = " ".join(f'[data-es-variant="{name}"] .st-key-{key} {{ display: flex; }}' for name, key in keys.items())
    hidden = ", ".join(f".st-key-{key}" for key in keys.values())
    style(f"{hidden} {{ display: none; }} {shown}")
    for name, draw in drawn.items():
        with st.container(key=keys[name]):
            draw()
