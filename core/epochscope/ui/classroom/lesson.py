"""A lesson on the projector: what who opened it can do next, the question or what happened, how to join."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import segno
import streamlit as st

from epochscope.classroom import leading
from epochscope.classroom.lesson import JOINS, SCORE, TREND, Asked, Closed, Ended, Event
from epochscope.classroom.rooms import Room
from epochscope.futures.store import Futures
from epochscope.language import marked, ntr, tr
from epochscope.portable.lesson_file import lesson_file
from epochscope.portable.lesson_view import LESSON_STYLE, asked, names, result, wrapped
from epochscope.runs.format.spec import LIVE
from epochscope.runs.training.manager import manager
from epochscope.server.reachable import address_for_others
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import put_in_address
from epochscope.ui.shared.session import LESSON, LESSON_NAMES, LESSON_QUESTION, flash
from epochscope.ui.shared.stage import futures_panel
from epochscope.ui.shared.style import style
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_POLL = 1.0  # seconds
_SHORT = {JOINS: marked("Which group?"), TREND: marked("Fall or rise?"), SCORE: marked("Which ACC?")}
_STYLE = """
.st-key-class-bar { gap: 0.4rem 0.75rem; }
.st-key-class-bar h3 { padding: 0; font-size: 1.25rem; }
.st-key-class-join .lesson img.lesson-qr { max-width: min(100%, 15rem); }
.st-key-class-lobby .lesson { display: grid; grid-template-columns: min(62vh, 44vw) 1fr; gap: 0 2rem;
  align-items: start; }
.st-key-class-lobby .lesson-link { font-size: 1.35em; }
.st-key-class-join .lesson { font-size: clamp(0.95rem, 0.6rem + 0.4vw, 1.2rem); }
@media (max-width: 640px) { .st-key-class-lobby .lesson { grid-template-columns: 1fr; }
  .st-key-class-lobby .lesson img.lesson-qr { width: min(100%, 50vh); } }
