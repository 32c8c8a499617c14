"""The lab on Q and P: against loops over numbers, numpy's own draws, and a law of small disturbances."""

import numpy as np
import pytest
import torch
from epochscope.labs.target import model as target


def naive_p(q, f=None):
    f = [sum(row[j] for row in q) for j in range(len(q[0]))] if f is None else f
    weight = [[value**2 / f[j] for j, value in enumerate(row)] for row in q]
    return [[value / sum(row) for value in row] for row in weight]


def naive_entropy(row):
    return -sum(value * np.log(value) for value in row if value > 0)


@pytest.mark.parametrize("name", target.PRESETS)
def test_rows_are_distributions_and_their_targets_are_what_is_written_down(name):
    q = target.PRESETS[name]
    torch.testing.assert_close(q.sum(dim=1), torch.ones(len(q)).double())
    way, alone = target.renewed(q, 3), target.renewed(q, 3, divide=False)
    expected, expected_alone = q.tolist(), q.tolist()
    for p, p_alone in zip(way, alone, strict=True):
        np.testing.assert_allclose(p, expected, atol=1e-12)
        np.testing.assert_allclose(p_alone, expected_alone, atol=1e-12)
        expected, expected_alone = naive_p(expected), naive_p(expected_alone, [1, 1, 1])


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("one large cluster", [True, True, True, False, True, True]),
        ("balanced", [True, True, True, True, True, True]),
        ("an empty cluster", [True, True, False, True, True, True]),
        ("all rows alike", [True, True, True, True, True, False]),
    ],
)
def test_what_is_true_holds_and_what_is_wrong_does_not(name, held):
    assert [claim.holds for claim in target.claims(target.PRESETS[name])] == held


def test_claims_tell_what_loops_find():
    q = target.PRESETS["an empty cluster"]
    p, alone = naive_p(q.tolist()), naive_p(q.tolist(), [1, 1, 1])
    surer, kept, evened = target.claims(q)[2:5]
    before, after = ([naive_entropy(row) for row in rows] for rows in (q.tolist(), p))
    assert surer.residual == pytest.approx(max(b - a for a, b in zip(before, after, strict=True)))
    assert f"{np.mean(before):.2f} → {np.mean(after):.2f}" in surer.says
    assert kept.residual == np.mean(np.argmax(p, axis=1) != np.argmax(q.numpy(), axis=1))
    in_use = [np.exp(naive_entropy(np.mean(rows, axis=0))) for rows in (p, alone)]
    assert "{:.2f} in use, else {:.2f}".format(*in_use) in evened.says


def test_odds_against_the_mean_row_are_squared_and_no_other_target_does_that():
    q = target.PRESETS["one large cluster"]
    m, p = q.mean(dim=0).tolist(), naive_p(q.tolist())
    for a, b in zip(q.tolist(), p, strict=True):
        for j, k in ((0, 1), (1, 2), (2, 0)):
            odds = (a[j] / m[j]) / (a[k] / m[k])
            assert (b[j] / m[j]) / (b[k] / m[k]) == pytest.approx(odds**2)
    assert target._odds(q, torch.tensor(p, dtype=torch.float64), target.middle(q)) < 1e-12
    assert target._odds(q, target.renewed(q, 1, divide=False)[1], target.middle(q)) > 0.1


def test_a_row_can_move_away_from_its_own_cluster_if_that_is_the_largest():
    q = target.PRESETS["one large cluster"]
    p = np.array(naive_p(q.tolist()))
    q = q.numpy()
    away = (q.argmax(axis=1) == 0) & (p[:, 0] < q[:, 0])
    assert q.sum(axis=0).argmax() == 0
    assert away.sum() >= 2
    assert (p[away].argmax(axis=1) != 0).all()


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("name", ["one large cluster", "balanced", "an empty cluster"])
def test_the_watershed_parts_rows_by_where_they_end(name, times):
    """Any further row, so light that it does not change f, is taken along by the naive target."""
    way = target.renewed(target.PRESETS[name], times)
    parted = target.watershed(way).numpy()
    assert parted.sum() == pytest.approx(1)
    rows = np.random.default_rng(0).dirichlet([1, 1, 1], size=300)
    ends = rows.tolist()
    for q in way[:-1]:
        ends = naive_p(ends, q.sum(dim=0).tolist())
    np.testing.assert_array_equal((rows / parted).argmax(axis=1), np.argmax(ends, axis=1))


def test_a_sample_has_the_shares_asked_for():
    q = target.sample([3.0, 1.0], seed=1)
    assert q.shape == (target.POINTS, 2)
    torch.testing.assert_close(q.sum(dim=1), torch.ones(len(q)).double())
    assert float((q[:, 0] > q[:, 1]).double().mean()) == pytest.approx(0.75, abs=0.03)
    assert torch.equal(q, target.sample([3.0, 1.0], seed=1))


@pytest.mark.parametrize("name", ["10 clusters of one size", "10 clusters, each 0.6 of the one before"])
def test_noise_of_batches_equals_numpy_s_own_draws_and_the_law_of_small_disturbances(name):
    q = target.sample(target.SAMPLES[name])
    found = target.noise(q, sizes=(32, 512), batches=100, seed=3)
    rows, rng = q.numpy(), np.random.default_rng(7)
    n, p = len(rows), np.array(naive_p(rows.tolist()))
    for place, b in enumerate((32, 512)):
        off = []
        for _ in range(60):
            chosen = rng.choice(n, b, replace=False)
            part = np.array(naive_p(rows[chosen].tolist()))
            off.append(np.abs(part - p[chosen]).sum(axis=1).mean() / 2)
        assert found.low[place] < np.median(off) < found.high[place]
        assert found.median[place] == pytest.approx(np.median(off), rel=0.12)
    # f of a batch is f (1 + e) with e normal: p changes by p (sum_l p_l e_l - e_j)
    mean = rows.mean(axis=0)
    spread = (1 / 512 - 1 / n) * np.cov(rows.T) / np.outer(mean, mean)
    e = rng.multivariate_normal(np.zeros(len(mean)), spread, size=400)
    change = [np.abs(p * ((p @ one)[:, None] - one)).sum(axis=1).mean() / 2 for one in e]
    assert found.median[1] == pytest.approx(np.median(change), rel=0.12)


@pytest.mark.parametrize("name", target.SAMPLES)
def test_noise_falls_as_the_root_of_the_batch_if_one_counts_that_rows_are_not_drawn_twice(name):
    found = target.noise(target.sample(target.SAMPLES[name]), batches=60)
    b = np.array(target.SIZES)
    by_size, by_rest = target.noise_claims(found)
    slope = np.linalg.lstsq(np.stack([np.log(b), np.ones(len(b))], axis=1), np.log(found.median), rcond=None)[0][0]
    assert found.by_size == pytest.approx(-slope)
    assert found.by_size > 0.5
    assert by_rest.holds
    assert by_rest.residual < by_size.residual
    np.testing.assert_allclose(found.expected, found.median, rtol=0.35)
    np.testing.assert_allclose(found.expected**2 / (1 / b - 1 / target.POINTS), found.expected[0] ** 2 / (1 / 8 - 5e-4))


def test_a_claim_names_the_row_that_is_against_it():
    q = torch.tensor([[0.98, 0.01, 0.01]] * 9 + [[0.8, 0.1, 0.1]])  # dividing by f takes from the large cluster
    claim = next(one for one in target.claims(q) if one.says.startswith("Each row gets surer"))
    assert claim.says.endswith("; row 10 gets less sure")
    assert not claim.holds
