"""The graph: who is chosen, what it costs in ticks, and what is refused."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch

from core.formulas import graph as formulas
from core.formulas.graph import nearest, on_sphere
from core.nets.device import generator
from core.nets.neighbors import (
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
)
from core.types import EpochscopeError, Tick


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(150, 4, generator=generator(2))


def done(work: Generator[Tick, None, Any]) -> tuple[list[Tick], Any]:
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
    assert ticks == [Tick(done, 150, "nearest neighbors") for done in (60, 120, 150)]
    assert torch.equal(found.index, nearest(x, 5).index)


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
    drawn = graph_of(x, J=20, choice=RANDOM).index
    pool = nearest(x, 100).index
    assert all(set(row.tolist()) <= set(near.tolist()) for row, near in zip(drawn, pool, strict=True))
    assert not torch.equal(drawn, pool[:, :20])
    assert graph_of(x[:15], J=10, choice=RANDOM).index.shape == (15, 10)  # fewer than a hundred others


def test_cosine(x: torch.Tensor) -> None:
    assert torch.equal(graph_of(x, J=4, distance=COSINE).index, nearest(on_sphere(x), 4).index)


def test_all_neighbors_or_some_drawn_as_often_as_they_weigh(x: torch.Tensor) -> None:
    graph = graph_of(x[:12], J=4, affinity=GAUSSIAN)
    rows = torch.tensor([7, 3])
    index, w = graph.drawn(rows, 0, generator(0))
    assert torch.equal(index, graph.index[rows])
    assert torch.equal(w, graph.w[rows])
    index, w = graph.drawn(rows.repeat(5000), 3, generator(0))
    assert index.shape == w.shape == (10_000, 3)
    np.testing.assert_allclose(w, 1 / 3)
    for i, row in enumerate(rows):
        seen = [(index[i::2] == j).double().mean() for j in graph.index[row]]
        np.testing.assert_allclose(seen, graph.w[row], atol=0.02)  # five standard deviations


def test_too_many_neighbors_is_one_clear_sentence() -> None:
    GraphParams(J=19).check(n=20, f=3, k=2)
    with pytest.raises(EpochscopeError, match=r"^A point among 20 has only 19 others: lower the number of neighbors"):
        GraphParams(J=20).check(n=20, f=3, k=2)
    with pytest.raises(EpochscopeError, match="12th point, but there are only 11: choose other weights"):
        GraphParams(J=5, affinity=PUBLISHED).check(n=11, f=3, k=2)
