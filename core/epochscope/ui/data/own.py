"""The part of the Data page for data of one's own: a file, its content, the roles of its columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from epochscope import rights
from epochscope.data import BUILT_IN
from epochscope.data.labels import sanitize
from epochscope.data.own import choose, process, read, sources, user_datasets
from epochscope.data.own.choose import Choice, Points
from epochscope.data.own.raw import MOST_CLASSES, About, Guess, Raw, about, guess, numeric
from epochscope.data.sprites import sheet
from epochscope.rights import Action, Kind
from epochscope.types import EpochscopeError
from epochscope.ui.data.own_questions import answers, features, questions, unlabeled
from epochscope.ui.shared.pictures import inline
from epochscope.ui.shared.session import DATA, UPLOAD_TURN, flash, take_flash
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

_NO_LABEL = "– no labels –"
_SHOWN, _SAMPLES = 200, 24  # columns in the table, pictures above it
_POLICIES = (choose.DROP, choose.MEAN)


class _File(NamedTuple):
    name: str
    state: str  # of the file; with it the answers to its questions begin anew
    raw: Raw
    guess: Guess
    about: list[About]


def add_your_own() -> None:
    """Upload or path, a preview, the choices, and "Use it"."""
    turn = st.session_state.setdefault(UPLOAD_TURN, 0)
    with st.expander("Add your own data", icon=":material/upload_file:", key=f"own.{turn}"):
        st.caption(
            "A table with one row for each point (CSV and other text, JSON, ARFF, Excel, Parquet, Arrow), arrays "
            "(NumPy, MATLAB, HDF5, safetensors, libsvm), cells by genes (AnnData, 10x), or a zip of pictures with a "
            "folder for each class. It stays on this machine."
        )
        try:
            file = _file(turn)
            if file:
                _choices(file, turn)
        except EpochscopeError as error:
            _wrong(error)
    if sentence := take_flash():
        _wrong(EpochscopeError(sentence))


def remove_own(key: str) -> None:
    """A button that removes a data set of one's own after confirmation; nothing for built-in ones."""
    kept = user_datasets.look(key.removeprefix(sources.PREFIX)) if key.startswith(sources.PREFIX) else None
    if kept is None:
        return
    of = rights.thing_of(user_datasets.owner_file(kept.id), user_datasets.ADDED)
    why = rights.denial_reason(page_visitor(), Action.REMOVE_DATA, of)
    with st.popover("Remove this data set", icon=":material/delete:", disabled=bool(why), help=plain(why) or None):
        st.markdown(
            f"**{plain(kept.title)}** is removed from the list. Its runs can still be shown, but not repeated. Your "
            f"file `{kept.file.replace('`', '')}` is not touched; add it again in the same way to restore the data set."
        )
        st.button("Remove", type="primary", key="own.remove", on_click=_remove, args=(kept.id,))


