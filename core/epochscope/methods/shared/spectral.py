"""Spectral clustering of an affinity matrix, in steps that can be paused, with the run's own random generator."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.alignment import match_clusters
from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.subspaces import normalized_affinity
from epochscope.methods.shared.lloyd import best_of_restarts
from epochscope.nets.training import array
from epochscope.types import Progress


def spectral_labels(
    a: Float[Tensor, "n n"], before: Int[Tensor, " n"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Progress, None, Int[Tensor, " n"]]:
    """Labels by k-means on the leading eigenvectors of a symmetric affinity, with ids matched to those before."""
    yield Progress(1, 2, "eigenvectors")
    rows = leading_rows(normalized_affinity(a), k)
    yield Progress(2, 2, "eigenvectors")
    best = yield from best_of_restarts(rows, k, restarts, rng)
    labels = array(squared_distances(rows, best.centers).argmin(dim=1))
    new_id = match_clusters(previous=array(before), labels=labels, k=k)
    return torch.tensor(new_id[labels], device=a.device)


def leading_rows(a: Float[Tensor, "n n"], k: int) -> Float[Tensor, "n k"]:
    """The eigenvectors of the k largest eigenvalues side by side, each row of length 1   (Ng, Jordan, Weiss 2001)

    Exact; scikit-learn's spectral clustering uses an iteration that fails when k is close to n.
    """
    from scipy.linalg import eigh

    n = len(a)
    vectors = eigh(array(a).astype(np.float64), subset_by_index=[n - k, n - 1])[1]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return torch.tensor(vectors / np.where(length > 0, length, 1), dtype=a.dtype, device=a.device)
