"""Two facets against one mixture of k v components in scikit-learn's words, and stepwise EM against whole EM."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.facets import Facet, Tree, beliefs, hard, shared_information, statistics
from epochscope.nets.device import generator
from sklearn.mixture import GaussianMixture
from sklearn.mixture._gaussian_mixture import _compute_precision_cholesky


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def tree() -> Tree:
    table = normal(6, seed=1).softmax(dim=0).reshape(3, 2).log()
    return Tree(
        table, Facet(normal(3, 2, seed=2), normal(3, 2, seed=3)), Facet(normal(2, 3, seed=4), normal(2, 3, seed=5))
    )


def test_beliefs_are_those_of_a_mixture_of_all_pairs() -> None:
    own, z = tree(), normal(30, 5)
    pairs = [(y, v) for y in range(3) for v in range(2)]
    mixture = GaussianMixture(6, covariance_type="diag")
    mixture.weights_ = own.log_table.exp().flatten().numpy()
    mixture.means_ = np.array([torch.cat([own.first.mu[y], own.second.mu[v]]).numpy() for y, v in pairs])
    log_var = [torch.cat([own.first.log_var[y], own.second.log_var[v]]).numpy() for y, v in pairs]
    mixture.covariances_ = np.exp(log_var)
    mixture.precisions_cholesky_ = _compute_precision_cholesky(mixture.covariances_, "diag")
    found = beliefs(z, own)
    np.testing.assert_allclose(found.log_p, mixture.score_samples(z.numpy()))
    np.testing.assert_allclose(found.both.flatten(1), mixture.predict_proba(z.numpy()), atol=1e-10)
    np.testing.assert_allclose(found.first.sum(dim=1), 1)
    np.testing.assert_allclose(found.second.sum(dim=1), 1)


def test_whole_em_never_lowers_the_likelihood_and_a_rate_of_one_is_whole_em() -> None:
    own, z = tree(), torch.cat([normal(100, 5), normal(100, 5, seed=7) + 4])
    before = -np.inf
    for _ in range(8):
        found = beliefs(z, own)
        assert float(found.log_p.mean()) >= before - 1e-9
        before = float(found.log_p.mean())
        now = statistics(z, found.both, 2)
        own = now.tree(1e-6)
        again = statistics(z + 1, found.both, 2).toward(now, 1.0)
        torch.testing.assert_close(again.z1, now.z1)


def test_labels_give_shares_means_and_variances() -> None:
    z = normal(50, 4).float()
    first, second = torch.arange(50) % 2, torch.arange(50) // 25
    made = statistics(z, hard(first, second, 2, 2), 2).tree(1e-9)
    torch.testing.assert_close(made.log_table.exp().sum(dim=1), torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(made.first.mu[1], z[first == 1, :2].mean(dim=0))
    torch.testing.assert_close(made.second.log_var[0].exp(), z[second == 0, 2:].var(dim=0, correction=0))


@pytest.mark.parametrize(
    ("table", "shared"), [([[0.25, 0.25], [0.25, 0.25]], 0.0), ([[0.5, 0.0], [0.0, 0.5]], np.log(2))]
)
def test_facets_share_nothing_or_everything(table: list[list[float]], shared: float) -> None:
    assert shared_information(torch.tensor(table).clamp(min=1e-38).log()) == pytest.approx(shared, abs=1e-6)
