"""Alignment of successive epochs: cluster ids by matching, projection frames by Procrustes rotation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Integer

from epochscope.formulas.matching import best_matching


def match_clusters(
    *, previous: Integer[np.ndarray, " n"], labels: Integer[np.ndarray, " n"], k: int
) -> Int[np.ndarray, " k"]:
    """Relabeling of this epoch's clusters under which most points keep their id: `relabeled = permutation[labels]`.

    argmax over permutations m of #{i : m(labels_i) = previous_i}                       (Kuhn 1955)
    Columns are reordered by `q[:, np.argsort(permutation)]`. In a tie, e.g. of empty clusters, ids stay as they are.
    """
    overlap = np.bincount(labels.astype(np.int64) * k + previous, minlength=k * k).reshape(k, k)
    # each point counts k + 1, so that the tie-breaking bonuses of all k clusters never outweigh one point
    return best_matching(overlap * (k + 1) + np.eye(k, dtype=np.int64))


class Aligned(NamedTuple):
    """Aligned points, `points @ rotation + shift`, with that rotation and shift."""

    points: Float[np.ndarray, "m c"]
    rotation: Float[np.ndarray, "c c"]  # orthogonal; det = -1 if it includes a reflection
    shift: Float[np.ndarray, " c"]


def procrustes(*, points: Float[np.ndarray, "m c"], reference: Float[np.ndarray, "m c"]) -> Aligned:
    """The points rotated, reflected and shifted onto the reference, row by row.

    argmin over orthogonal R and s of ||points R + s - reference||_F                    (Schoenemann 1966)
    R = U V^T of the SVD of points^T reference, both centered.
    Without scaling, so that a cloud that shrinks or grows over the epochs is seen to do so.
    """
    middle, goal = points.mean(axis=0), reference.mean(axis=0)
    u, _, vt = np.linalg.svd((points - middle).T @ (reference - goal))
    rotation = u @ vt
    return Aligned((points - middle) @ rotation + goal, rotation, goal - middle @ rotation)
