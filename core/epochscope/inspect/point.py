"""One point: the computation of its q, its neighbors, and its clusters over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Integer

from epochscope.formulas.assignment import squared_distances, student_t
from epochscope.text import latex_number

_PART = 4_000_000  # values that are compared at a time
AGREES_WITHIN = 0.02
"""Tolerance between the stored q and one computed from codes, which are stored in half precision."""


class Assignment(NamedTuple):
    """The computation of a row of Q from a code. Without nu there is no kernel."""

    distances: Float[np.ndarray, " k"]  # d_ij = ||z_i - mu_j||^2, squared
    nu: float | None
    kernel: Float[np.ndarray, " k"] | None  # (1 + d_ij / nu)^(-(nu + 1) / 2)
    q: Float[np.ndarray, " k"] | None  # kernel / sum of kernels
    agrees: bool  # whether q equals the stored row


def assignment(
    z: Float[np.ndarray, " d"],
    centers: Float[np.ndarray, "k d"],
    *,
    nu: float | None,
    stored: Float[np.ndarray, " k"] | None,
) -> Assignment:
    """Squared distances, and with nu the Student-t kernel and its q (Xie 2016, eq. 1), in double precision."""
    code, mu = torch.from_numpy(z.astype(np.float64))[None], torch.from_numpy(centers.astype(np.float64))
    d = squared_distances(code, mu)[0].numpy()
    if nu is None:
        return Assignment(d, None, None, None, False)
    q = student_t(code, mu, nu)[0].numpy()
    agrees = stored is not None and bool(np.abs(q - stored.astype(np.float64)).max() <= AGREES_WITHIN)
    return Assignment(d, nu, (1 + d / nu) ** (-(nu + 1) / 2), q, agrees)


def value_at(params: Mapping[str, Any], param_changes: Sequence[Mapping[str, Any]], name: str, epoch: int) -> Any:
    """The value of a parameter at an epoch, with the changes before it; None if there is no such parameter."""
    moved = [change["new"] for change in param_changes if change["name"] == name and change["epoch"] < epoch]
    return moved[-1] if moved else params.get(name)


def formula(found: Assignment, i: int, j: int) -> str:
    """The q of point i and cluster j as LaTeX, with the numbers filled in."""
    assert found.kernel is not None, "there is a formula only where there is a kernel"
    assert found.q is not None
    nu, d = latex_number(found.nu or 0.0), latex_number(found.distances[j])
    power = rf"^{{-\frac{{{nu}+1}}{{2}}}}"
    total, own = latex_number(found.kernel.sum()), latex_number(found.kernel[j])
    lines = (
        rf"q_{{{i},{j}}} &= \frac{{(1 + d_{{{i},{j}}}/\nu)^{{-\frac{{\nu+1}}{{2}}}}}}"
        rf"{{\sum_l (1 + d_{{{i},l}}/\nu)^{{-\frac{{\nu+1}}{{2}}}}}}",
        rf"&= \frac{{(1 + {d}/{nu}){power}}}{{{total}}}",
        rf"&= \frac{{{own}}}{{{total}}} = {latex_number(found.q[j])}",
    )
    return r"\begin{aligned} " + r" \\[4pt] ".join(lines) + r" \end{aligned}"


class Neighbors(NamedTuple):
    """Indices of rows, nearest first, with their distances."""

    places: list[int]
    distances: list[float]


def nearest(
    rows: Float[np.ndarray, "n f"], place: int, most: int, index: Integer[np.ndarray, " m"] | None = None
) -> Neighbors:
    """The `most` rows nearest to a row by Euclidean distance, without itself.

    `index`: only these rows count, in this order; `place` and the places found are then those among them.
    """
    m = len(rows) if index is None else len(index)
    far, step = np.empty(m, np.float32), max(1, _PART // max(1, rows.shape[1]))
    own = rows[place if index is None else index[place]].astype(np.float32)
    for start in range(0, m, step):  # never all rows in full width at once
        some = rows[start : start + step] if index is None else rows[index[start : start + step]]
        # differences to the row itself lose less precision than ||a||^2 - 2 a.b + ||b||^2
        gap = some.astype(np.float32, copy=False) - own
        far[start : start + step] = np.einsum("mf,mf->m", gap, gap)
    far[place] = np.inf
    far = np.where(np.isnan(far), np.inf, far)
    most = min(most, len(far) - 1)
    if most <= 0:
        return Neighbors([], [])
    near = np.argpartition(far, most - 1)[:most]
    near = near[np.lexsort((near, far[near]))]
    near = near[np.isfinite(far[near])]
    return Neighbors(near.tolist(), np.sqrt(far[near].astype(np.float64)).tolist())


class Stay(NamedTuple):
    """A period of a point in one cluster, from `first` to `last` epoch inclusive."""

    cluster: int
    first: int
    last: int


def stays(clusters: Sequence[int | None]) -> list[Stay]:
    """The periods of a point in clusters, from its cluster at each epoch (None where there are no clusters)."""
    periods: list[Stay] = []
    for epoch, cluster in enumerate(clusters):
        if cluster is None:
            continue
        if periods and periods[-1].cluster == cluster:
            periods[-1] = periods[-1]._replace(last=epoch)
        else:
            periods.append(Stay(cluster, epoch, epoch))
    return periods


def restored(
    x: Float[np.ndarray, " f"], reconstructions: Float[np.ndarray, "two r f"] | None
) -> Float[np.ndarray, " f"] | None:
    """The reconstruction of this point, if the run stores it; else None."""
    if reconstructions is None or reconstructions.shape[-1] != len(x):
        return None
    originals = reconstructions[0].astype(np.float64)
    gap = np.abs(originals - x).max(axis=1)
    row = int(gap.argmin())
    same = gap[row] <= 2e-3 * max(1.0, float(np.abs(x).max()))  # half precision
    return reconstructions[1][row] if same else None


class Feature(NamedTuple):
    """One feature of a point compared with the data."""

    name: str
    value: float
    usual: float  # mean over the data
    apart: float  # standard deviations from it


def features(x: Float[np.ndarray, "n f"], i: int, names: Sequence[str], most: int = 8) -> list[Feature]:
    """The features in which a point differs most from the mean, in standard deviations of the data."""
    sample = x[:: max(1, len(x) // 2000)].astype(np.float64)
    mean, deviation = sample.mean(axis=0), sample.std(axis=0)
    own = x[i].astype(np.float64)
    apart = np.divide(own - mean, deviation, out=np.zeros_like(own), where=deviation > 1e-12)
    order = [int(f) for f in np.argsort(-np.abs(apart), kind="stable")[:most]]
    return [
        Feature(names[f] if f < len(names) else f"feature {f}", float(own[f]), float(mean[f]), float(apart[f]))
        for f in order
    ]
