"""Agreement of clusters with neighborhoods: counted pair by pair, at its limits, and on groups far apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.agreement import Agreement, chance
from epochscope.formulas.graph import nearest
from epochscope.nets.device import generator


def by_hand(labels: np.ndarray, rows: np.ndarray, neighbors: np.ndarray) -> float:
    pairs = [(labels[i], labels[j]) for i, row in zip(rows, neighbors, strict=True) for j in row]
    alike = sum(a == b for a, b in pairs) / len(pairs)
    n = len(labels)
    return alike - sum((np.sum(labels == k) / n) ** 2 for k in set(labels))


def test_it_is_the_share_of_equal_neighbors_less_chance() -> None:
    rng = np.random.default_rng(0)
    rows, neighbors, labels = rng.permutation(40)[:15], rng.integers(0, 40, (15, 4)), rng.integers(0, 5, 40)
    found = Agreement(torch.tensor(rows), torch.tensor(neighbors)).of(labels)
    assert found == pytest.approx(by_hand(labels, rows, neighbors))


def test_one_cluster_is_0_and_labels_in_random_order_are_near_0() -> None:
    x = torch.rand(2000, 3, generator=generator(0))
    judge = Agreement(torch.arange(2000), nearest(x, 10).j)
    assert judge.of(np.zeros(2000, dtype=int)) == 0
    labels = np.random.default_rng(0).choice(4, 2000, p=[0.7, 0.1, 0.1, 0.1])
    assert abs(judge.of(labels)) < 0.02
    assert chance(labels) == pytest.approx(0.52, abs=0.03)


def test_groups_far_apart_are_best_as_they_are_torn_or_merged_worse() -> None:
    truth = np.repeat(np.arange(5), 40)
    x = torch.tensor(10 * truth[:, None], dtype=torch.float32) + torch.rand(200, 2, generator=generator(0))
    judge = Agreement(torch.arange(200), nearest(x, 10).j)
    assert judge.of(truth) == pytest.approx(1 - 1 / 5)
    merged, torn = np.where(truth == 1, 0, truth), np.where((truth == 0) & (np.arange(200) % 2 == 0), 5, truth)
    assert judge.of(merged) < judge.of(truth)
    assert judge.of(torn) < judge.of(truth)
