"""Branching on the Train page: the form for a run that goes on from the cursor's epoch, and the tree of the family."""

from __future__ import annotations

from typing import Any

import streamlit as st

from epochscope.figures.tree import Row, height
from epochscope.language import marked, ntr, tr
from epochscope.params import Range
from epochscope.runs.format.run import Run
from epochscope.runs.training.branch import branch_spec, changeable, reason_not_branchable, values_at
from epochscope.runs.training.manager import manager
from epochscope.runs.training.request import Resolved, resolve
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.family import draw_tree, family_of, nearest, rows_of
from epochscope.ui.shared.own_copy import differs_here, train_again_button
from epochscope.ui.shared.param_widgets import param_widget, title_of
from epochscope.ui.shared.press import press
from epochscope.ui.shared.session import EPOCH, RUN, SELECTED, flash
from epochscope.ui.shared.text import plain
from epochscope.ui.shared.visitor import page_visitor

HELP = marked(
    "A new run goes on from the cursor's epoch, with other parameters from there on. This one stays as it is."
)
POPOVER = "branch"
_LISTED = 12  # parameters in a sentence
_TREE_ROWS, _GAP = 5, 16  # runs in the tree at most; pixels


def branch_button(run: Run) -> None:
    """The button of the toolbar. Its form is drawn only while it is open: the toolbar is drawn every few seconds."""
    form = st.popover(tr("Branch"), icon=":material/call_split:", help=tr(HELP), key=POPOVER, on_change="rerun")
    if form.open:
        with form:
            branch_form(run)


def branch_form(run: Run) -> None:
    """What can change at the cursor's epoch, and the button; or why no run can go on from here."""
    if never := reason_not_branchable(run):
        st.caption(plain(told(never)))
        return
    if differs_here(run):
        st.caption(
            tr(
                "This run comes with epochscope. On this machine its numbers come out different in the last digits, "
                "so a branch would not share its past: train it again here, then branch from that run."
            )
        )
        train_again_button(run, "branch-own")
        return
    epoch, request = _cursor(run), resolve(run.spec)
    why, now = changeable(run, epoch), values_at(run, epoch)
    used = (run.info or {}).get("reads") or why
    ranges = dict(request.algorithm.params.ranges())
    free = [name for name in ranges if not why[name] and name in used]
    st.markdown(f"**{tr('Branch at epoch {epoch}', epoch=epoch)}**")
    chosen = st.multiselect(
        tr("What changes from there on"),
        free,
        [name for name in free if ranges[name].live][:2],
        key=_key(run, "names"),
        format_func=lambda name: _title(name, ranges[name], request),
        placeholder=tr("Nothing: the same again") if free else tr("No parameter can change here"),
        disabled=not free,
    )
    for name in chosen:
        label = _title(name, ranges[name], request)
        param_widget(
            ranges[name], now[name], (), {"label": label, "key": _key(run, name), "help": tr(ranges[name].help)}
        )
    if st.toggle(tr("Another seed from there on"), key=_key(run, "reseed")):
        st.number_input(tr("Seed"), 0, 2**31 - 1, run.spec.seed + 1, key=_key(run, "seed"))
    _fixed(why, ranges, epoch)
    st.button(
        tr("Branch"),
        type="primary",
        icon=":material/call_split:",
        key="branch-start",
        on_click=_start,
        args=(run, epoch, tuple(chosen)),
    )
    seconds = sum(line["seconds"] for line in run.epochs()[: epoch + 1])
    st.caption(
        tr("Epochs 0 to {epoch} are computed again first, which took {time}.", epoch=epoch, time=_words(seconds))
    )


def _cursor(run: Run) -> int:
    """The epoch of the cursor; the last one where it follows the newest."""
    last, asked = len(run.epochs()) - 1, in_address(EPOCH) or ""
    return min(int(asked), last) if asked.isdigit() else last


def _key(run: Run, name: str) -> str:
    return f"branch.{run.id}.{name}"


def _title(name: str, about: Range, request: Resolved) -> str:
    group = request.method_params.group_labels().get(name.partition(".")[0], "")
    title = title_of(about, name)
    return f"{tr(group)}: {title}" if group else title


def _fixed(why: dict[str, str], ranges: dict[str, Range], epoch: int) -> None:
    """One sentence on the parameters that cannot change at this epoch."""
    fixed = [tr(ranges[name].label) or name for name, reason in why.items() if reason]
    if fixed:
        names = ", ".join(dict.fromkeys(fixed[:_LISTED])) + (" ..." if len(fixed) > _LISTED else "")
        st.caption(
            ntr(
                "{n} parameter cannot change at epoch {epoch}: it matters only before that.",
                "{n} parameters cannot change at epoch {epoch}: they matter only before that.",
                len(fixed),
                epoch=epoch,
            ),
            help=plain(names),
        )


def _words(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else tr("{m} minutes", m=f"{seconds / 60:.0f}")


@press
def _start(run: Run, epoch: int, names: tuple[str, ...]) -> None:
    """Starts the branch and shows it."""
    said: Any = st.session_state
    changes = {name: said[_key(run, name)] for name in names}
    seed = int(said[_key(run, "seed")]) if said.get(_key(run, "reseed")) else None
    try:
        started = manager().start(branch_spec(run, epoch, changes, seed=seed), page_visitor())
    except EpochscopeError as error:
        flash(str(error))
        return
    said[POPOVER] = False  # closed: what is shown now is the branch
    put_in_address(RUN, started)
    for name in (EPOCH, SELECTED):
        put_in_address(name, None)


def family_rows(run: Run) -> list[Row]:
    """The nearest relatives of a run; none where it has no branch and is none."""
    return rows_of(nearest(family_of(run.id), run.id, _TREE_ROWS))


def tree_pixels(rows: list[Row]) -> int:
    """The room that the whole tree takes."""
    return height(rows) + _GAP if rows else 0


def show_tree(run: Run, rows: list[Row]) -> None:
    """The tree; a click on the dot of another run shows that one."""
    if not rows:
        return
    with st.container(key="family"):
        other = draw_tree(rows, run.id, key=f"family-{run.id}")
    if other:
        put_in_address(RUN, other)
        put_in_address(EPOCH, None)
        st.rerun()
