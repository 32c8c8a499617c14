"""The card of a data set: what there is to cluster, before anything is clustered."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from core.data import Dataset, Source, card
from core.figures import class_balance, embedding
from core.figures.theme import CONFIG


def data_card(data: Dataset, source: Source) -> None:
    """Sizes, classes, scaling, sample pictures, and the score of putting everything into one cluster."""
    about = card(data)
    st.subheader(source.title, anchor=False)
    st.markdown(source.about)
    facts = st.columns(4)
    facts[0].metric("points n", f"{about.n:,}")
    facts[1].metric("features", f"{about.d:,}")
    facts[2].metric("classes", about.classes or "–")
    facts[3].metric(
        "ACC of one single cluster",
        "–" if about.one_cluster is None else f"{about.one_cluster:.3f}",
        help="What a method scores that puts every point into the same cluster. Anything near it is a collapse.",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        if about.samples and data.pictures is not None:
            st.image(
                _samples(data.pictures, about.samples),
                width="stretch",
                caption="Some samples of each class, one class a column",
            )
        elif data.x.shape[1] == 2:
            st.plotly_chart(_plane(data), config=CONFIG, key="data-plane")
    with right:
        if about.classes:
            st.plotly_chart(
                class_balance.figure(about.class_names, about.counts),
                config={**CONFIG, "displayModeBar": False},
                key="balance",
            )
        st.caption(
            f"Scaling: **{data.scaling}** · values: {data.likelihood} · mean ‖x‖²/d = {about.energy:.3g} "
            f"(the DEC paper brings every set to about 1)"
        )
        st.caption(f"{data.origin} · {data.licence}" if data.origin else "")


def _samples(pictures: np.ndarray, samples: tuple[tuple[int, ...], ...]) -> Image.Image:
    """One column a class; whole screen pixels for each pixel of the data, and a gap between the pictures."""
    most = min(6, max(map(len, samples)))
    h, w = pictures.shape[1:]
    wall = np.full((most * (h + 1), len(samples) * (w + 1)), 128, np.uint8)
    for c, members in enumerate(samples):
        for row, i in enumerate(members[:most]):
            wall[row * (h + 1) : row * (h + 1) + h, c * (w + 1) : c * (w + 1) + w] = pictures[i]
    sharp = max(1, 700 // wall.shape[1])
    return Image.fromarray(wall[:-1, :-1]).resize(
        (wall.shape[1] * sharp, wall.shape[0] * sharp), Image.Resampling.NEAREST
    )


def _plane(data: Dataset) -> go.Figure:
    """Data in two dimensions as they are."""
    group = np.zeros(len(data), int) if data.truth is None else data.truth
    made = embedding.figure(embedding.view(data.x, group, data.class_names or ("points",), "feature"))
    x, y = data.feature_names or ("feature 1", "feature 2")
    return made.update_layout(title_text="The data as they are", height=420, xaxis_title_text=x, yaxis_title_text=y)