"""


def lesson_page(room: Room) -> None:
    """The lesson of this visitor."""
    style(LESSON_STYLE + _STYLE)
    state = leading.state_of(room)
    with st.container(horizontal=True, vertical_alignment="center", key="class-bar"):
        shown = _choose_question(room)
        _buttons(room, shown, state)
    if not room.lesson.asked and not room.lesson.futures:
        with st.container(key="class-lobby"):
            _fragment(room, state, lambda: _lobby(room))
        return
    if room.lesson.outcome:
        st.html(result(room.lesson, shown, named=_named(room)))
        _toggle_names(room)
        return
    left, right = st.columns([4, 1], gap="medium")
    with left:
        _stage(room, shown, state)
    with right, st.container(key="class-join"):
        _fragment(room, state, lambda: _aside(room, shown, state))


def _choose_question(room: Room) -> str:
    """The question that the projector shows."""
    keys = [one.key for one in room.plan.questions]
    st.subheader(plain(told(room.plan.title)), anchor=False, width="stretch")
    if room.lesson.futures and not room.lesson.outcome:
        return keys[0]  # the training is shown
    chosen = st.segmented_control(
        tr("Question"),
        keys,
        format_func=lambda key: tr(_SHORT[key]),
        default=room.lesson.open or keys[0],
        required=True,
        key=f"{LESSON_QUESTION}-{room.plan.code}",
        label_visibility="collapsed",
    )
    return str(chosen or keys[0])


def _buttons(room: Room, shown: str, state: str) -> None:
    """What can be done next; the likely one stands out."""
    lesson = room.lesson
    if lesson.ended or lesson.outcome:
        _save(room)
        if not lesson.ended:
            _button(tr("End the class"), "stop_circle", lambda: room.lead(page_visitor(), Ended()), likely=False)
    elif lesson.futures and state in LIVE:
        _button(tr("Stop"), "stop", lambda: _stop(room), likely=False)
    elif lesson.futures and state == "done":
        _button(tr("Reveal"), "visibility", lambda: leading.reveal(room, page_visitor()), likely=True)
    else:
        if lesson.futures:
            st.caption(plain(tr("The training: {state}.", state=tr(state))))
        elif lesson.open == shown:
            _button(tr("Close the question"), "lock", lambda: _lead(room, Closed()), likely=True)
        else:
            words = tr("Ask again") if shown in lesson.asked else tr("Ask")
            _button(words, "help", lambda: _lead(room, Asked(shown)), likely=shown not in lesson.asked)
        count = len(room.plan.seeds)
        everything = set(lesson.asked) == {one.key for one in room.plan.questions} and not lesson.open
        about = tr("Predictions come before the training: no more questions can be asked.")
        _button(
            tr("Train {count} seeds", count=count),
            "play_arrow",
            lambda: leading.begin(room, page_visitor()),
            likely=everything,
            help=about,
        )
    st.button(
        tr("All classes"),
        key="class-back",
        icon=":material/list:",
        type="tertiary",
        on_click=put_in_address,
        args=(LESSON, None),
    )


def _button(label: str, icon: str, act: Callable[[], object], *, likely: bool, help: str | None = None) -> None:
    def press() -> None:
        try:
            act()
        except EpochscopeError as error:
            flash(str(error))

    kind = "primary" if likely else "secondary"
    st.button(label, icon=f":material/{icon}:", type=kind, key=f"class-{icon}", on_click=press, help=help)


def _lead(room: Room, event: Event) -> None:
    room.lead(page_visitor(), event)


def _stop(room: Room) -> None:
    if not manager().stop([room.lesson.futures], page_visitor()):
        raise EpochscopeError("These seeds are trained by another program; stop them there.")


def _save(room: Room) -> None:
    st.download_button(
        tr("Save the class"),
        lambda: lesson_file(room.lesson),
        f"class-{room.plan.code}.html",
        "text/html",
        icon=":material/download:",
        type="primary",
        key="class-save",
        on_click="ignore",
        help=tr("One file with predictions, what happened, seeds and settings; it opens in any browser, from disk."),
    )


def _fragment(room: Room, state: str, draw: Callable[[], None]) -> None:
    """What changes by itself: drawn again each second, the whole page where the training has come to another state."""

    def drawn() -> None:
        if leading.state_of(room) != state:
            st.rerun()
        draw()

    st.fragment(drawn, run_every=None if room.lesson.ended else _POLL)()


def _link(room: Room) -> tuple[str, str]:
    """Where students join, and why phones cannot reach it."""
    base, why_not = address_for_others(st.context.url or "")
    return f"{base}/join/{room.plan.code}", why_not


def _code(room: Room) -> str:
    """How to join, as HTML."""
    link, why_not = _link(room)
    code = segno.make_qr(link, error="m").svg_data_uri(border=3, light="#fff")
    why = f'<p class="lesson-warning">{escape(why_not)}</p>' if why_not else ""
    server, _, rest = link.partition("://")[2].rpartition("/join/")
    words = f"<span>{escape(server)}</span><wbr><span>/join/{escape(rest)}</span>"
    return (
        f'<div><img class="lesson-qr" src="{code}" alt="{escape(tr("QR code of {link}", link=link))}">'
        f'<p class="lesson-link"><a href="{escape(link)}" target="_blank">{words}</a></p>{why}</div>'
    )


def _joined(room: Room) -> str:
    count = len(room.lesson.students)
    return f'<p class="lesson-big" role="status">{ntr("{n} joined", "{n} joined", count)}</p>'


def _lobby(room: Room) -> None:
    shown = names(room.lesson) if _named(room) else ""
    about = tr(
        "Scan the code, or type the address. Your class owns {count} seeds: each student gets one when joining.",
        count=len(room.plan.seeds),
    )
    st.html(wrapped(f"{_code(room)}<div><p>{about}</p>{_joined(room)}{shown}</div>"))
    _toggle_names(room)


def _named(room: Room) -> bool:
    return bool(st.session_state.get(_names_key(room), True))


def _names_key(room: Room) -> str:
    return f"{LESSON_NAMES}-{room.plan.code}"


def _toggle_names(room: Room) -> None:
    st.toggle(tr("Show nicknames"), True, key=_names_key(room))


def _aside(room: Room, shown: str, state: str) -> None:
    """How to join still, how many have answered."""
    lesson = room.lesson
    parts = []
    if not lesson.futures:
        given = len(lesson.answers.get(shown, {}))
        words = tr("{given} of {all} answered", given=given, all=len(lesson.students))
        parts.append(f'<p class="lesson-big" role="status">{words}</p>')
    else:
        parts.append(_joined(room))
    if not lesson.ended:
        parts.append(_code(room))
    st.html(wrapped("".join(parts)))


def _stage(room: Room, shown: str, state: str) -> None:
    """The question, the training, or what happened."""
    lesson = room.lesson
    if lesson.futures and state:
        _training(room, state)
    elif shown in lesson.asked and lesson.open != shown:
        st.html(result(lesson, shown))
    else:
        st.html(asked(lesson.plan.question(shown)))


def _training(room: Room, state: str) -> None:
    """All seeds side by side, as on the Futures page."""
    futures = room.lesson.futures
    if state == "failed":
        message = Futures(futures).status["message"]
        st.error(plain(f"{tr('The training failed.')} {message}".strip()))
        return
    futures_panel("multiples", "multiples", futures=futures, height="max(300px, calc(100vh - 380px))")
    futures_panel("spread", "spread", futures=futures, height="190px")
