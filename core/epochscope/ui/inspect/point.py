"""One point: its picture, its path through clusters and codes, the formula of its q in numbers, its neighbors."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.data import Dataset
from epochscope.figures import over_epochs, path
from epochscope.figures.sent import as_sent
from epochscope.inspect import point as about
from epochscope.methods import METHODS
from epochscope.runs.format.points import read_xy, track
from epochscope.runs.format.run import Run
from epochscope.runs.library.features import data_of
from epochscope.runs.library.history import history
from epochscope.runs.training.packing import gray_of
from epochscope.runs.training.request import display_of
from epochscope.ui.inspect.walk import choose_point, chosen_point, open_point
from epochscope.ui.inspect.whole import compared_epoch
from epochscope.ui.inspect.why import why
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.pictures import enlarged, inline
from epochscope.ui.shared.session import shown_projection
from epochscope.ui.shared.stage import chart, gallery
from epochscope.ui.shared.text import plain

NEIGHBORS = 12
_CLOUD = 700  # points around the path
_PICTURE = 112  # pixels of its longer side


def point_view(view: EpochView) -> None:
    """Everything that the run stores about one point."""
    i = chosen_point(view)
    place = int(view.place[i])
    data, missing_reason = data_of(view.run)
    choose_point(view, i, place)
    _head(view, i, place, data)
    if missing_reason:
        st.caption(f":material/info: {plain(missing_reason)}")
    if place < 0:
        st.caption(
            f":material/info: Of this run's {view.info['n']:,} points, {view.info['m']:,} are drawn; codes, Q and P "
            "are stored only for those. This point is not among them, so only its clusters are known."
        )
        return
    if view.epoch > 0:
        why(view, [i], compared_epoch(view))
    _rows(view, i, place)
    with st.grid(2, min_column_width=330, gap="small", key="point-grid"):
        with st.container(key="point-way"):
            _path(view, place)
        with st.container(key="point-sum"):
            _formula(view, i, place)
    _neighbors(view, place, data)


def _head(view: EpochView, i: int, place: int, data: Dataset | None) -> None:
    """Its picture (and its reconstruction) or its features, its class, and the clusters it was in."""
    words = st.container()
    if data is not None:
        picture, words = st.columns([1, 2], gap="small")
        with picture:
            if data.pictures is not None:
                _pictures(view, i, data)
            else:
                _features(data, i)
    truth, labels_by_epoch = view.truth, view.history.labels()
    stays = about.stays([None if labels is None else int(labels[i]) for labels in labels_by_epoch])
    with words:
        labels, of = view.labels(), view.matched
        lines = []
        if truth is not None:
            lines.append(f"true class **{plain(view.class_name(int(truth[i])))}**")
        if labels is not None:
            own = f"cluster **{labels[i] if labels[i] >= 0 else 'none'}** at epoch {view.epoch}"
            if labels[i] >= 0 and of is not None and truth is not None:
                stands = int(of[labels[i]])
                right = "correct" if stands == truth[i] else "**a mistake**"
                named = f"is matched to class {plain(view.class_name(stands))}" if stands >= 0 else "is unmatched"
                own += f", which {named}: {right}"
            lines.append(own)
        if (q := view.run.array(view.epoch, "q", place) if place >= 0 else None) is not None:
            best = np.argsort(-q.astype(float), kind="stable")[:2]
            lines.append(" · ".join(f"q of cluster {j}: {float(q[j]):.3f}" for j in best))
        lines.append(_where(stays))
        st.markdown("  \n".join(line for line in lines if line))


def _where(stays: list[about.Stay]) -> str:
    if not stays:
        return "This run has no clusters yet."
    words = []
    for stay in stays[-6:]:
        until = f" to {stay.last}" if stay.last > stay.first else ""
        words.append(f"{stay.cluster if stay.cluster >= 0 else 'none'} (epoch {stay.first}{until})")
    more = f"{len(stays) - 6} earlier, " if len(stays) > 6 else ""
    moves = len(stays) - 1
    return f"clusters over the epochs: {more}{', '.join(words)}; moved {moves} time{'s' * (moves != 1)}"


def _pictures(view: EpochView, i: int, data: Dataset) -> None:
    assert data.pictures is not None
    shown, names = [data.pictures[i]], ["sample"]
    kept = view.array("reconstructions")
    again = about.restored(data.x[i], kept)
    gray = gray_of(data) if again is not None else None
    if again is not None and gray is not None:
        shown.append(gray(again).reshape(data.pictures[i].shape))
        names.append("decoded code")
    alt = [f"Point {i}, {name}" for name in names]
    st.image([inline(enlarged(one, 2 * _PICTURE)) for one in shown], caption=names, width=_PICTURE, alt=alt)
    if kept is not None and again is None:
        st.caption(f"This run stores decoded codes for only {kept.shape[1]} points, and this is not one of them.")


def _features(data: Dataset, i: int) -> None:
    features = about.features(data.x, i, data.feature_names)
    rows = [
        {"feature": f.name, "value": f.value, "σ off": f.apart, "mean": f.usual}  # in a column of 190 pixels
        for f in features
    ]
    number = st.column_config.NumberColumn(format="%.3f", width=58)
    apart = st.column_config.NumberColumn(format="%.2f", width=50, help="Standard deviations from the mean.")
    columns = {"feature": st.column_config.TextColumn(width=78), "value": number, "σ off": apart, "mean": number}
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="features", height=180, column_config=columns)


def _rows(view: EpochView, i: int, place: int) -> None:
    """Its rows of Q and P at all epochs as stacked areas."""
    names = [name for name in ("q", "p") if view.first_with(name) is not None]
    if not names:
        st.caption("This method assigns each point to one cluster, so there is no Q.")
        return
    for column, name in zip(st.columns(len(names), gap="small"), names, strict=True):
        with column:
            made = _row_made(view.run, len(view.run.epochs()), name, place)
            chart(f"point-{name}", made, run=view.run.id, height="230px", epochs=True)


@lru_cache(maxsize=64)
def _row_made(run: Run, epochs: int, name: str, place: int) -> dict[str, Any]:
    known = [(e, row) for e, row in enumerate(history(run).rows(name, place)[:epochs]) if row is not None]
    shares = np.nan_to_num(np.array([row for _, row in known], dtype=np.float64))
    title = f"Row of {name.upper()} by epoch"
    return as_sent(over_epochs.areas(title, [e for e, _ in known], shares, y=f"{name}ᵢⱼ"))


def _path(view: EpochView, place: int) -> None:
    """Its path in the projection that the stage shows."""
    stage = shown_projection()
    if stage is None:
        return
    journal = view.run.frames(stage.name)
    lines = journal.lines()
    epochs, xy = track(journal, place)
    if not epochs:
        st.caption("The projection has no frame with this point yet.")
        return
    line = next((line for line in reversed(lines) if line["epoch"] == view.epoch), lines[-1])
    cloud = read_xy(journal, line)[:_CLOUD]
    labels, labels_by_epoch = view.labels(), view.history.labels()
    i = int(view.drawn[place])
    known = [labels_by_epoch[e] for e in epochs if e < len(labels_by_epoch)]
    steps = [-1 if then is None else int(then[i]) for then in known]
    around = None if labels is None else labels[view.drawn[: len(cloud)]]
    path_view = path.View(epochs[: len(steps)], xy[: len(steps)], steps, cloud, around, view.epoch)
    chart("point-path", path.figure(path_view, stage.projection.title), run=view.run.id, height="330px")


def _card(run: Run) -> None:
    """A link to the card of the run's method, if there is one."""
    if (method := METHODS.get(run.spec.method)) is None:
        return
    st.page_link(
        "pages/methods.py",
        label=f"How {plain(display_of(run)['method'])} makes Q",
        icon=":material/menu_book:",
        query_params={"card": method.title},
    )


