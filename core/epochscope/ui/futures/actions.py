"""What may be done with futures: stop, continue, name, export, delete."""

from __future__ import annotations

import io
from dataclasses import replace

import streamlit as st

from epochscope import rights
from epochscope.futures.citation import citation
from epochscope.futures.store import Futures, reason_not_resumable, throw_away
from epochscope.futures.training import train
from epochscope.futures.writer import FuturesResumed
from epochscope.language import marked, tr
from epochscope.portable.futures_file import futures_file
from epochscope.rights import Action
from epochscope.runs.format import metadata
from epochscope.runs.format.bundled import bundled_ids
from epochscope.runs.format.metadata import NAME_LENGTH, NOTES_LENGTH
from epochscope.runs.format.spec import LIVE, folder_of, thing_of_run
from epochscope.runs.library import trash
from epochscope.runs.training.manager import manager
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import put_in_address
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import FUTURES, flash, forget_deleted, last_deleted, note_deleted
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_CONTINUE = marked("Recomputes and verifies the stored epochs, then continues: the same results as without a break.")
_CITATION = marked(
    "A citation: `epochscope replay` trains all of them again and compares every epoch. A member that is opened "
    "has one of its own."
)
_EXPORT = marked("As one HTML file that shows these futures anywhere, without a server; or as a citation.")


def actions(futures: Futures) -> None:
    """A row of buttons."""
    if futures.status["state"] in LIVE:
        why = _denial(futures, Action.STOP)
        help = why or tr("Ends the training of all members.")
        st.button(tr("Stop"), icon=":material/stop:", disabled=bool(why), help=help, on_click=_stop, args=(futures.id,))
        return
    if not reason_not_resumable(futures):
        why = _denial(futures, Action.CONTINUE)
        st.button(
            tr("Continue"),
            icon=":material/resume:",
            disabled=bool(why),
            help=why or tr(_CONTINUE),
            on_click=_continue,
            args=(futures,),
        )
    ships = futures.id in bundled_ids()  # nobody may ever name or delete what does
    if not ships:
        why = _denial(futures, Action.DESCRIBE)
        with st.popover(tr("Name, notes"), icon=":material/edit:", disabled=bool(why), help=why or None):
            _words(futures)
    disabled = not futures.status.get("epochs")
    with st.popover(tr("Export"), icon=":material/download:", disabled=disabled, help=tr(_EXPORT)):
        name = f"{futures.id}.html"
        st.download_button(
            tr("HTML page"), lambda: _file(futures), name, "text/html", icon=":material/download:", on_click="ignore"
        )
        _citation(futures)
    if not ships:
        _delete_form(futures)
    undo()


def _citation(futures: Futures) -> None:
    """What repeats all members, to the last bit; of futures of an earlier version it says why there is none."""
    try:
        text = citation(futures)
    except EpochscopeError as error:
        st.caption(plain(str(error)))
        return
    st.caption(tr(_CITATION))
    st.code(text, language=None, wrap_lines=True, height=200)


def _delete_form(futures: Futures) -> None:
    why = _denial(futures, Action.DELETE)
    with st.popover(tr("Delete"), icon=":material/delete:", disabled=bool(why), help=why or None):
        st.markdown(
            tr(
                "Move these futures to the trash? It is emptied after {days:g} days; until then it can be undone. "
                "Members that were opened stay as runs.",
                days=trash.KEPT_DAYS,
            )
        )
        st.button(tr("Delete these futures"), type="primary", on_click=_delete, args=(futures.id,))


def undo() -> None:
    """A button that brings back what was deleted last in this session, while it lies in the trash."""
    lying = trash.thrown_away(page_visitor()) if last_deleted() else []
    if deleted := [one for one in last_deleted() if one in lying]:
        st.button(tr("Undo delete"), icon=":material/undo:", key="futures.undo", on_click=_restore, args=(deleted,))


def _denial(futures: Futures, action: Action) -> str:
    return plain(rights.denial_reason(page_visitor(), action, thing_of_run(futures.id)))


def _file(futures: Futures) -> io.BytesIO:
    return io.BytesIO(futures_file(futures))


def _words(futures: Futures) -> None:
    """The form for name and notes."""
    about, key = futures.metadata, f"futures-words-{futures.id}"
    with st.form(key, border=False):
        st.text_input(tr("Name"), about.name, max_chars=NAME_LENGTH, placeholder=told(futures.title), key=f"{key}-name")
        st.text_area(tr("Notes"), about.notes, max_chars=NOTES_LENGTH, key=f"{key}-notes")
        st.form_submit_button(tr("Save"), on_click=_save_words, args=(futures, key))


@press
def _save_words(futures: Futures, key: str) -> None:
    said = st.session_state
    try:
        about = replace(futures.metadata, name=said[f"{key}-name"], notes=said[f"{key}-notes"])
        metadata.write(folder_of(futures.id), about, page_visitor())
    except EpochscopeError as error:
        flash(str(error))


@press
def _stop(futures_id: str) -> None:
    try:
        if not manager().stop([futures_id], page_visitor()):
            flash(tr("These futures are trained by another program; stop them there."))
    except EpochscopeError as error:
        flash(str(error))


@press
def _continue(futures: Futures) -> None:
    visitor = page_visitor()
    try:
        manager().start_work(lambda: FuturesResumed(futures.id, visitor), train, visitor, counts=len(futures.members))
    except EpochscopeError as error:
        flash(str(error))


@press
def _delete(futures_id: str) -> None:
    try:
        throw_away(futures_id, page_visitor())
        note_deleted([futures_id])
        put_in_address(FUTURES, None)
    except EpochscopeError as error:
        flash(str(error))


@press
def _restore(ids: list[str]) -> None:
    try:
        back = trash.restore(ids, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    forget_deleted()
    if back:
        put_in_address(FUTURES, back[0])
