"""Downloads of the selected runs, and import of runs from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from epochscope.exports import animation, archive, page, tables, tensorboard
from epochscope.exports.embedding import known_projections, title_of
from epochscope.language import current, speaking, tr
from epochscope.portable.content import MOST_RUNS
from epochscope.portable.file import runs_file
from epochscope.runs.format import metadata
from epochscope.runs.format.disk import folder_bytes
from epochscope.runs.format.run import Run
from epochscope.server.lanes import EXPORTS
from epochscope.types import EpochscopeError
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import flash, imported, note_imported
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor

_MOST_UPLOAD = 1000  # MB; larger ones by the command line
_MOST_DOWNLOAD = 500_000_000  # bytes: the server holds them in memory


def export_menu(runs: Sequence[Run], *, key: str, label: str = "Export") -> None:
    """A button that opens the downloads of these runs; what they are is looked up once it is open."""
    menu = st.popover(
        label,
        icon=":material/download:",
        key=key,
        on_change="rerun",
        disabled=not runs,
        help=tr("As a page that works offline, as curves, as an animation, or as a zip for another epochscope."),
    )
    if menu.open:
        with menu:
            export(runs)


def export(chosen: Sequence[Run]) -> None:
    """Download buttons; a file is made when its button is pressed."""
    runs = [run for run in chosen if run.epochs()]
    if not runs:
        st.caption(tr("Nothing to export yet: no epoch is stored."))
        return
    name = runs[0].id if len(runs) == 1 else f"{len(runs)}-runs"
    st.caption(tr("To view anywhere, without epochscope and offline"))
    if any(run.live for run in runs) or len(runs) > MOST_RUNS:
        st.caption(tr("Up to {n} runs that have ended can be put into one file.", n=MOST_RUNS))
    else:
        visitor, code = page_visitor(), current()  # the files are made in a thread without a session

        def made() -> bytes:
            with speaking(code):
                return runs_file(runs, visitor)

        label = tr("One page, HTML") if len(runs) == 1 else tr("Comparison, HTML")
        _button(label, f"{name}.html", "text/html", made)
    st.caption(tr("Losses, measures, scores and cluster sizes of every epoch"))
    with st.container(horizontal=True):
        _button(tr("Curves, CSV"), f"{name}.csv", "text/csv", lambda: tables.csv(runs))
        _button(
            tr("Curves, Parquet"), f"{name}.parquet", "application/vnd.apache.parquet", lambda: tables.parquet(runs)
        )
    st.caption(tr("Complete runs, to open in any epochscope"))
    if any(run.live for run in runs):
        st.caption(tr("A run can be exported once it has ended."))
    elif sum(folder_bytes(run.folder) for run in runs) > _MOST_DOWNLOAD:
        st.code(
            f"epochscope export {' '.join(run.id for run in runs)} --to runs.zip",
            language=None,
            wrap_lines=True,
        )
    else:
        label = tr("Run folder, zip") if len(runs) == 1 else tr("Run folders, zip")
        _button(label, f"{name}.zip", _ZIP, lambda: archive.packed(runs))
    if len(runs) == 1:
        _of_one(runs[0], metadata.read(runs[0].folder).name)


_ZIP = "application/zip"


def _of_one(run: Run, title: str) -> None:
    last = len(run.epochs()) - 1
    st.caption(tr("Images"))
    known = known_projections(run)
    left, right = st.columns(2)
    projection = left.selectbox(
        tr("Projection"),
        known,
        format_func=title_of,
        key="export.projection",
        help=tr("Other projections appear here once they are computed for all epochs."),
    )
    epoch = int(right.number_input(tr("Epoch of page and vectors"), 0, last, last, key=f"export.epoch.{run.id}"))
    visitor = page_visitor()  # as in _button
    with st.container(horizontal=True):
        _button(
            tr("Figures, HTML"),
            f"{run.id}-{epoch}.html",
            "text/html",
            lambda: page.page(run, visitor, epoch, projection, title).encode(),
        )
        if not run.live:
            _button(tr("Embedding, GIF"), f"{run.id}.gif", "image/gif", lambda: animation.gif(run, visitor, projection))
        _button("TensorBoard Projector", f"{run.id}-{epoch}.zip", _ZIP, lambda: tensorboard.projector_zip(run, epoch))
    st.caption(tr("For an SVG of one figure, use the camera icon on the HTML page."))


def _button(label: str, name: str, mime: str, make: Callable[[], bytes]) -> None:
    whose = page_visitor().mark  # asked for here: the file is made in a thread without a session

    def made() -> io.BytesIO:
        with EXPORTS.one_more(whose):
            return io.BytesIO(make())

    st.download_button(label, made, name, mime, icon=":material/download:", on_click="ignore", key=f"export.{name}")


def import_runs() -> None:
    """A popover that takes zips of run folders."""
    with st.popover("Import", icon=":material/upload:"):
        taken = imported()  # a new uploader after each import, so that no zip is imported twice
        file = st.file_uploader(
            "A zip that epochscope exported", "zip", key=f"import.{taken}", max_upload_size=_MOST_UPLOAD
        )
        if file is None:
            return
        try:
            size = archive.announced(file.getvalue(), file.name)
        except EpochscopeError as error:
            explain(error)
            return
        st.caption(plain(size.words))
        sure = not size.large or st.checkbox(f"Yes, import {size.bytes / 1e6:,.0f} MB", key=f"import.sure.{taken}")
        st.button(
            "Import runs", type="primary", key="import.take", disabled=not sure, on_click=_take_zip, args=(file, sure)
        )


@press
def _take_zip(file: UploadedFile, sure: bool) -> None:
    try:
        run_ids = archive.unpack(file.getvalue(), file.name, page_visitor(), large=sure)
    except EpochscopeError as error:
        flash(str(error))
        return
    note_imported()
    words = "One run was imported." if len(run_ids) == 1 else f"{len(run_ids)} runs were imported."
    st.toast(words, icon=":material/check:")