def _formula(view: EpochView, i: int, place: int) -> None:
    """Distances to the centers; if Q is a Student-t kernel of them, the formula in numbers."""
    z, centers = view.run.array(view.epoch, "z", place), view.array("centers")
    if z is None or centers is None or len(z) != centers.shape[1]:
        st.caption(f"There are no centers at epoch {view.epoch}, so there are no distances to them.")
        return
    q, p = view.run.array(view.epoch, "q", place), view.run.array(view.epoch, "p", place)
    nu = about.value_at(view.run.spec.params, view.run.param_changes(), "nu", view.epoch) if q is not None else None
    nu = float(nu) if isinstance(nu, int | float) and 0 < nu < math.inf else None  # of somebody else's file
    assignment = about.assignment(z, centers, nu=nu, stored=q)
    columns = {"cluster j": range(len(centers)), "d²ᵢⱼ": assignment.distances}
    if assignment.agrees:
        columns["kernel"] = assignment.kernel
    columns |= {f"{name}ᵢⱼ": row.astype(float) for name, row in (("q", q), ("p", p)) if row is not None}
    table = pd.DataFrame(columns)
    if assignment.agrees and q is not None:
        st.latex(about.formula(assignment, i, int(q.argmax())))
        st.caption(
            "Squared distances d² from the code to each center; Student-t kernel with this run's "
            f"ν = {nu:g}. Codes are stored in half precision: the residual of q computed from them is at most "
            f"{np.abs(assignment.q - q.astype(float)).max():.1e}."
        )
    elif q is not None:
        st.caption(
            "Squared distances d² from the code to each center. This method's Q is not a Student-t kernel of them."
        )
        _card(view.run)
    else:
        st.caption("Squared distances d² from the code to each center; the point belongs to the nearest one.")
    st.dataframe(
        table.sort_values("d²ᵢⱼ"),
        hide_index=True,
        key="distances",
        height=min(215, 36 * (len(table) + 1) + 3),
        column_config={name: st.column_config.NumberColumn(format="%.4g") for name in table.columns[1:]},
    )


def _neighbors(view: EpochView, place: int, data: Dataset | None) -> None:
    """Nearest among the drawn points, in the data and in the codes; underlined: of another class or cluster."""
    z, near = view.array("z"), {}
    if data is not None and len(data) == view.info["n"]:
        near["input"] = about.nearest(data.x, place, NEIGHBORS, view.drawn)
    if z is not None:
        near["codes"] = about.nearest(z, place, NEIGHBORS)
    if len(near) == 2:
        both = len(set(near["input"].places) & set(near["codes"].places))
        among = "all" if view.info["m"] == view.info["n"] else "the"
        kind = "points" if view.info["m"] == view.info["n"] else "drawn points"
        st.markdown(f"**Nearest neighbors** among {among} {view.info['m']:,} {kind}; {both} of them in both spaces")
    groups = view.truth if view.truth is not None else view.labels()
    kind = "class" if view.truth is not None else "cluster"
    for name, nearest in near.items():
        own = None if groups is None else groups[view.drawn[place]]
        items = [
            (p, f"{d:.3g}", groups is not None and bool(groups[view.drawn[p]] != own))
            for p, d in zip(nearest.places, nearest.distances, strict=True)
        ]
        st.caption(f"In the {name}: with the distance; underlined: of another {kind}.")
        label = f"Nearest in the {name}"
        gallery(f"near-{name}", items, run=view.run.id, label=label, on_pick=partial(open_point, view))
