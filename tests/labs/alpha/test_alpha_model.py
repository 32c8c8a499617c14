"""The lab on soft k-means: against loops, differences, numpy's float32 and scipy's linear programs."""

import math

import numpy as np
import pytest
import torch
from epochscope.labs.alpha import model as lab

THREE = lab.PRESETS["three groups"]
FAR = lab.PRESETS["a point far from all centers"]


def naive(x, u, sharp, logits=None):
    """Rows (d, w) number by number; with `logits` W comes from them."""
    rows = []
    for i, point in enumerate(x):
        d = [sum((a - b) ** 2 for a, b in zip(point, center, strict=True)) for center in u]
        e = [math.exp(-sharp * (one - min(d))) for one in d] if logits is None else [math.exp(a) for a in logits[i]]
        rows.append((d, [one / sum(e) for one in e]))
    return rows


def naive_loss(x, u, sharp, logits=None):
    return sum(a * b for d, w in naive(x, u, sharp, logits) for a, b in zip(d, w, strict=True)) / len(x)


def naive_free(x, u, sharp, logits=None):
    entropy = sum(-b * math.log(b) for _, w in naive(x, u, sharp, logits) for b in w if b > 0) / len(x)
    return naive_loss(x, u, sharp, logits) - entropy / sharp


def differences(loss, at):
    at, h = np.array(at, dtype=float), 1e-6
    slope = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += h
        down[place] -= h
        slope[place] = (loss(up.tolist()) - loss(down.tolist())) / (2 * h)
    return slope


def held(place, sharp, descent=lab.THROUGH):
    return [claim.holds for claim in lab.claims(place, sharp, descent, lab.broken(place.x, place.u, sharp))]


@pytest.mark.parametrize("sharp", [0.1, 0.5, 3.0])
def test_each_descent_goes_down_the_slope_of_what_is_written_down(sharp):
    x, u, _ = THREE
    flat = x.tolist()
    whole = differences(lambda at: naive_loss(flat, at, sharp), u.tolist())
    free = differences(lambda at: naive_free(flat, at, sharp), u.tolist())
    for descent, slope in ((lab.THROUGH, whole), (lab.STOPPED, free), (lab.FREE, free)):
        np.testing.assert_allclose(lab.descend(THREE, sharp, 0.01, descent).u, u.numpy() - 0.01 * slope, atol=1e-9)
    assert np.abs(whole - free).max() > 0.01


