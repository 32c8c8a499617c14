"""The graph: who is chosen, what it costs in ticks, and what is refused."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas import graph as formulas
from epochscope.formulas.graph import nearest, on_sphere
from epochscope.nets.device import generator
from epochscope.nets.neighbors import (
    COSINE,
    GAUSSIAN,
    PUBLISHED,
    RANDOM,
    STUDENT_T,
    UNIFORM,
    Graph,
    GraphParams,
    build,
    search,
    spectral_embedding,
)
from epochscope.types import EpochscopeError, Progress


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(150, 4, generator=generator(2))


def done(work: Generator[Progress, None, Any]) -> tuple[list[Progress], Any]:
    ticks = []
    while True:
        try:
            ticks.append(next(work))
        except StopIteration as end:
            return ticks, end.value


def graph_of(x: torch.Tensor, **values: Any) -> Graph:
    return done(build(x, GraphParams(**values), generator(0)))[1]


def test_a_long_search_can_be_paused(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "_PRODUCTS", 150 * 4 * 60)
    ticks, found = done(search(x, 5))
    assert ticks == [Progress(done, 150, "nearest neighbors") for done in (60, 120, 150)]
    assert torch.equal(found.j, nearest(x, 5).j)


@pytest.mark.parametrize("affinity", [UNIFORM, GAUSSIAN, STUDENT_T, PUBLISHED])
def test_rows_of_weights_sum_to_one_and_fall_unless_uniform(x: torch.Tensor, affinity: str) -> None:
    w = graph_of(x, J=8, affinity=affinity).w
    np.testing.assert_allclose(w.sum(dim=1), 1, atol=1e-6)
    assert (w[:, 0] > w[:, -1]).all() == (affinity in (GAUSSIAN, STUDENT_T))


def test_the_scale_is_that_of_the_tenth_neighbor_even_among_fewer(x: torch.Tensor) -> None:
    d = nearest(x, 10).d.double()
    expected = torch.exp(-d[:, :3] / d[:, 9:])  # 2 s^2 is the squared distance to the tenth
    w = graph_of(x, J=3, affinity=GAUSSIAN).w
    np.testing.assert_allclose(w, expected / expected.sum(dim=1, keepdim=True), atol=1e-5)


def test_random_neighbors_are_among_the_nearest_hundred(x: torch.Tensor) -> None:
    drawn = graph_of(x, J=20, choice=RANDOM).j
    pool = nearest(x, 100).j
    assert all(set(row.tolist()) <= set(near.tolist()) for row, near in zip(drawn, pool, strict=True))
    assert not torch.equal(drawn, pool[:, :20])
    assert graph_of(x[:15], J=10, choice=RANDOM).j.shape == (15, 10)  # fewer than a hundred others


def test_cosine(x: torch.Tensor) -> None:
    assert torch.equal(graph_of(x, J=4, distance=COSINE).j, nearest(on_sphere(x), 4).j)


def test_all_neighbors_or_some_drawn_as_often_as_they_weigh(x: torch.Tensor) -> None:
    graph = graph_of(x[:12], J=4, affinity=GAUSSIAN)
    rows = torch.tensor([7, 3])
    index, w = graph.drawn(rows, 0, generator(0))
    assert torch.equal(index, graph.j[rows])
    assert torch.equal(w, graph.w[rows])
    index, w = graph.drawn(rows.repeat(5000), 3, generator(0))
    assert index.shape == w.shape == (10_000, 3)
    np.testing.assert_allclose(w, 1 / 3)
    for i, row in enumerate(rows):
        seen = [(index[i::2] == j).double().mean() for j in graph.j[row]]
        np.testing.assert_allclose(seen, graph.w[row], atol=0.02)  # five standard deviations


def test_too_many_neighbors_is_one_clear_sentence() -> None:
    GraphParams(J=19).check(n=20, f=3, k=2)
    with pytest.raises(
        EpochscopeError, match=r"^With 20 points a point has at most 19 neighbors: lower the number of neighbors"
    ):
        GraphParams(J=20).check(n=20, f=3, k=2)
    with pytest.raises(EpochscopeError, match="12th point, but there are only 11: choose other weights"):
        GraphParams(J=5, affinity=PUBLISHED).check(n=11, f=3, k=2)


def test_the_spectral_embedding_is_that_of_the_leading_eigenvectors(x: torch.Tensor) -> None:
    graph = graph_of(torch.cat([x[:50], x[50:100] + 6, x[100:] - 6]), J=10)  # three groups, weakly joined or not at all
    ticks, rows = done(spectral_embedding(graph, 3, generator(0)))
    assert ticks[0] == Progress(1, 60, "eigenvectors of the graph")
    assert len(ticks) == 60
    np.testing.assert_allclose(rows.norm(dim=1), 1, atol=1e-6)
    np.testing.assert_allclose(rows[:50] @ rows[:50].T, 1, atol=1e-3)  # one direction for each group
    np.testing.assert_allclose(rows[:50] @ rows[50:].T, 0, atol=1e-3)
    again = done(spectral_embedding(graph, 3, generator(0)))[1]
    assert torch.equal(rows, again)


def test_of_a_connected_graph_the_eigenvectors_are_those_of_numpy(x: torch.Tensor) -> None:
    graph = graph_of(x, J=20)
    S = formulas.normalized_adjacency(graph.j.numpy(), graph.w.numpy()).toarray()
    values, vectors = np.linalg.eigh(S)
    assert values[-5] - values[-6] > 0.01
    U = vectors[:, ::-1][:, :5]
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    rows = done(spectral_embedding(graph, 5, generator(1)))[1].double().numpy()
    np.testing.assert_allclose(rows @ rows.T, U @ U.T, atol=0.01)  # the same up to a sign of each vector
    assert done(spectral_embedding(graph_of(x[:6], J=3), 9, generator(1)))[1].shape == (6, 6)  # no more than points
