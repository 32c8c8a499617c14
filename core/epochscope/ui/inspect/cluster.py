"""One cluster: its decoded center, its most and least certain members, its size, purity and origin."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from epochscope.data import Dataset
from epochscope.figures import class_balance, over_epochs
from epochscope.figures.sent import as_sent
from epochscope.inspect import cluster as about
from epochscope.inspect.whole import cluster_sizes
from epochscope.runs.format.run import Run
from epochscope.runs.library.features import data_of
from epochscope.runs.library.history import history
from epochscope.runs.training.packing import gray_of
from epochscope.ui.inspect.selection import show_group
from epochscope.ui.inspect.walk import open_point
from epochscope.ui.inspect.whole import choose_since, since_epoch
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.epoch_view import EpochView
from epochscope.ui.shared.pictures import enlarged, inline
from epochscope.ui.shared.press import with_value
from epochscope.ui.shared.session import CLUSTER, CLUSTER_BOX
from epochscope.ui.shared.stage import chart, gallery
from epochscope.ui.shared.text import plain

SHOWN = 14
"""Number of members shown at either end."""
_PICTURE = 112  # pixels


def cluster_view(view: EpochView) -> None:
    """Everything that the run stores about one cluster at the cursor's epoch."""
    labels = view.labels()
    if labels is None:
        st.caption(f"There are no clusters at epoch {view.epoch} ({view.phase}).")
        return
    j = _choose(view, labels)
    data, missing_reason = data_of(view.run)
    _head(view, j, labels, data)
    if missing_reason:
        st.caption(f":material/info: {plain(missing_reason)}")
    left, right = st.columns(2, gap="small")
    with left:
        _growth(view, j)
    with right:
        _classes(view, j, labels)
    _ends(view, j, labels)
    _origin(view, j, labels)


def _choose(view: EpochView, labels: np.ndarray) -> int:
    """A menu of the clusters with their sizes; it starts with the largest."""
    sizes = cluster_sizes(labels, view.k)
    asked = in_address(CLUSTER) or ""
    j = int(asked) if asked.isdigit() and int(asked) < view.k else int(sizes.argmax())
    st.session_state[CLUSTER_BOX] = j
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Cluster",
            list(range(view.k)),
            key=CLUSTER_BOX,
            width=260,
            format_func=lambda one: f"cluster {one}: {sizes[one]:,} points",
            on_change=with_value(CLUSTER_BOX, lambda j: put_in_address(CLUSTER, j)),
        )
        st.button(
            "Select members",
            icon=":material/select_all:",
            key="cluster-select",
            disabled=not sizes[j],
            on_click=show_group,
            args=(view, "cluster", j),
        )
    return j


def _head(view: EpochView, j: int, labels: np.ndarray, data: Dataset | None) -> None:
    """The center as a picture or by its features, and a description of the cluster."""
    decoded, words = view.array("decoded_centers"), st.container()
    if data is not None and decoded is not None and decoded.shape[1] == data.x.shape[1]:
        picture, words = st.columns([1, 2], gap="small")
        with picture:
            _center(decoded[j], data, f"Center of cluster {j}, decoded")
    members = labels == j
    lines = [f"**{members.sum():,}** of {len(labels):,} points ({members.mean():.1%}) at epoch {view.epoch}"]
    counts = about.mix(members, view.truth, len(view.classes))
    if counts is not None and counts.sum():
        order = np.argsort(-counts, kind="stable")[:3]
        shares = ", ".join(
            f"{plain(view.class_name(int(c)))} ({counts[c] / counts.sum():.0%})" for c in order if counts[c]
        )
        of = view.matched
        several = np.count_nonzero(counts)
        lines.append(
            f"contains points of {several} classes, mostly {shares}" if several > 1 else f"all of class {shares}"
        )
        if of is not None:
            stands = plain(view.class_name(int(of[j]))) if of[j] >= 0 else "none (unmatched)"
            lines.append(f"matched to class {stands}")
    q = view.array("q")
    if q is not None and members[view.drawn].any():
        lines.append(f"mean qᵢⱼ of its members: {float(q[members[view.drawn], j].astype(float).mean()):.3f}")
    with words:
        st.markdown("  \n".join(lines))


