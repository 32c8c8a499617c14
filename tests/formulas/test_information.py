"""Entropies against scipy and a two-line example worked by hand; unit rows at the ends of the range of numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.figures.information import MOST, OF_CLUSTERS, OF_POINTS, SHARED, numbers
from epochscope.formulas.information import conditional_entropy, divergence, marginal_entropy, unit_rows
from scipy import stats


def rows(seed: int, k: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(k, 0.5), 40)


def test_entropies_are_those_of_scipy() -> None:
    p = rows(0)
    log_p = torch.tensor(p).log()
    assert float(conditional_entropy(log_p)) == pytest.approx(stats.entropy(p, axis=1).mean())
    assert float(marginal_entropy(log_p)) == pytest.approx(stats.entropy(p.mean(axis=0)))


def test_divergence_is_that_of_scipy() -> None:
    p, q = rows(0), rows(1)
    found = divergence(torch.tensor(p).log(), torch.tensor(q).log())
    np.testing.assert_allclose(found.numpy(), stats.entropy(p, q, axis=1))


def test_two_certain_points_of_two_clusters() -> None:
    log_p = torch.tensor([[50.0, -50.0], [-50.0, 50.0]]).log_softmax(dim=1)
    assert float(conditional_entropy(log_p)) == pytest.approx(0, abs=1e-6)
    assert float(marginal_entropy(log_p)) == pytest.approx(np.log(2))
    assert torch.isfinite(divergence(log_p, log_p.flip(1))).all()


def test_the_figure_has_the_same_numbers() -> None:
    p = rows(2)
    found = numbers({"q": p.astype(np.float16)})
    log_p = torch.tensor(p).log()
    assert found[OF_POINTS] == pytest.approx(float(conditional_entropy(log_p)), abs=2e-3)
    assert found[OF_CLUSTERS] == pytest.approx(float(marginal_entropy(log_p)), abs=2e-3)
    assert found[SHARED] == pytest.approx(found[OF_CLUSTERS] - found[OF_POINTS])
    assert found[MOST] == pytest.approx(np.log(5))


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_rows_have_length_one_however_short_or_long(scale: float) -> None:
    t = torch.tensor([[3.0, 4.0], [0.0, 0.0]]) * scale
    torch.testing.assert_close(unit_rows(t), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
