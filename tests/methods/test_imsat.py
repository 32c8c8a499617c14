"""IMSAT: the perturbation, what moves the stored statistics, what each weight does; both perturbations train."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.methods import imsat
from epochscope.methods.base import Size
from epochscope.methods.imsat import ImsatParams, sizes
from epochscope.methods.shared.self_augmented import RPT, VAT, perturbed, radii, terms
from epochscope.nets.device import generator
from epochscope.nets.frozen import frozen
from epochscope.nets.normed import NormedClassifier, normed_classifier, whole_batches
from epochscope.testing import Points
from sklearn.neighbors import NearestNeighbors
from torch import nn

from tests.support.quick_runs import clustering


def network(k: int = 3, f: int = 6) -> NormedClassifier:
    return NormedClassifier([f, 16, 12, k], [1.0, 1.0, 1.0], generator(0))


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_the_network_is_torch_s_own() -> None:
    net, x = network(), torch.randn(30, 6, generator=generator(1))
    theirs = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16, eps=2e-5), nn.ReLU(), nn.Linear(16, 12), nn.BatchNorm1d(12, eps=2e-5),
        nn.ReLU(), nn.Linear(12, 3),
    )  # fmt: skip
    with torch.no_grad():
        for ours, other in zip(net.layers, theirs[::3], strict=True):
            other.weight.copy_(ours.weight)
            other.bias.copy_(ours.bias)
    torch.testing.assert_close(net(x, remember=True), theirs.train()(x))
    torch.testing.assert_close(net.stored(x), theirs.eval()(x))
    assert torch.equal(normed_classifier(frozen(net=net)(), "net")(x), net.stored(x))


def test_a_pass_that_is_not_remembered_leaves_the_statistics_alone() -> None:
    net, x = network(), torch.randn(30, 6, generator=generator(1))
    before = {name: value.clone() for name, value in net.named_buffers()}
    net(x)
    assert all(torch.equal(before[name], value) for name, value in net.named_buffers())
    terms(net, x, torch.ones(30), ImsatParams(), generator(0))
    once = {name: value.clone() for name, value in net.named_buffers()}
    again = network()
    again(x, remember=True)
    assert all(torch.equal(once[name], value) for name, value in again.named_buffers())


def test_lengths_are_shares_of_the_distance_to_the_tenth_neighbor(digits: Points) -> None:
    found = finished(radii(digits.x, 10))
    theirs = NearestNeighbors(n_neighbors=11).fit(digits.x.numpy()).kneighbors(digits.x.numpy())[0][:, 10]
    np.testing.assert_allclose(found.numpy(), theirs, rtol=1e-4)
    few = finished(radii(digits.x[:4], 10))
    assert few.shape == (4,)


@pytest.mark.parametrize("how", [VAT, RPT])
def test_a_perturbation_has_its_length_and_vat_s_alters_more(how: str) -> None:
    net, x = network(), torch.randn(200, 6, generator=generator(1))
    hp, epsilon = ImsatParams(perturbation=how), torch.linspace(0.05, 0.2, 200)
    log_p, u = net(x).log_softmax(dim=1).detach(), torch.randn(200, 6, generator=generator(2))
    r = perturbed(net, x, log_p, epsilon, hp=hp, u=u)
    torch.testing.assert_close(r.norm(dim=1), epsilon)

    def change(r: torch.Tensor) -> float:
        q = net(x + r).log_softmax(dim=1).detach()
        return float((log_p.exp() * (log_p - q)).sum(dim=1).mean())

    random = epsilon[:, None] * nn.functional.normalize(u)
    assert (change(r) > 1.5 * change(random)) == (how == VAT)
    if how == RPT:
        torch.testing.assert_close(r, random)


def test_vat_finds_the_direction_of_a_linear_rule() -> None:
    w = torch.tensor([3.0, 4.0, 0.0])

    def net(x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x @ w, -x @ w], dim=1)

    x = torch.randn(20, 3, generator=generator(0))
    log_p = net(x).log_softmax(dim=1)
    r = perturbed(net, x, log_p, torch.full((20,), 0.1), hp=ImsatParams(), u=torch.randn(20, 3, generator=generator(1)))
    torch.testing.assert_close((r / 0.1 @ w / 5).abs(), torch.ones(20))


def test_equal_sizes_come_from_mu(digits: Points) -> None:
    more = {"cluster__epochs": 8, "cluster__lr": 0.01, "perturbation": RPT}
    with_mu = clustering(digits, imsat, **more)[-1]
    without = clustering(digits, imsat, mu=0.0, **more)[-1]
    assert with_mu.measures["H(Y)"] > 0.8 * np.log(10)
    assert without.measures["H(Y)"] < with_mu.measures["H(Y)"]


@pytest.mark.parametrize("how", [VAT, RPT])
def test_doubt_falls_and_the_pictures_show_the_perturbation(digits: Points, how: str) -> None:
    found = clustering(digits, imsat, cluster__epochs=12, cluster__lr=0.01, perturbation=how)
    assert found[-1].measures["H(Y|X)"] < 0.8 * found[0].measures["H(Y|X)"]
    assert found[0].measures["H(Y|X)"] == pytest.approx(np.log(10), abs=1e-3)
    x, moved, alone = found[-1].extra["perturbed"]
    np.testing.assert_allclose(x, digits.x[:12], atol=1e-5)
    np.testing.assert_allclose(alone - (x.max() + x.min()) / 2, 4 * (moved - x), atol=1e-5)
    assert set(found[1].losses) == {"perturbation R", "conditional entropy H(Y|X)", "marginal entropy H(Y)"}


def test_small_last_batches_join_the_one_before() -> None:
    assert [len(rows) for rows in whole_batches(257, 64, generator(0))] == [64, 64, 64, 65]
    assert [len(rows) for rows in whole_batches(230, 64, generator(0))] == [64, 64, 64, 38]
    assert [len(rows) for rows in whole_batches(5, 64, generator(0))] == [5]
    rows = torch.cat(list(whole_batches(257, 64, generator(0))))
    assert rows.sort().values.tolist() == list(range(257))


def test_recommended_batches_hold_each_cluster() -> None:
    assert [sizes(Size(2000, 64, k))["cluster.batch"] for k in (2, 10, 100)] == [64, 250, 1024]