def _remove(own_id: str) -> None:
    try:
        user_datasets.remove(own_id, page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    st.session_state[DATA] = next(iter(BUILT_IN))


def _wrong(error: EpochscopeError) -> None:
    """Shows one sentence, escaped: names of files and columns may contain Markdown."""
    st.error(plain(str(error)), icon=":material/error:")


def _file(turn: int) -> _File | None:
    """The file that was uploaded or named."""
    left, right = st.columns(2)
    uploaded = left.file_uploader("File", key=f"own.{turn}.upload")
    if page_visitor().kind is Kind.AT_THE_MACHINE:  # only then may a path be named
        path = right.text_input(
            "or its path on this machine", key=f"own.{turn}.path", placeholder=str(Path.home() / "points.csv")
        ).strip()
    else:
        path = ""
        right.caption("A path works only in a browser on the machine that runs epochscope; upload the file instead.")
    if uploaded:
        state = uploaded.file_id
        return _read(state, answers(turn, state), lambda: (uploaded.getvalue(), sanitize(uploaded.name)))
    if not path:
        process.prepare()  # somebody is likely to choose a file soon
        return None
    state = read.state_of(path)
    return _read(state, answers(turn, state), lambda: (Path(path), read.name_of(path)))


@st.cache_resource(max_entries=3, show_spinner=False)
def _read(state: str, given: tuple[tuple[str, str], ...], _get: Callable[[], tuple[bytes | Path, str]]) -> _File:
    """Read once for each state of a file and each set of answers; every redraw of the page asks again."""
    source, name = _get()
    place, shown = st.empty(), -1

    def tell(seconds: float) -> None:
        nonlocal shown
        if (
            int(seconds) > shown
        ):  # a call of Streamlit: it raises here if the person has gone on, which ends the reading
            shown = int(seconds)
            place.caption(f"Reading {plain(name)} ... {shown} s; choose another file to stop it.")

    raw = process.read(source, name, dict(given), tell)
    place.empty()
    return _File(name, state, raw, guess(raw), about(raw, _SHOWN))


def _choices(file: _File, turn: int) -> None:
    """A preview of the file, the roles of its columns, the resulting data, and the button."""
    raw, columns = file.raw, list(file.raw.columns)
    _preview(file, turn)
    questions(file.raw, turn, file.state)
    one, two, three = st.columns(3)
    label = one.selectbox(
        "Label",
        [_NO_LABEL, *columns],
        index=columns.index(file.guess.label) + 1 if file.guess.label else 0,
        key=f"own.{turn}.label.{file.name}",
        help=f"The true classes, at most {MOST_CLASSES}: used only for scores and colors; no method sees them.",
    )
    choice = Choice("" if label == _NO_LABEL else label)
    scaling = two.selectbox(
        "Scaling",
        (sources.RECOMMENDED, *sources.SCALINGS),
        key=f"own.{turn}.scaling.{file.name}",
        help=sources.HELP_RECOMMENDED,
    )
    title = three.text_input("Title", Path(file.name).stem, 60, key=f"own.{turn}.title.{file.name}")
    if raw.by_columns:
        choice = _columns_and_gaps(file, choice, turn)
    elif raw.matrix is not None:
        choice = features(raw, choice, turn)
    if choice.label and choose.unlabeled(raw.columns[choice.label]).any():
        choice = choice._replace(unlabeled=unlabeled(turn))
    _use_it(file, choice, title, scaling)


def _preview(file: _File, turn: int) -> None:
    raw, width = file.raw, len(file.raw.columns)
    if raw.pictures is not None:
        some = raw.pictures[np.linspace(0, raw.rows - 1, min(raw.rows, _SAMPLES)).astype(int)]
        alt = f"{len(some)} pictures of the file, side by side"
        st.image(inline(sheet(some, columns=len(some))), width="stretch", alt=alt)
    if file.about:
        height = min(38 + 35 * len(file.about), 248)
        st.dataframe(_table(file.about), hide_index=True, height=height, key=f"own.{turn}.table")
    beyond = f" The first {_SHOWN} of {width:,} columns are listed." if width > _SHOWN else ""
    size = f"{raw.rows:,} rows, {width:,} column{'s' * (width != 1)}"
    if raw.matrix is not None:
        size = f"{raw.rows:,} rows of {raw.matrix.shape[1]:,} features (sparse), {width:,} beside"
    st.caption(plain(f"{size}. {raw.note}{beyond}"))
    known = [*raw.assumed, *([f"label {file.guess.label}: {file.guess.why}"] if file.guess.label else [])]
    if known:
        st.caption(plain(f"Recognized: {' · '.join(known)}."))


def _columns_and_gaps(file: _File, choice: Choice, turn: int) -> Choice:
    """Choices: columns that are not features, and what to do about missing values."""
    numbers = [name for name in numeric(file.raw) if name != choice.label]
    one, two = st.columns([2, 1])
    left_out = one.multiselect(
        "Leave out",
        numbers,
        [name for name in file.guess.left_out if name in numbers],
        key=f"own.{turn}.out.{file.name}",
        help=(
            "Ids and other columns that are not features. All other numeric columns become features; columns of "
            "words never do."
        ),
    )
    missing = two.selectbox(
        "Missing values",
        _POLICIES,
        key=f"own.{turn}.missing",
        help="Empty cells, NA, NaN, null, ?: drop such rows, or set them to the mean of their column. Rows without a "
        "label are dropped in any case.",
    )
    return choice._replace(left_out=tuple(left_out), missing=missing)


def _table(columns: list[About]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "column": [column.name for column in columns],
            "type": [column.kind for column in columns],
            "missing": [column.missing for column in columns],
            "distinct values": [
                f"{column.different}" if column.different <= MOST_CLASSES else f"more than {MOST_CLASSES}"
                for column in columns
            ],
            "first rows": [" · ".join(column.first) for column in columns],
        }
    )


def _use_it(file: _File, choice: Choice, title: str, scaling: str) -> None:
    """Describes the data in a sentence; the button makes them a data set."""
    points = choose.chosen(file.raw, choice, file.name)
    n, f = points.x.shape
    words = [f"{n:,} points of {f:,} features", f"{len(points.class_names) or 'no'} classes", *points.steps]
    if points.constant:
        words.append(f"{points.constant} feature{'s' * (points.constant != 1)} constant")
    for doubt in choose.suspicious(file.raw, choice)[:3]:
        words.append(f"column {doubt}")
    if title.strip() in {source.title for source in BUILT_IN.values()}:
        raise EpochscopeError("One of the built-in data sets has this title; choose another.")
    st.markdown(f"**{plain(' · '.join(words))}**")
    found = user_datasets.recognized(points)
    st.caption(plain(f"Recommended scaling: {found.scaling}. {found.why}"))
    st.button(
        "Use it",
        type="primary",
        icon=":material/check:",
        key="own.use",
        on_click=_keep,
        args=(points, title, file.name, choice.label, scaling),
    )


def _keep(points: Points, title: str, name: str, label: str, scaling: str) -> None:
    """Keeps the data and chooses them, here and on the Train page."""
    try:
        kept = user_datasets.keep(points, page_visitor(), title=title, file=name, label=label, scaling=scaling)
    except EpochscopeError as error:
        flash(str(error))
        return
    st.session_state[DATA] = sources.PREFIX + kept.id
    st.session_state[UPLOAD_TURN] += 1
