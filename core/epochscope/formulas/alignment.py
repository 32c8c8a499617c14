"""Keeping pictures of successive epochs comparable: cluster ids that stay, frames that do not spin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer
from scipy.optimize import linear_sum_assignment


def match_clusters(
    *, previous: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], k: int
) -> Int[np.ndarray, " k"]:
    """Renaming of this epoch's clusters under which most points keep their id: `shown = permutation[labels]`.

    argmax over permutations m of #{i : m(labels_i) = previous_i}                       (Kuhn 1955)
    Columns follow by `q[:, np.argsort(permutation)]`. Where ids tie, e.g. those of empty clusters, each keeps its own.
    """
    overlap = np.bincount(labels.astype(np.int64) * k + previous, minlength=k * k).reshape(k, k)
    # points count k + 1 each, so that all k bonuses for staying together never outweigh one point
    return linear_sum_assignment(overlap * (k + 1) + np.eye(k, dtype=np.int64), maximize=True)[1]


class Aligned(NamedTuple):
    """Points after the rigid motion `points @ rotation + shift`, and the motion itself."""

    points: Float[np.ndarray, "m c"]
    rotation: Float[np.ndarray, "c c"]  # orthogonal; det = -1 where it mirrors
    shift: Float[np.ndarray, " c"]


def procrustes(*, points: Float[np.ndarray, "m c"], reference: Float[np.ndarray, "m c"]) -> Aligned:
    """The points turned, mirrored and shifted onto the reference, row by row.

    argmin over orthogonal R and s of ||points R + s - reference||_F                    (Schoenemann 1966)
    R = U V^T of the SVD of points^T reference, both centered.
    Never scaled: a cloud that shrinks or grows over the epochs is news and must be seen.
    """
    middle, goal = points.mean(axis=0), reference.mean(axis=0)
    u, _, vt = np.linalg.svd((points - middle).T @ (reference - goal))
    rotation = u @ vt
    return Aligned((points - middle) @ rotation + goal, rotation, goal - middle @ rotation)