def _center(center: np.ndarray, data: Dataset, name: str) -> None:
    gray = gray_of(data)
    if gray is not None and data.pictures is not None:
        picture = gray(np.nan_to_num(center.astype(np.float32))).reshape(data.pictures.shape[1:])
        st.image(inline(enlarged(picture, 2 * _PICTURE)), caption="center", width=_PICTURE, alt=name)
        return
    names, mean = data.feature_names, data.x[:: max(1, len(data) // 2000)].mean(axis=0)
    order = np.argsort(-np.abs(center - mean), kind="stable")[:8]
    rows = [
        {"feature": names[f] if names else f"feature {f}", "center": float(center[f]), "mean": float(mean[f])}
        for f in order
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="center", height=180)


@lru_cache(maxsize=64)
def _growth_made(run: Run, epochs: int, j: int) -> dict[str, Any]:
    known, classes = history(run), len((run.info or {})["classes"])
    truth = known.points["truth"] if classes else None
    growth = about.growth(known.labels()[:epochs], j, truth, classes)
    values: dict[str, list[float | None]] = {"size": [*growth.share]}
    if classes:
        values["largest class"] = growth.purity
    title = "Size, and its largest class" if classes else "Size"
    return as_sent(over_epochs.curves(title, growth.epochs, values, y="share", share=True))


def _growth(view: EpochView, j: int) -> None:
    made = _growth_made(view.run, len(view.run.epochs()), j)
    chart("cluster-growth", made, run=view.run.id, height="260px", epochs=True)


def _classes(view: EpochView, j: int, labels: np.ndarray) -> None:
    counts = about.mix(labels == j, view.truth, len(view.classes))
    if counts is None:
        st.caption("This data set has no classes.")
        return
    made = class_balance.figure(view.classes, counts.tolist()).update_layout(title_text="Classes", height=None)
    chart("cluster-classes", made, run=view.run.id, height="260px")


def _ends(view: EpochView, j: int, labels: np.ndarray) -> None:
    """The most and least certain of the drawn members; underlined: of another class than the cluster's."""
    drawn, truth, of = labels[view.drawn], view.truth, view.matched
    digits = ".3g" if view.array("q") is None else ".3f"
    ends = about.ends(drawn, j, SHOWN, q=view.array("q"), z=view.array("z"), centers=view.array("centers"))
    for name, members in (("Most certain", ends.most), ("Least certain", ends.least)):
        if not members:
            continue
        marked = ""
        if truth is not None and of is not None:
            marked = "; underlined: members of another class than the matched one"
        st.caption(f"**{name}** members, with {ends.by}{marked}")
        items = [
            (p, format(value, digits), truth is not None and of is not None and bool(truth[view.drawn[p]] != of[j]))
            for p, value in members
        ]
        key = f"ends-{name.split()[0].lower()}"
        gallery(key, items, run=view.run.id, label=name, on_pick=partial(open_point, view))


def _origin(view: EpochView, j: int, labels: np.ndarray) -> None:
    """In words, where its members came from since a chosen epoch."""
    first = view.first_with("labels")
    if first is None or view.epoch <= first:
        return
    since = since_epoch(view, first)
    before = view.labels(since)
    if before is None:
        return
    origin = about.origin(before, labels, j, view.k)

    def listed(counts: list[tuple[int, int]]) -> str:
        return ", ".join(f"{count:,} {'stayed' if c == j else f'from {c}'}" for c, count in counts) or "none"

    left = ", ".join(f"{count:,} to {c}" for c, count in origin.went) or "none"
    st.markdown(f"**Since epoch {since}** its members: {listed(origin.came)}. It lost: {left}.")
    choose_since(view, first, since)
