"""Lab: what does a discriminator know? The adversarial clustering loss with densities that one drags."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.figures.labs import adversarial as pictures
from core.figures.labs.adversarial import BEST, CODES, DRAWS, NOW
from core.labs import adversarial
from core.labs.adversarial import Bump, Densities, Game, Learner
from core.ui.labs.frame import colored, edited, kept, lab, show_claims
from core.ui.stage import board, lone_chart

_STATE, _RUN, _START = "lab-adversarial", "lab-adversarial-run", "game"
_NARROWEST, _WIDEST = 0.25, 3.0
_MOST = 2000  # steps of the discriminator
_PICTURE, _SMALL = "min(340px, 34vh)", "min(190px, 21vh)"


class _State:
    """The bumps as they are, the discriminator, and its values so far."""

    def __init__(self, game: Game, told: int = 0) -> None:
        self.game, self.told, self.learner = game, told, Learner()
        self.steps, self.values = [0], [adversarial.value(self.learner.logit(), adversarial.densities(game))]

    def learn(self) -> None:
        """Some steps of the discriminator; it stops by itself after enough of them."""
        of = adversarial.densities(self.game)
        self.learner.learn(of)
        self.steps.append(self.learner.steps)
        self.values.append(adversarial.value(self.learner.logit(), of))
        if self.learner.steps >= _MOST:
            st.session_state[_RUN] = False


def adversarial_page() -> None:
    """Draws and codes at the left, the value of a learning discriminator at the right, the family below."""
    lab(
        "What does a discriminator know? The adversarial clustering loss",
        "Drag the tops of the curves: sideways moves, up makes narrow. Then let D learn until V touches its bound.",
        _body,
    )


def _body() -> None:
    controls, shown = st.columns([1, 4.2], gap="medium")
    with controls:
        _controls()
    state = _state()
    of, logit = adversarial.densities(state.game), state.learner.logit()
    star = adversarial.best(of)
    with shown, st.container(gap="xsmall"):
        left, right, third = st.columns([1.5, 1.25, 1], gap="small")
        with left:
            _board(of, star.sigmoid().numpy(), logit.sigmoid().numpy())
        with right:
            limit = adversarial.value(star, of)
            lone_chart("values", pictures.values(state.steps, state.values, limit), height=_PICTURE)
        with third:
            slope = adversarial.slopes(logit)
            D = logit.sigmoid()
            at_codes = float(of.dz * (of.q * D).sum())
            drawn = pictures.slopes(D.numpy(), slope.saturating.numpy(), slope.other.numpy(), at_codes)
            lone_chart("slopes", drawn, height=_PICTURE)
        _formulas()
        lone_chart("family", _family(state.game), height=_SMALL)
        show_claims(adversarial.claims(of, logit), columns=2)


def _controls() -> None:
    st.selectbox("Start from", list(adversarial.PRESETS), key=_START, bind="query-params", on_change=_reset)
    learn, again = st.columns(2, gap="xxsmall")
    going = st.session_state.get(_RUN, False)
    learn.button(
        "Stop" if going else "Learn", key="learn", type="primary", width="stretch", on_click=_start_or_stop,
        help="D climbs V(D) on the exact expectations, twenty steps at a time.",
    )  # fmt: skip
    again.button("Forget", key="forget", width="stretch", on_click=_forget, help="A new D that knows nothing yet.")
    st.caption(
        "The four small pictures: what the discriminator of each method is to tell apart here, blue from amber. "
        "A line has no subspaces: for DASC it is the distance from the assigned one."
    )


def _state() -> _State:
    return kept(_STATE, st.session_state.get(_START), _reset)


def _reset() -> None:
    game = adversarial.PRESETS[st.session_state.get(_START) or next(iter(adversarial.PRESETS))]
    before = st.session_state.get(_STATE)
    st.session_state[_STATE] = _State(game, before.told if before else 0)
    st.session_state[_RUN] = False


def _forget() -> None:
    state = _state()
    st.session_state[_STATE] = _State(state.game, state.told)


def _start_or_stop() -> None:
    if _state().learner.steps >= _MOST:
        _forget()
    st.session_state[_RUN] = not st.session_state.get(_RUN, False)


def _board(of: Densities, best: Any, now: Any) -> None:
    state = _state()
    names = ("first half of the draws", "second half of the draws", "codes")
    handles = [
        {"x": bump.mean, "y": _top(bump, weight), "shape": "circle", "color": color, "name": name}
        for bump, weight, color, name in zip(state.game, _WEIGHTS, (DRAWS, DRAWS, CODES), names, strict=True)
    ]
    drawn = pictures.densities(of.z.numpy(), of.p.numpy(), of.q.numpy(), best, now)
    board(
        "densities", drawn, handles, height=_PICTURE, told=state.told, on_moved=_take,
        playing=st.session_state.get(_RUN, False),
    )  # fmt: skip


_WEIGHTS = (0.5, 0.5, 1.0)


def _top(bump: Bump, weight: float) -> float:
    """The height of a bump alone."""
    return weight / (bump.spread * math.sqrt(2 * math.pi))


def _take(answer: Mapping[str, Any]) -> None:
    """A bump goes where its top was dragged: a height means a width. Or D learns for a while."""
    state = _state()
    moved = edited(answer, 0, 3, state.told, most=0)
    if moved is None:
        return
    state.told = moved.serial
    if moved.step:
        return state.learn()
    tops = moved.others
    spreads = [
        weight / (max(top, 1e-3) * math.sqrt(2 * math.pi)) for (_, top), weight in zip(tops, _WEIGHTS, strict=True)
    ]
    state.game = Game(
        *(
            Bump(min(max(mean, -adversarial.REACH), adversarial.REACH), min(max(spread, _NARROWEST), _WIDEST))
            for (mean, _), spread in zip(tops, spreads, strict=True)
        )
    )


def _family(game: Game) -> go.Figure:
    return pictures.family(
        [
            pictures.Asked(
                one.method,
                one.question,
                z=one.of.z.numpy(),
                p=one.of.p.numpy(),
                q=one.of.q.numpy(),
                best=adversarial.best(one.of).sigmoid().numpy(),
            )
            for one in adversarial.family(game)
        ]
    )


def _formulas() -> None:
    p, q, D = colored(DRAWS, "p"), colored(CODES, "q"), colored(NOW, "D(z)")
    st.latex(
        rf"\small V(D)=\mathbb{{E}}_{{z\sim {p}}}[\ln {D}]+\mathbb{{E}}_{{z\sim {q}}}[\ln(1-{D})]"
        rf"\;\le\;2\,\mathrm{{JS}}({p}\,\|\,{q})-2\ln2\quad\text{{with equality at}}\quad"
        rf"{colored(BEST, 'D^*')}=\frac{{{p}}}{{{p}+{q}}}"
    )
