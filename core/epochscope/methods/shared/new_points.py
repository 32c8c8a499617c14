"""How trained clusters take in points that they never saw: the rules that several methods share.

Each is a pure function of the points and of what the method froze (epochscope.nets.frozen). On the points of the
training it gives the very labels of that epoch.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from epochscope.formulas.assignment import squared_distances, student_t
from epochscope.formulas.mixture import log_normal, log_responsibilities
from epochscope.methods.base import Assigned
from epochscope.nets.frozen import Weights, encoded


def nearest_center(z: Float[Tensor, "n d"], weights: Weights) -> Assigned:
    """Each code to the nearest of `centers`."""
    nearest = squared_distances(z, weights["centers"]).min(dim=1)
    return Assigned(z, labels=nearest.indices, fit=-nearest.values)


def nearest_center_of_code(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """As `nearest_center`, for the code of each point."""
    return nearest_center(encoded(x, weights), weights)


def student_t_of_code(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """Q of DEC and its descendants: the Student-t kernel with `nu` between codes and `centers`."""
    z = encoded(x, weights)
    return Assigned(z, student_t(z, weights["centers"], float(weights["nu"])))


def posterior(z: Float[Tensor, "n d"], weights: Weights) -> Assigned:
    """The E step of EM: p(k|z) under `mixture`, whose means are given about `origin`."""
    joint = weights["mixture.log_pi"] + log_normal(
        z - weights["origin"], weights["mixture.mu"], weights["mixture.log_var"]
    )
    return Assigned(z, joint.softmax(dim=1), fit=joint.logsumexp(dim=1))


def posterior_of_code(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """As `posterior`, for the code of each point."""
    return posterior(encoded(x, weights), weights)


def responsibilities_of_code(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """p(k|z) of the code, or of its mean where it has a distribution, under `mixture`."""
    z = encoded(x, weights)
    log_q = log_responsibilities(z, *(weights[f"mixture.{name}"] for name in ("log_pi", "mu", "log_var")))
    return Assigned(z, log_q.exp())


def head_or_groups_of_code(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """By the first numbers of the code where it has a `head` of so many clusters, else by `centers` or `mixture`."""
    z = encoded(x, weights)
    if "head" in weights:
        k = int(weights["head"])
        y = z[:, :k].softmax(dim=1)
        return Assigned(torch.cat([y, z[:, k:]], dim=1), y)
    if "centers" not in weights:
        return posterior(z, weights)
    nearest = nearest_center(z, weights)
    assert nearest.labels is not None
    return nearest._replace(q=torch.nn.functional.one_hot(nearest.labels, len(weights["centers"])).to(z.dtype))


def code_alone(x: Float[Tensor, "n f"], weights: Weights) -> Assigned:
    """The code of each point; no cluster."""
    return Assigned(encoded(x, weights))