@pytest.mark.parametrize(("descent", "loss"), [(lab.FREE_W, naive_loss), (lab.FREE_W_ENTROPY, naive_free)])
def test_a_free_w_and_the_centers_go_down_one_loss_together(descent, loss):
    logits = torch.randn(THREE.a.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    place = THREE._replace(a=logits)
    x, u = place.x.tolist(), place.u.tolist()
    by_u = differences(lambda at: loss(x, at, 0.7, logits.tolist()), u)
    by_a = differences(lambda at: loss(x, u, 0.7, at), logits.tolist())
    after = lab.descend(place, 0.7, 0.01, descent, faster=10.0)
    np.testing.assert_allclose(after.u, np.array(u) - 0.01 * by_u, atol=1e-9)
    np.testing.assert_allclose(after.a, logits.numpy() - 0.1 * by_a, atol=1e-9)


def test_a_free_w_that_is_slow_collapses_and_one_that_is_fast_does_not():
    slow = fast = soft = THREE
    for _ in range(200):
        slow = lab.descend(slow, 0.5, 0.3, lab.FREE_W, 0.01)
        fast = lab.descend(fast, 0.5, 0.3, lab.FREE_W, 100.0)
        soft = lab.descend(soft, 0.5, 0.3, lab.FREE_W_ENTROPY, 100.0)
    mean = THREE.x.mean(dim=0)
    assert (slow.u - mean).abs().max() < 1e-2
    assert held(slow, 0.5, lab.FREE_W)[3]
    assert not held(fast, 0.5, lab.FREE_W)[3]
    assert len(lab.w_of(fast, 0.5, lab.FREE_W).argmax(dim=1).unique()) == 3
    assert lab.w_of(fast, 0.5, lab.FREE_W).amax(dim=1).min() > 0.95
    # with entropy W ends at softmax(-alpha d), by its own way
    expected = [w for _, w in naive(soft.x.tolist(), soft.u.tolist(), 0.5)]
    np.testing.assert_allclose(lab.w_of(soft, 0.5, lab.FREE_W_ENTROPY), expected, atol=0.02)


@pytest.mark.parametrize("sharp", [0.3, 2.0])
def test_a_point_in_the_painted_part_pushes_the_center_away(sharp):
    _, u, _ = THREE
    at = 4 * torch.rand(60, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64) - 2
    for k in range(3):
        weight, bracket = lab.push(at, u, sharp, k)
        for point, w, b in zip(at.tolist(), weight.tolist(), bracket.tolist(), strict=True):
            slope = differences(lambda moved, point=point: naive_loss([point], moved, sharp), u.tolist())[k]
            np.testing.assert_allclose(slope, 2 * w * b * (u[k].numpy() - np.array(point)), atol=1e-7)


@pytest.mark.parametrize("name", lab.PRESETS)
@pytest.mark.parametrize("sharp", [1.0, 5.0, 50.0])
def test_float32_breaks_where_the_distances_say(name, sharp):
    x, u, _ = lab.PRESETS[name]
    found = lab.broken(x, u, sharp)
    d = ((x.numpy()[:, None] - u.numpy()) ** 2).sum(axis=2).astype(np.float32)
    with np.errstate(invalid="ignore", under="ignore"):
        lost = (np.exp(-np.float32(sharp) * d).sum(axis=1) == 0).tolist()
        assert found.lost.tolist() == lost
        assert (found.exponents > found.limit).tolist() == lost
        below, above = (np.exp(-np.float32(found.measured * (1 + by)) * d).sum(axis=1) for by in (-1e-5, 1e-5))
    assert (below > 0).all()
    assert (above == 0).any()
    assert above[found.point] == 0
    assert found.predicted == pytest.approx(found.measured, rel=1e-6)


def test_the_far_point_is_the_first_to_be_lost():
    found = lab.broken(FAR.x, FAR.u, 5.0)
    assert found.point == len(FAR.x) - 1
    assert found.lost.tolist() == [False] * (len(FAR.x) - 1) + [True]


def test_curves_go_from_the_mean_of_all_distances_to_k_means():
    x, u, _ = THREE
    swept = lab.sweep(x, u)
    for place in (0, 20, 35, 50):
        sharp = float(swept.alphas[place])
        assert float(swept.loss[place]) == pytest.approx(naive_loss(x.tolist(), u.tolist(), sharp))
        assert float(swept.free[place]) == pytest.approx(naive_free(x.tolist(), u.tolist(), sharp))
    d = ((x.numpy()[:, None] - u.numpy()) ** 2).sum(axis=2)
    assert float(swept.loss[0]) == pytest.approx(d.mean(), rel=0.03)
    assert float(swept.loss[-1]) == pytest.approx(d.min(axis=1).mean()) == pytest.approx(swept.least)
    gap = swept.least - swept.free
    assert (gap > -1e-12).all()
    assert (gap <= math.log(3) / swept.alphas + 1e-12).all()


@pytest.mark.parametrize("name", lab.PRESETS)
@pytest.mark.parametrize("sharp", [0.01, 0.5, 1000.0])
def test_what_is_true_holds_and_what_is_wrong_does_not(name, sharp):
    hard = sharp == 1000.0
    assert held(lab.PRESETS[name], sharp) == [True, True, True, hard, True, True, True, hard]


def test_at_every_alpha_of_the_slider_claims_are_numbers():
    for sharp in lab.ALPHAS:
        found = lab.claims(FAR, sharp, lab.THROUGH, lab.broken(FAR.x, FAR.u, sharp))
        assert [claim.holds for claim in found][:3] == [True] * 3
        assert all(math.isfinite(claim.residual) for claim in found)


def test_a_wrong_rule_of_repulsion_is_found_out(monkeypatch):
    monkeypatch.setattr(lab, "repelled", lambda d, w, alpha: d > (w * d).sum(dim=1, keepdim=True))
    assert held(THREE, 0.5)[2] is False


@pytest.mark.parametrize("descent", lab.FREE_WS)
def test_claims_of_a_free_w_speak_of_it(descent):
    assert held(THREE, 0.5, descent) == [True, True, True, False, True, True, True, False]
    merged = THREE._replace(u=THREE.x.mean(dim=0).expand(3, 2).clone())
    assert held(merged, 0.5, descent)[:4] == [True, True, True, True]
    sure = THREE._replace(a=-1e4 * (THREE.x[:, None] - THREE.u).square().sum(dim=2))
    assert held(sure, 0.5, descent)[7]


def test_a_wrong_gradient_by_the_logits_is_found_out(monkeypatch):
    monkeypatch.setattr(lab, "logit_gradient", lambda d, a, alpha: a.softmax(dim=1) * d)
    assert held(THREE, 0.5, lab.FREE_W)[:2] == [True, False]


@pytest.mark.parametrize("descent", [lab.THROUGH, lab.FREE])
def test_claims_hold_where_a_descent_has_ended_and_gradients_are_nothing_but_rounding(descent):
    place = THREE
    for _ in range(300):
        place = lab.descend(place, 1.0, 0.5, descent)
    assert lab.slopes(place, 1.0, descent)[0].abs().max() < 1e-9
    assert held(place, 1.0, descent)[:3] == [True, True, True]


def test_paint_is_the_mean_over_small_squares_of_what_a_point_there_does():
    found = lab.painted(THREE.u, 20.0, 1, (-4.0, 4.0, -2.0, 2.0), g=4, fine=2)
    across, up = np.linspace(-4, 4, 8), np.linspace(-2, 2, 8)
    np.testing.assert_allclose(found.x, across.reshape(4, 2).mean(axis=1))
    np.testing.assert_allclose(found.y, up.reshape(4, 2).mean(axis=1))
    for row, column in ((0, 0), (1, 3), (3, 2)):
        at = [[a, b] for b in up[2 * row : 2 * row + 2] for a in across[2 * column : 2 * column + 2]]
        parts = []
        for d, w in naive(at, THREE.u.tolist(), 20.0):
            parts.append((w[1], 1 - 20.0 * (d[1] - sum(a * b for a, b in zip(d, w, strict=True)))))
        assert float(found.force[row, column]) == pytest.approx(np.mean([w * b for w, b in parts]))
        assert float(found.bracket[row, column]) == pytest.approx(np.mean([b for _, b in parts]))
