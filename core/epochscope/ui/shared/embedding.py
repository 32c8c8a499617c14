"""The embedding of a run, and the choice of its projection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from epochscope.figures import EMBEDDING, Scene
from epochscope.language import tr
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.run import Run
from epochscope.runs.library.shown import points_settings
from epochscope.runs.training.projection_frames import ProjectionSpec
from epochscope.runs.training.projector import projector
from epochscope.types import EpochscopeError
from epochscope.ui.shared.param_widgets import param_widgets
from epochscope.ui.shared.session import PROJECTION, adopt
from epochscope.ui.shared.stage import panel
from epochscope.ui.shared.text import explain, plain
from epochscope.ui.shared.visitor import page_visitor


def choose_projection() -> ProjectionSpec:
    """A menu of projections, with the parameters behind a button."""
    if unknown := adopt(PROJECTION, {key: one.title for key, one in PROJECTIONS.items()}):
        st.warning(tr("There is no projection {name}: PCA is shown.", name=plain(repr(unknown))))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key="projection-bar"):
        key = st.segmented_control(
            tr("Projection"),
            list(PROJECTIONS),
            default="pca",
            required=True,
            format_func=lambda key: PROJECTIONS[key].title,
            key=PROJECTION,
            bind="query-params",
            label_visibility="collapsed",
        )
        with st.popover(tr("Projection settings"), icon=":material/tune:", help=tr("Projection settings"), key="tune"):
            st.caption(tr(PROJECTIONS[key].about))
            params = param_widgets(PROJECTIONS[key].params(), key)
    return ProjectionSpec(key, params.flat())


def embedding(
    run: Run, projection: ProjectionSpec, *, height: str, key: str = "embedding", **more: Any
) -> Mapping[str, Any]:
    """The points panel; requests their projection. Returns the panel's events. `more`: further arguments of `panel`."""
    try:
        projector().request(run, projection, page_visitor())
    except EpochscopeError as error:
        explain(error)
    return panel(
        key,
        EMBEDDING,
        run=run.id,
        scene=Scene(run.spec.k, projection=projection.projection.title),
        height=height,
        **points_settings(run, projection),
        **more,
    )
