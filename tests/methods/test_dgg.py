"""DGG step by step: who is restored from whose code, where pi comes from, what the published quirks change."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from epochscope.formulas.graph import PairTerms, nearest, pair_terms
from epochscope.methods.dgg import method as dgg
from epochscope.methods.dgg.method import Model, Tuples, bound_terms
from epochscope.methods.dgg.params import FROM_GRAPH, MEAN, PRINTED, DggParams
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams, Unit, mlp
from epochscope.nets.classifier import classifier
from epochscope.nets.device import generator
from epochscope.nets.likelihood import BERNOULLI, GAUSSIAN, Bernoulli
from epochscope.nets.neighbors import CODES, RANDOM, SIAMESE, Graph
from epochscope.nets.variational import Code, Variational, divergence
from epochscope.testing.trial import same
from epochscope.types import EpochscopeError, Progress, Snapshot
from scipy.spatial.distance import jensenshannon
from torch.distributions import Normal, kl_divergence

from tests.support.quick_runs import Points, quick, snapshots, steps

K, D, F, N, J = 3, 2, 6, 14, 4


def joint(points: Points, **more: Any) -> list[Snapshot]:
    found = snapshots(dgg.METHOD, points, quick(dgg.METHOD, **more))
    return [snapshot for snapshot in found if snapshot.phase == "cluster"]


@pytest.fixture(scope="module")
def usual(digits: Points) -> list[Snapshot]:
    return joint(digits)


def small() -> tuple[Model, Tuples, torch.Tensor]:
    """A model in double precision, random tuples, and assignments of all points by the means."""
    rng = generator(0)
    net = Autoencoder(F, AutoencoderParams(widths="8", d=D), rng)
    mu, log_var = torch.randn(K, D, generator=rng), torch.randn(K, D, generator=rng)
    model = Model(net, Variational(net, rng), mlp([D, K], rng), mu, log_var).double()
    x = torch.rand(N, F, generator=rng, dtype=torch.float64)
    index = torch.stack([(torch.arange(J) * 3 + i + 1) % N for i in range(N)])
    w = torch.rand(N, J, generator=rng, dtype=torch.float64).softmax(dim=1)
    return model, Tuples(x, Graph(index, w), Bernoulli(Unit(0.0, 1.0))), model.gamma(model.f1(x).m).detach()


def bound(model: Model, x_i: torch.Tensor, pi: torch.Tensor, *, code: Any, z: torch.Tensor, fed: torch.Tensor) -> float:
    """L(x_i, x_j) number by number: x and pi belong to i; m, log s^2 and z to j."""
    out = model.net.decoder(z).sigmoid()
    total = float((x_i * out.log() + (1 - x_i) * (1 - out).log()).sum())
    gamma = model.f2(fed).softmax(dim=0)
    for k in range(K):
        var = model.log_var[k].exp()
        fit = (model.log_var[k] + code.log_s2.exp() / var + (code.m - model.mu[k]) ** 2 / var).sum()
        total += float(-0.5 * gamma[k] * fit + gamma[k] * (pi[k] / gamma[k]).log())
    return total + float(0.5 * (1 + code.log_s2).sum())


@pytest.mark.parametrize("fed", ["sample z", MEAN])
def test_the_loss_of_a_step_equals_a_naive_double_loop(fed: str) -> None:
    model, tuples, gamma = small()
    rows = torch.tensor([5, 0, 11])
    hp = DggParams().but({"cluster.per_step": 0, "quirks.classifier": fed})
    loss = bound_terms(model, tuples, rows, gamma=gamma.clone(), hp=hp, rng=generator(7))[0].loss()

    x, (index, w), _ = tuples
    met = [[i, *index[i].tolist()] for i in rows.tolist()]
    eps = torch.empty(len(rows) * (1 + J), D, dtype=torch.float64).normal_(generator=generator(7))
    total, draw = 0.0, iter(eps)
    with torch.no_grad():
        for i, column in zip(rows.tolist(), met, strict=True):
            own_and_neighbors = [(0.5, i), *((0.5 * float(w[i, c]), j) for c, j in enumerate(column[1:]))]
            assert [j for _, j in own_and_neighbors] == column
            pi = sum(weight * gamma[j] for weight, j in own_and_neighbors)
            assert float(pi.sum()) == pytest.approx(1)
            for weight, j in own_and_neighbors:
                code = Code(*(t[0] for t in model.f1(x[j : j + 1])))
                z = code.m + (code.log_s2 / 2).exp() * next(draw)
                total -= weight * bound(model, x[i], pi, code=code, z=z, fed=code.m if fed == MEAN else z)
    assert float(loss.detach()) == pytest.approx(total / len(rows))


def test_with_drawn_neighbors_pi_still_takes_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spy(error: torch.Tensor, *cube: torch.Tensor, **more: torch.Tensor) -> PairTerms:
        seen.update(error=error, log_pi=cube[-1], **more)
        return pair_terms(error, *cube, **more)

    monkeypatch.setattr(dgg, "pair_terms", spy)
    model, tuples, gamma = small()
    rows = torch.tensor([5, 0, 11])
    bound_terms(model, tuples, rows, gamma=gamma.clone(), hp=DggParams().but({"cluster.per_step": 2}), rng=generator(7))
    index, w = tuples.graph.j[rows], tuples.graph.w[rows]
    expected = 0.5 * gamma[rows] + 0.5 * torch.stack([w[i] @ gamma[index[i]] for i in range(3)])
    np.testing.assert_allclose(seen["log_pi"].exp(), expected)
    assert seen["error"].shape == (3, 3)  # the point and two draws
    np.testing.assert_allclose(seen["w"], 0.5)


def test_assignments_met_on_the_way_are_renewed_and_others_left() -> None:
    model, tuples, gamma = small()
    stale = torch.full_like(gamma, 1 / K)
    hp = DggParams().but({"cluster.per_step": 0})
    bound_terms(model, tuples, torch.tensor([5]), gamma=stale, hp=hp, rng=generator(7))
    met = torch.zeros(N, dtype=torch.bool)
    met[[5, *tuples.graph.j[5].tolist()]] = True
    np.testing.assert_allclose(stale[met], gamma[met])
    np.testing.assert_allclose(stale[~met], 1 / K)


def test_no_gradient_flows_through_pi() -> None:
    model, tuples, gamma = small()
    hp = DggParams().but({"cluster.per_step": 0, "quirks.classifier": MEAN})
    rows = torch.arange(N)
    terms, _ = bound_terms(model, tuples, rows, gamma=gamma.clone(), hp=hp, rng=generator(7))
    slope = torch.autograd.grad(terms.cluster_given_prior, list(model.f2.parameters()))
    # the same by hand: KL(gamma || pi) with pi held fixed
    log_gamma = model.f2(model.f1(tuples.x).m.detach()).log_softmax(dim=1)
    w = torch.cat([torch.ones(N, 1), tuples.graph.w], dim=1) / 2
    met = torch.cat([rows[:, None], tuples.graph.j], dim=1)
    pi = torch.einsum("nj,njk->nk", w.double(), gamma[met])
    divergence = (log_gamma[met].exp() * (log_gamma[met] - pi[:, None].log())).sum(dim=2)
    for one, other in zip(
        slope, torch.autograd.grad((w * divergence).sum() / N, list(model.f2.parameters())), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_pi_js_and_measures_of_a_snapshot_by_hand(usual: list[Snapshot]) -> None:
    s = usual[-1]
    gamma, index, w = s.q.astype(float), s.extra["neighbors"], s.extra["weights"]
    weighted = disagree = crossing = 0.0
    for i in range(len(gamma)):
        pi = 0.5 * gamma[i] + 0.5 * sum(w[i, c] * gamma[j] for c, j in enumerate(index[i]))
        np.testing.assert_allclose(s.extra["pi"][i], pi, atol=1e-6)
        for c, j in enumerate(index[i]):
            js = jensenshannon(gamma[i], gamma[j]) ** 2
            assert s.extra["neighbor_js"][i, c] == pytest.approx(js, abs=1e-5)
            weighted += w[i, c] * js / len(gamma)
            crossing += (gamma[i].argmax() != gamma[j].argmax()) / index.size
        disagree += (gamma[i].argmax() != s.extra["pi"][i].argmax()) / len(gamma)
    assert s.measures["JS between neighbors"] == pytest.approx(weighted, abs=1e-5)
    assert s.measures["neighbors in another cluster"] == pytest.approx(crossing)
    assert s.measures["points whose prior disagrees"] == pytest.approx(disagree)
    np.testing.assert_allclose(s.extra["mixing"], s.extra["pi"].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(s.extra["pi"].sum(axis=1), 1, atol=1e-5)


def test_labels_come_from_the_classifier_and_losses_are_those_of_the_epoch(usual: list[Snapshot]) -> None:
    assert usual[0].losses == {}
    for s in usual[1:]:
        assert list(s.losses) == ["negative bound", *(name.replace("_", " ") for name in PairTerms._fields)]
        assert s.losses["cluster given prior"] >= 0
    np.testing.assert_array_equal(usual[-1].labels, usual[-1].q.argmax(axis=1))


def test_the_graph_is_the_same_object_at_every_epoch(usual: list[Snapshot]) -> None:
    assert all(s.extra["neighbors"] is usual[0].extra["neighbors"] for s in usual)
    assert all(s.extra["weights"] is usual[0].extra["weights"] for s in usual)


@pytest.mark.parametrize("likelihood", [BERNOULLI, GAUSSIAN])
def test_pictures_are_in_the_unit_of_the_data(digits: Points, likelihood: str) -> None:
    shown = joint(digits, likelihood=likelihood)[-1].extra
    first, nearest = digits.x[:12].numpy(), digits.x.numpy()[shown["neighbors"][:12, 0]]
    np.testing.assert_allclose(shown["reconstructions"][0], first, atol=1e-5)
    np.testing.assert_allclose(shown["cross_reconstructions"][0], first, atol=1e-5)
    np.testing.assert_allclose(shown["cross_reconstructions"][1], nearest, atol=1e-5)
    assert shown["samples"].shape == (10, 6, 64)
    for i, j in enumerate(shown["neighbors"][:12, 0]):
        if j < 12:  # the neighbor's code decoded is the neighbor's own reconstruction
            np.testing.assert_allclose(shown["cross_reconstructions"][2][i], shown["reconstructions"][1][j], atol=1e-4)
    if likelihood == BERNOULLI:
        assert 0 <= shown["samples"].min() <= shown["samples"].max() <= 1


def test_fewer_points_than_pictures(blobs: Points) -> None:
    shown = joint(Points(blobs.x[:9], blobs.truth[:9], 2))[-1].extra
    assert shown["reconstructions"].shape == (2, 9, 8)
    assert shown["cross_reconstructions"].shape == (3, 9, 8)


QUIRKS = {
    "quirks__classifier": MEAN,
    "quirks__second": PRINTED,
    "quirks__prior": PRINTED,
    "classifier__double_softmax": True,
    "graph__choice": RANDOM,
    "reconstruction": 100.0,
    "cluster__per_step": 0,
    "cluster__weight_decay": 0.01,
    "classifier__hidden": 8,
}


@pytest.mark.parametrize("name", QUIRKS)
def test_every_switch_changes_the_run(name: str, digits: Points, usual: list[Snapshot]) -> None:
    assert not same(joint(digits, **{name: QUIRKS[name]}), usual)


def test_the_printed_prior_is_shown_as_it_is_and_a_low_floor_gives_no_nan(digits: Points) -> None:
    pi = joint(digits, quirks__prior=PRINTED)[-1].extra["pi"]
    assert (np.abs(pi.sum(axis=1) - 1) > 0.1).any()
    extreme = joint(digits, quirks__floor=1e-30, cluster__lr=0.05)[-1]
    assert np.isfinite(list(extreme.losses.values())).all()


def test_the_siamese_distance_adds_a_phase(digits: Points) -> None:
    hp = quick(dgg.METHOD, graph__distance=SIAMESE)
    run = steps(dgg.METHOD, digits, hp)
    assert list(hp.plan()) == ["siamese", "pretrain", "cluster"]
    assert list(dict.fromkeys(s.phase for s in run if isinstance(s, Snapshot))) == ["siamese", "pretrain", "cluster"]
    assert isinstance(run[0], Snapshot)
    assert list(dict.fromkeys(t.doing for t in run if isinstance(t, Progress))) == [
        "nearest neighbors",  # for the positive pairs
        "",
        "k-means restarts",
        "classifier on the k-means labels",
    ]
    assert list(quick(dgg.METHOD).plan()) == ["pretrain", "cluster"]
    assert not np.array_equal(run[-1].extra["neighbors"], joint(digits)[-1].extra["neighbors"])


def test_variational_pretraining_lowers_its_bound_and_its_codes_are_clustered(digits: Points) -> None:
    hp = quick(dgg.METHOD, variational__epochs=6, variational__lr=3e-3, likelihood=GAUSSIAN)
    assert list(hp.plan()) == ["pretrain", "variational", "cluster"]
    found = snapshots(dgg.METHOD, digits, hp)
    bounds = [s.losses["negative bound"] for s in found if s.phase == "variational" and s.losses]
    assert len(bounds) == 6
    assert bounds[-1] < bounds[0]
    trained = [s.z for s in found if s.phase == "variational"]
    np.testing.assert_array_equal(trained[-1], next(s.z for s in found if s.phase == "cluster"))
    assert list(quick(dgg.METHOD).plan()) == ["pretrain", "cluster"]


def test_the_divergence_from_the_prior_is_that_of_torch() -> None:
    m, log_s2 = torch.randn(2, 5, 3, generator=generator(0), dtype=torch.float64)
    own = Normal(m, (log_s2 / 2).exp())
    expected = kl_divergence(own, Normal(torch.zeros_like(m), torch.ones_like(m))).sum(dim=1)
    torch.testing.assert_close(divergence(Code(m, log_s2)), expected)


def test_the_papers_batches_are_the_pairs_of_the_scripts() -> None:
    hp = dgg.METHOD.start("as in the paper")
    assert hp.siamese.batch * 2 * hp.siamese.positives == 1000
    assert hp.classifier.batch == 100
    assert "variational" in hp.plan()


def test_first_labels_from_the_graph_and_a_graph_of_the_codes(digits: Points) -> None:
    for more in ({"start": FROM_GRAPH}, {"start": FROM_GRAPH, "graph__distance": CODES}):
        run = steps(dgg.METHOD, digits, quick(dgg.METHOD, **more))
        assert "eigenvectors of the graph" in {t.doing for t in run if isinstance(t, Progress)}
    pretrained = next(s for s in reversed(run) if isinstance(s, Snapshot) and s.phase == "pretrain")
    first = next(s for s in run if isinstance(s, Snapshot) and s.phase == "cluster")
    np.testing.assert_array_equal(first.z, pretrained.z)
    np.testing.assert_array_equal(first.extra["neighbors"], nearest(torch.tensor(first.z), 5).j)


def test_centers_and_spread_begin_as_those_of_the_first_labels(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    taught = {}

    def spy(z: torch.Tensor, labels: torch.Tensor, *rest: Any) -> Any:
        taught.update(z=z, labels=labels)
        return classifier(z, labels, *rest)

    monkeypatch.setattr(dgg, "classifier", spy)
    first = joint(digits, start=FROM_GRAPH)[0]
    for k in range(10):
        members = taught["z"][taught["labels"] == k]
        np.testing.assert_allclose(first.centers[k], members.mean(dim=0), atol=1e-4)
        np.testing.assert_allclose(first.extra["spread"][k], members.std(dim=0).clamp(min=math.exp(-3)), rtol=1e-3)


def test_the_rate_decays_and_can_be_changed_live(digits: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr(dgg, "set_lr", lambda steps, lr: rates.append(lr))
    joint(digits, cluster__lr=0.01, cluster__decay=0.5, cluster__decay_every=2, cluster__epochs=5)
    np.testing.assert_allclose(rates, [0.01, 0.01, 0.005, 0.005, 0.0025])


def test_live_changes_take_hold(digits: Points) -> None:
    assert {"cluster.lr", "cluster.per_step", "reconstruction", "quirks.prior", "quirks.second"} <= set(
        DggParams.live_names()
    )
    hp = quick(dgg.METHOD)
    for change in ({"cluster.per_step": 0}, {"reconstruction": 0.1}, {"quirks.prior": PRINTED}):
        run, found, reply = dgg.METHOD.run(digits.x, digits.k, hp, generator(0)), [], None
        while len(found) < 3:
            step = run.send(reply)
            reply = None
            if isinstance(step, Snapshot) and step.phase == "cluster":
                found.append(step)
                reply = hp.but(change) if len(found) == 1 else None
        plain = joint(digits)
        assert same(found[:1], plain[:1])
        assert not same(found[1:], plain[1:3])


def test_variances_stay_within_their_limits(digits: Points) -> None:
    spread = joint(digits, cluster__lr=1.0, cluster__optimizer="adam", cluster__epochs=2)[-1].extra["spread"]
    assert math.exp(-3) * 0.999 <= spread.min() <= spread.max() <= math.exp(3) * 1.001


def test_too_many_neighbors_is_one_clear_sentence(blobs: Points) -> None:
    with pytest.raises(EpochscopeError, match="at most 9 neighbors"):
        next(dgg.METHOD.run(blobs.x[:10], 2, quick(dgg.METHOD, graph__J=10), generator(0)))
