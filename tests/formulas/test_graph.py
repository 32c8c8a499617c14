"""Neighbors against scikit-learn; weights, priors and the bound over pairs against naive loops and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from epochscope.formulas import graph
from epochscope.formulas.graph import (
    PairTerms,
    contrastive,
    gaussian_weights,
    js,
    local_scale,
    nearest,
    nearest_in_pieces,
    neighbor_prior,
    normalized_adjacency,
    on_sphere,
    pair_terms,
    printed_prior,
    published_contrastive,
    published_weights,
    random_of,
    student_t_weights,
    uniform_weights,
)
from epochscope.nets.device import generator
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from sklearn.neighbors import NearestNeighbors


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def simplex(*shape: int, seed: int = 0, sharp: float = 2.0) -> torch.Tensor:
    return (sharp * normal(*shape, seed=seed)).softmax(dim=-1)


# ---- neighbors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("products", [10**9, 1], ids=["one piece", "pieces of 16"])
def test_neighbors_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch, products: int) -> None:
    monkeypatch.setattr(graph, "_PRODUCTS", products)
    x = normal(90, 7) + 50  # far from the origin
    found = nearest(x, 12)
    d, index = NearestNeighbors(n_neighbors=12).fit(x.numpy()).kneighbors()  # without the points themselves
    np.testing.assert_array_equal(found.j, index)
    np.testing.assert_allclose(found.d, d**2, atol=1e-9)


def test_neighbors_in_single_precision_far_from_the_origin() -> None:
    x = (normal(60, 5) + 1000).float()
    exact = torch.cdist(x.double(), x.double()).square().fill_diagonal_(torch.inf).topk(5, largest=False)
    assert torch.equal(nearest(x, 5).j, exact.indices)


def test_pieces_join_to_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_PRODUCTS", 1)
    assert [len(piece.j) for piece in nearest_in_pieces(normal(40, 3), 2)] == [16, 16, 8]


def test_a_duplicate_is_a_neighbor_and_the_point_itself_is_none() -> None:
    x = torch.cat([normal(10, 3), normal(10, 3)]).float()
    found = nearest(x, 19)
    assert found.j[:, 0].tolist() == [*range(10, 20), *range(10)]
    assert not (found.j == torch.arange(20)[:, None]).any()
    assert (found.d >= 0).all()


def test_cosine_is_the_euclidean_distance_on_the_sphere() -> None:
    x = normal(30, 4)
    found = nearest(on_sphere(x), 3)
    d, index = NearestNeighbors(n_neighbors=3, metric="cosine").fit(x.numpy()).kneighbors()
    np.testing.assert_array_equal(found.j, index)
    np.testing.assert_allclose(found.d, 2 * d, atol=1e-12)
    assert torch.equal(on_sphere(torch.zeros(1, 4)), torch.zeros(1, 4))


def test_random_neighbors_are_distinct_sorted_and_each_as_likely() -> None:
    found = nearest(normal(4000, 2), 10)
    chosen = random_of(found, 4, generator(1))
    assert (chosen.d.diff(dim=1) >= 0).all()
    rank = (chosen.j[:, :, None] == found.j[:, None, :]).int().argmax(dim=2)
    assert (rank.diff(dim=1) > 0).all()  # distinct, from among those found
    share = torch.bincount(rank.flatten(), minlength=10) / len(rank)
    np.testing.assert_allclose(share, 0.4, atol=0.04)  # five standard deviations
    assert torch.equal(chosen.j, random_of(found, 4, generator(1)).j)


# ---- weights --------------------------------------------------------------------------------------------------------


def test_twenty_neighbors_weigh_a_fortieth_each_beside_a_half_for_the_point() -> None:
    w = uniform_weights(normal(6, 20).square())
    np.testing.assert_allclose(w / 2, 0.025)
    gamma, gamma_j = torch.eye(2, dtype=torch.float64)[[0] * 6], torch.zeros(6, 20, 2, dtype=torch.float64)
    gamma_j[:, 0, 1] = 1  # one neighbor in the other cluster, the rest nowhere
    np.testing.assert_allclose(neighbor_prior(gamma, gamma_j, w), [[0.5, 0.025]] * 6)


def test_weights_equal_naive_loops() -> None:
    d = normal(5, 14).square().sort(dim=1).values
    s2 = local_scale(d)
    gauss, student = gaussian_weights(d, s2), student_t_weights(d, s2)
    published = published_weights(normal(15, 14).square().sort(dim=1).values)
    for i in range(5):
        assert s2[i] == d[i, 9] / 2  # the tenth
        kernel = [math.exp(-float(v) / (2 * float(s2[i]))) for v in d[i]]
        np.testing.assert_allclose(gauss[i], np.array(kernel) / sum(kernel))
        kernel = [1 / (1 + float(v) / (2 * float(s2[i]))) for v in d[i]]
        np.testing.assert_allclose(student[i], np.array(kernel) / sum(kernel))
    d = normal(15, 14).square().sort(dim=1).values
    kernel = [[math.exp(-float(d[i, j] / d[11, j])) for j in range(14)] for i in range(15)]
    np.testing.assert_allclose(published, np.array(kernel) / np.sum(kernel, axis=1, keepdims=True))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 25),
    st.integers(0, 2**31 - 1),
    st.sampled_from([0.0, 1e-30, 1.0, 1e6, 1e12]),
    st.floats(0, 1),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_rows_of_weights_sum_to_one_however_far_and_however_many_duplicates(j, seed, size, same, dtype) -> None:
    rng = generator(seed)
    d = torch.rand(13, j, generator=rng, dtype=dtype) * size
    d = torch.where(torch.rand(13, j, generator=rng) < same, torch.zeros_like(d), d).sort(dim=1).values
    for w in (
        uniform_weights(d),
        gaussian_weights(d, local_scale(d)),
        student_t_weights(d, local_scale(d)),
        published_weights(d),
        gaussian_weights(d + 1, torch.zeros(13, dtype=dtype)),  # scale 0, and no neighbor at distance 0
    ):
        assert (w >= 0).all()
        np.testing.assert_allclose(w.sum(dim=1), 1, atol=1e-5)
    assert (gaussian_weights(d, local_scale(d)).diff(dim=1) <= 1e-6).all()  # nearer weighs more


def test_normalized_adjacency_equals_the_dense_matrix() -> None:
    found = nearest(normal(12, 3), 4)
    w = gaussian_weights(found.d, local_scale(found.d))
    dense = np.zeros((12, 12))
    for i in range(12):
        for j in range(4):
            dense[i, found.j[i, j]] = w[i, j]
    dense = (dense + dense.T) / 2
    D = dense.sum(axis=1)
    S = normalized_adjacency(found.j.numpy(), w.numpy())
    np.testing.assert_allclose(S.toarray(), dense / np.sqrt(D[:, None] * D[None, :]))
    values = np.linalg.eigvalsh(S.toarray())
    assert values.max() == pytest.approx(1)
    assert values.min() > -1


# ---- contrastive loss -----------------------------------------------------------------------------------------------


def test_contrastive_losses() -> None:
    d = torch.tensor([4.0, 4.0, 16.0, 0.0, 0.0])
    positive = torch.tensor([True, False, False, True, False])
    np.testing.assert_allclose(contrastive(d, positive), [4, 1, 0, 0, 9], atol=1e-5)
    np.testing.assert_allclose(published_contrastive(d, positive), [7, 0, 0, 3, 3])
    d.requires_grad_()
    (slope,) = torch.autograd.grad(contrastive(d, positive).sum(), d)
    assert torch.isfinite(slope).all()
    np.testing.assert_allclose(slope[:3], [1, -0.5, 0])  # -(c - D) / D at D = 2


# ---- the prior of a point -------------------------------------------------------------------------------------------


def prior_objective(pi: torch.Tensor, gamma: torch.Tensor, gamma_j: torch.Tensor, w: torch.Tensor) -> np.ndarray:
    """sum_j w_ij sum_k (gamma_ik + gamma_jk) ln pi_ik, by loops."""
    total = np.zeros(len(pi))
    for i in range(len(pi)):
        for j in range(w.shape[1]):
            for c in range(pi.shape[1]):
                total[i] += float(w[i, j] * (gamma[i, c] + gamma_j[i, j, c])) * math.log(float(pi[i, c]))
    return total


def test_the_prior_is_on_the_simplex_and_beats_every_other_point_there() -> None:
    gamma, gamma_j, w = simplex(6, 4), simplex(6, 5, 4, seed=1), simplex(6, 5, seed=2)
    pi = neighbor_prior(gamma, gamma_j, w)
    np.testing.assert_allclose(pi.sum(dim=1), 1)
    best = prior_objective(pi, gamma, gamma_j, w)
    for seed in range(40):
        for sharp in (0.1, 1.0, 3.0):
            assert (prior_objective(simplex(6, 4, seed=seed, sharp=sharp), gamma, gamma_j, w) < best).all()
        nearby = (pi.log() + 0.05 * normal(6, 4, seed=seed)).softmax(dim=1)
        assert (prior_objective(nearby, gamma, gamma_j, w) < best).all()


def test_the_printed_prior_does_not_sum_to_one() -> None:
    gamma, gamma_j, w = simplex(6, 4), simplex(6, 5, 4, seed=1), simplex(6, 5, seed=2)
    printed = printed_prior(gamma, gamma_j, w)
    for i, c in ((0, 0), (3, 2)):
        numerator = sum(float(w[i, j] * gamma[i, c]) for j in range(5))
        denominator = sum(float(w[i, j] * (gamma[i, c] + gamma_j[i, j, c])) for j in range(5))
        assert printed[i, c] == pytest.approx(numerator / denominator)
    assert (abs(printed.sum(dim=1) - 1) > 0.01).all()
    assert printed.sum(dim=1).max() > 2
    normed = printed / printed.sum(dim=1, keepdim=True)
    best = prior_objective(neighbor_prior(gamma, gamma_j, w), gamma, gamma_j, w)
    assert (prior_objective(normed, gamma, gamma_j, w) < best).all()  # no optimum when made to sum to 1, either
    np.testing.assert_allclose(printed_prior(gamma, gamma[:, None].expand(6, 5, 4), w), 0.5)  # all alike: 1/2 each


def test_with_itself_as_only_neighbor_a_point_is_its_own_prior() -> None:
    gamma = simplex(6, 4)
    pi = neighbor_prior(gamma, gamma[:, None], torch.ones(6, 1, dtype=torch.float64))
    assert torch.equal(pi, gamma)
    terms = pair_terms(**pairs(b=6, j=1, alike=True) | {"log_pi": pairs(b=6, j=1, alike=True)["log_gamma"][:, 0]})
    assert terms.cluster_given_prior.item() == pytest.approx(0, abs=1e-12)


# ---- JS -------------------------------------------------------------------------------------------------------------


def test_js_is_the_squared_distance_of_scipy_and_bounded() -> None:
    p, q = simplex(7, 5), simplex(7, 5, seed=1)
    expected = [jensenshannon(a, b) ** 2 for a, b in zip(p.numpy(), q.numpy(), strict=True)]
    np.testing.assert_allclose(js(p, q), expected, atol=1e-12)
    np.testing.assert_allclose(js(p, p), 0, atol=1e-15)
    np.testing.assert_allclose(js(p, q), js(q, p))
    assert js(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).item() == pytest.approx(math.log(2))


# ---- the bound over pairs -------------------------------------------------------------------------------------------


def pairs(b: int = 5, j: int = 3, k: int = 4, d: int = 2, *, alike: bool = False) -> dict[str, torch.Tensor]:
    """Random arguments of `pair_terms`; alike: every neighbor is the point itself."""
    given = {
        "error": normal(b, 1 + j).square(),
        "log_gamma": simplex(b, 1 + j, k, seed=1).log(),
        "m": normal(b, 1 + j, d, seed=2),
        "log_s2": normal(b, 1 + j, d, seed=3),
    }
    if alike:
        given = {name: t[:, :1].expand_as(t) for name, t in given.items()}
    return given | {
        "log_pi": simplex(b, k, seed=4).log(),
        "mu": normal(k, d, seed=5),
        "log_var": normal(k, d, seed=6),
        "w": torch.full((b, j), 1 / j, dtype=torch.float64) if alike else simplex(b, j, seed=7),
    }


def bound(t: dict[str, torch.Tensor], i: int, c: int, prior: int) -> float:
    """L(x_i, x_j) number by number, from the closed form; c = 0 is L(x_i)."""
    k, d = t["mu"].shape
    log_gamma, m, log_s2 = (t[name][i, c].tolist() for name in ("log_gamma", "m", "log_s2"))
    gamma = [math.exp(v) for v in log_gamma]
    mu, log_var, log_pi = t["mu"].tolist(), t["log_var"].tolist(), t["log_pi"][prior].tolist()
    total = -float(t["error"][i, c])
    for a in range(k):
        for e in range(d):
            var = math.exp(log_var[a][e])
            total -= 0.5 * gamma[a] * (log_var[a][e] + math.exp(log_s2[e]) / var + (m[e] - mu[a][e]) ** 2 / var)
        total += gamma[a] * (log_pi[a] - log_gamma[a])
    return total + 0.5 * sum(1 + v for v in log_s2)


def test_the_loss_equals_a_naive_double_loop() -> None:
    t = pairs()
    total = 0.0
    for i in range(5):
        total -= 0.5 * bound(t, i, 0, i)
        for j in range(3):
            total -= 0.5 * float(t["w"][i, j]) * bound(t, i, 1 + j, i)
    assert pair_terms(**t).loss().item() == pytest.approx(total / 5)


def test_neighbors_equal_to_the_point_give_the_bound_of_the_point_alone() -> None:
    t = pairs(alike=True)
    alone = -sum(bound(t, i, 0, i) for i in range(5)) / 5
    assert pair_terms(**t).loss().item() == pytest.approx(alone)


def test_factors_of_the_published_code() -> None:
    terms = PairTerms(*(torch.tensor(v) for v in (3.0, 5.0, 7.0, 11.0, 13.0)))
    assert terms.loss().item() == 4 + 7 + 11 - 13
    assert terms.loss(reconstruction=100.0, code_given_cluster=2.0).item() == 400 + 14 + 11 - 13


def test_the_closed_forms_are_the_expectations() -> None:
    """Terms 2 and 4 against Gauss-Hermite quadrature of E[log p(z|c)] and of the entropy, in one dimension."""
    t = pairs(b=1, j=1, k=3, d=1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    fit = entropy = 0.0
    for c, half in ((0, 0.5), (1, 0.5 * float(t["w"][0, 0]))):
        m, s = float(t["m"][0, c, 0]), math.exp(float(t["log_s2"][0, c, 0]) / 2)
        z = m + s * nodes
        for a in range(3):
            mu, var = float(t["mu"][a, 0]), math.exp(float(t["log_var"][a, 0]))
            log_p = -0.5 * (math.log(2 * math.pi * var) + (z - mu) ** 2 / var)
            fit -= half * math.exp(t["log_gamma"][0, c, a]) * float(weights @ log_p)
        log_q = -0.5 * (math.log(2 * math.pi * s**2) + ((z - m) / s) ** 2)
        entropy -= half * float(weights @ log_q)
    terms = pair_terms(**t)
    assert (terms.code_given_cluster - terms.entropy_of_code).item() == pytest.approx(fit - entropy)


def test_drawn_neighbors_give_the_exact_sum_on_average() -> None:
    """m neighbors drawn with probability w_ij, each counting 1 / m: the mean over all draws is the sum itself."""
    t = pairs(b=2, j=3)
    exact = pair_terms(**t).loss()
    for draws in (1, 2):
        mean = 0.0
        for first in range(3):
            for second in range(3 if draws == 2 else 1):
                picks = torch.tensor([first, second][:draws])
                chance = torch.stack([t["w"][:, j] for j in picks]).prod(dim=0)  # of these picks, for each point
                columns = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + picks])
                for i in range(2):
                    one = {name: v[i : i + 1] for name, v in t.items() if name not in ("mu", "log_var")}
                    one |= {name: one[name][:, columns] for name in ("error", "log_gamma", "m", "log_s2")}
                    one["w"] = torch.full((1, draws), 1 / draws, dtype=torch.float64)
                    mean += float(chance[i]) * float(pair_terms(**one, mu=t["mu"], log_var=t["log_var"]).loss()) / 2
        assert mean == pytest.approx(float(exact))


def test_swapping_a_point_and_its_neighbor_changes_the_loss() -> None:
    """The neighbor's code is scored against the picture and the prior of i: L(x_i, x_j) is not L(x_j, x_i)."""
    t = pairs(b=1, j=1)
    x, restored = simplex(2, 6), simplex(2, 6, seed=9)
    errors = -(x[:, None] * restored[None].log()).sum(dim=2)  # error_ij = -log p(x_i | z_j)
    forth = t | {"error": errors[[0]][:, [0, 1]]}
    back = t | {"error": errors[[1]][:, [1, 0]]} | {name: t[name].flip(1) for name in ("log_gamma", "m", "log_s2")}
    assert abs(pair_terms(**forth).loss() - pair_terms(**back).loss()) > 1e-3
