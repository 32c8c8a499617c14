"""A DGG so small that integrals over its codes can be done: real digits of three classes, codes of two numbers.

Every part is the method's own and is trained by the method's own loss; only the loop around it is this short one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from epochscope.labs.dgg.model.digits import digits
from epochscope.labs.shared.model import to_end
from epochscope.methods.dgg.method import Model, Tuples, bound_terms, initial, prior
from epochscope.methods.dgg.params import MEAN, DggParams
from epochscope.nets.autoencoder import Autoencoder, unit_of
from epochscope.nets.likelihood import Bernoulli, Gaussian, likelihood_of
from epochscope.nets.neighbors import build
from epochscope.nets.pretrain import pretrain
from epochscope.nets.training import batches, descend, optimizer

CLASSES = (3, 5, 9)
_OF_EACH = 40
POINTS = _OF_EACH * len(CLASSES)
J = 8
"""Neighbors of a point."""
_SETTINGS = {
    "net.widths": "48-32",
    "net.d": 2,
    "pretrain.epochs": 40,
    "pretrain.batch": 32,
    "pretrain.lr": 3e-3,
    "graph.J": J,
    "graph.affinity": "Gaussian",
    "classifier.epochs": 20,
    "classifier.batch": 32,
    "cluster.epochs": 40,
    "cluster.batch": 40,
    "cluster.per_step": 0,
    "cluster.lr": 2e-3,
    "quirks.classifier": MEAN,
}


class Tiny(NamedTuple):
    """A trained DGG in float64: what its encoder and classifier say of each point, its graph, mixture and decoder."""

    x: Float[Tensor, "n f"]  # as the network takes it
    images: UInt8[np.ndarray, "n h w"]
    truth: Int[np.ndarray, " n"]
    j: Int[Tensor, "n j"]
    w: Float[Tensor, "n j"]
    m: Float[Tensor, "n 2"]
    log_s2: Float[Tensor, "n 2"]
    log_gamma: Float[Tensor, "n k"]
    log_pi: Float[Tensor, "n k"]
    mu: Float[Tensor, "k 2"]
    log_var: Float[Tensor, "k 2"]
    model: Model
    likelihood: Bernoulli | Gaussian

    def nll(self, z: Float[Tensor, "g 2"], i: int) -> Float[Tensor, " g"]:
        """-ln p(x_i | z) at each z."""
        with torch.no_grad():
            return self.likelihood.nll(self.model.net.decoder(z), self.x[i].expand(len(z), -1))

    def decoded(self, rows: list[int]) -> UInt8[np.ndarray, "r h w"]:
        """What the decoder makes of the codes m of these points."""
        with torch.no_grad():
            shown = self.likelihood.shown(self.model.net.decoder(self.m[rows]))
        return (255 * shown.clamp(0, 1)).byte().numpy().reshape(len(rows), *self.images.shape[1:])


def trained(seed: int = 0) -> Tiny:
    """The whole method on POINTS digits: pretraining, k-means, classifier, then the bound over pairs."""
    data = digits()
    rows = np.concatenate([np.flatnonzero(data.truth == digit)[:_OF_EACH] for digit in CLASSES])
    hp = DggParams().but(_SETTINGS)
    rng = torch.Generator().manual_seed(seed)
    x = data.x[rows]
    unit = unit_of(x, center=hp.net.center)
    likelihood = likelihood_of(hp.likelihood, x, unit)
    x = unit.of(x)
    net = Autoencoder(x.shape[1], hp.net, rng)
    hp = to_end(pretrain(net, x, hp, rng, likelihood.error))
    tuples = Tuples(x, to_end(build(x, hp.graph, rng)), likelihood)
    model = to_end(initial(net, None, x, tuples.graph, k=len(CLASSES), hp=hp, rng=rng))
    _descend(model, tuples, hp, rng)
    return _known(model.double(), tuples, hp, data.images[rows], data.truth[rows])


def _descend(model: Model, tuples: Tuples, hp: DggParams, rng: torch.Generator) -> None:
    steps = optimizer(hp.cluster, model.parameters())
    with torch.no_grad():
        gamma = model.gamma(model.f1.encode(tuples.x).m)
    for _ in range(hp.cluster.epochs):
        for rows in batches(len(tuples.x), hp.cluster.batch, rng):
            descend(steps, bound_terms(model, tuples, rows, gamma=gamma, hp=hp, rng=rng)[0].loss())
            model.keep_within_limits()


def _known(model: Model, tuples: Tuples, hp: DggParams, images: np.ndarray, truth: np.ndarray) -> Tiny:
    x, graph = tuples.x.double(), tuples.graph._replace(w=tuples.graph.w.double())
    graph = graph._replace(w=graph.w / graph.w.sum(dim=1, keepdim=True))  # to 1 in double precision
    with torch.no_grad():
        code = model.f1.encode(x)
        log_gamma = model.f2(code.m).log_softmax(dim=1)
        pi = prior(log_gamma.exp(), torch.arange(len(x)), graph, hp)
    log_pi = pi.clamp(min=hp.quirks.floor).log().log_softmax(dim=1)  # a floor adds a little: back onto the simplex
    mixture = model.mu.detach(), model.log_var.detach()
    return Tiny(x, images, truth, *graph, *code, log_gamma, log_pi, *mixture, model, tuples.likelihood)
