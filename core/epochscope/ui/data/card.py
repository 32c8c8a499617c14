"""The card of a data set, before anything is clustered."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from sklearn.decomposition import PCA

from epochscope.data import Dataset, Source, card
from epochscope.data.base import PLANE, DataCard
from epochscope.figures import class_balance, embedding
from epochscope.language import current, tr
from epochscope.ui.data.recognized import recognized_as
from epochscope.ui.shared.pictures import inline
from epochscope.ui.shared.stage import still_chart
from epochscope.ui.shared.text import plain

_DRAWN = 1_500  # points of the plane: enough to see the clouds, and drawn at once
_PLANE_HEIGHT = 420  # CSS pixels
_USUAL = 10 / 6  # width by height of square samples of ten classes
_MANY, _TALL = 24, 480  # with more classes than this the table scrolls within so many pixels


def data_card(data: Dataset, source: Source) -> None:
    """Sizes, classes, scaling, samples, and the score of a single cluster."""
    about = _card(data)
    st.subheader(plain(source.title), anchor=False)
    st.markdown(plain(tr(source.about)))
    _numbers(about)
    pictured = bool(about.samples) and data.pictures is not None
    left, right = st.columns(2, gap="medium")
    if pictured:
        with left:
            _picture(data, source, about)
    with right if pictured else left:
        _points(data, source)
    with left if pictured else right:
        _balance(about)
    with right:
        st.caption(
            tr(
                "Scaling: **{scaling}** · values: {values} · mean square of a feature: {energy:.3g} (methods with a "
                "network rescale it to 1)",
                scaling=data.scaling,
                values=data.likelihood,
                energy=about.energy,
            )
        )
        st.caption(
            plain(tr("{origin} · license: {license}", origin=data.origin, license=data.license)) if data.origin else ""
        )
    recognized_as(data, source)
    if about.typical and not about.samples:
        columns = {
            tr("class"): [plain(name) for name in about.class_names],
            tr("features most correlated with it"): [plain(" · ".join(names)) for names in about.typical],
        }
        st.table(columns, border="horizontal", hide_index=True, height=_TALL if about.classes > _MANY else "content")


def _numbers(about: DataCard) -> None:
    """Points, features, classes, and the score of a single cluster."""
    with st.container(key="numbers-of-data"):
        facts = st.columns(4)
    facts[0].metric(tr("points n"), f"{about.n:,}")
    facts[1].metric(tr("features"), f"{about.d:,}")
    facts[2].metric(tr("classes"), about.classes or "–")
    facts[3].metric(
        tr("ACC, all in one cluster"),
        "–" if about.one_cluster is None else f"{about.one_cluster:.3f}",
        help=tr(
            "The accuracy (share of points in the right cluster) if all points were in one cluster: the share of the "
            "largest class. A run that ends near it has collapsed."
        ),
    )


def _picture(data: Dataset, source: Source, about: DataCard) -> None:
    """Samples of each class, as HTML that knows its size: a late one of Streamlit moves what is below it."""
    if data.pictures is None:
        return
    wall = _samples(data.pictures, about.samples)
    high, wide = wall.shape[:2]
    words = tr(
        "{n} samples of {data} in {classes} classes",
        n=sum(map(len, about.samples)),
        data=source.title,
        classes=about.classes,
    )
    caption = escape(tr("Samples of each class, one class per column"))
    shown = f'<img src="{inline(wall)}" alt="{escape(words)}" width="{wide}" height="{high}">'
    usual = abs(wide / high - _USUAL) < 0.1
    with st.container(key="samples-as-usual" if usual else "samples"):  # most sets have ten classes: their room is kept
        st.html(f'<figure class="samples">{shown}<figcaption>{caption}</figcaption></figure>')


def _points(data: Dataset, source: Source) -> None:
    """The points in the plane."""
    words = tr("{data}: a sample of its points in the plane", data=plain(source.title))
    still_chart("data-plane", _plane(data, current()), height=_PLANE_HEIGHT, about=words)


def _balance(about: DataCard) -> None:
    """How many points each class has."""
    if about.classes:
        words = tr("Points of each class, from {low:,} to {high:,}", low=min(about.counts), high=max(about.counts))
        still_chart("balance", class_balance.figure(about.class_names, about.counts), about=words, tools=False)


# The page is drawn anew with every click, its data set stays the same object.
_card = lru_cache(maxsize=2)(card)


def _samples(pictures: np.ndarray, samples: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """One column a class; whole screen pixels for each pixel of the data, and a gap between the pictures."""
    most = min(6, max(map(len, samples)))
    h, w, *color = pictures.shape[1:]
    wall = np.full((most * (h + 1), len(samples) * (w + 1), *color), 128, np.uint8)
    for c, members in enumerate(samples):
        for row, i in enumerate(members[:most]):
            wall[row * (h + 1) : row * (h + 1) + h, c * (w + 1) : c * (w + 1) + w] = pictures[i]
    sharp = max(1, 700 // wall.shape[1])
    return wall[:-1, :-1].repeat(sharp, axis=0).repeat(sharp, axis=1)


@lru_cache(maxsize=2)
def _plane(data: Dataset, language: str) -> go.Figure:
    """Data in two dimensions as they are, others by their two principal components; titles in this language."""
    n, f = data.x.shape
    group = np.zeros(n, int) if data.truth is None else data.truth
    names = data.class_names or (tr("points"),)
    if f == PLANE:
        x, y = data.feature_names or (tr("feature 1"), tr("feature 2"))
        made = embedding.figure(embedding.view(data.x, group, names, "feature"))
        return made.update_layout(title_text=tr("The data"), xaxis_title_text=x, yaxis_title_text=y)
    rows = np.linspace(0, n - 1, min(n, _DRAWN)).astype(int)
    xy = np.zeros((len(rows), PLANE))
    directions = min(PLANE, f)
    xy[:, :directions] = PCA(directions, svd_solver="randomized", random_state=0).fit_transform(data.x[rows])
    made = embedding.figure(embedding.view(xy, group[rows], names))
    title = tr("PCA of {drawn:,} of the {n:,} points", drawn=len(rows), n=n)
    if len(rows) == n:
        title = tr("PCA of all {n:,} points", n=n)
    return made.update_layout(title_text=title)
