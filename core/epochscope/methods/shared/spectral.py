"""Spectral clustering of an affinity, in steps that can be paused, from the run's own randomness."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.alignment import match_clusters
from epochscope.formulas.assignment import squared_distances
from epochscope.formulas.subspaces import normalized_affinity
from epochscope.methods.shared.leaves import best_of_restarts
from epochscope.nets.training import array
from epochscope.types import Tick


def spectral_labels(
    a: Float[Tensor, "n n"], before: Int[Tensor, " n"], k: int, restarts: int, rng: torch.Generator
) -> Generator[Tick, None, Int[Tensor, " n"]]:
    """k-means on the leading eigenvectors of a symmetric affinity; ids are those before, as far as possible."""
    yield Tick(1, 2, "eigenvectors")
    rows = leading_rows(normalized_affinity(a), k)
    yield Tick(2, 2, "eigenvectors")
    best = yield from best_of_restarts(rows, k, restarts, rng)
    labels = array(squared_distances(rows, best.centers).argmin(dim=1))
    new_id = match_clusters(previous=array(before), labels=labels, k=k)
    return torch.tensor(new_id[labels], device=a.device)


def leading_rows(a: Float[Tensor, "n n"], k: int) -> Float[Tensor, "n k"]:
    """The eigenvectors of the k largest eigenvalues side by side, each row of length 1   (Ng, Jordan, Weiss 2002)

    scikit-learn's own clustering finds them by an iteration that fails where k comes near n; this is exact.
    """
    from scipy.linalg import eigh

    n = len(a)
    vectors = eigh(array(a).astype(np.float64), subset_by_index=[n - k, n - 1])[1]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return torch.tensor(vectors / np.where(length > 0, length, 1), dtype=a.dtype, device=a.device)
