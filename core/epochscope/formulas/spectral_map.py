"""Spectral clustering as a map that a network can learn: affinity, orthonormal outputs, the loss and its least value.

Letters of Shaham 2018: W affinity, D its row sums, y_i the output for point i, m points. L = D - W, not normalized.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix, diags_array
from scipy.sparse.linalg import eigsh
from torch import Tensor

from epochscope.formulas.graph import nearest

_RIDGE = 1e-8  # share of the mean square of an output, added so that outputs that depend on each other have a factor


def batch_affinity(h: Float[Tensor, "m d"], j: int, scale: float) -> Float[Tensor, "m m"]:
    """W = (A + A^T) / 2 with A_il = exp(-|h_i - h_l|^2 / (2 scale^2)) for the j nearest l of i among these points."""
    found = nearest(h, j)
    a = torch.zeros(len(h), len(h), dtype=h.dtype, device=h.device)
    a.scatter_(1, found.j, (-found.d / (2 * scale**2)).exp())
    return (a + a.T) / 2


def sparse_affinity(index: Int[np.ndarray, "n j"], d: Float[np.ndarray, "n j"], scale: float) -> csr_matrix:
    """The same over all points, from their neighbors and squared distances."""
    n, j = index.shape
    a = np.exp(-d.astype(np.float64) / (2 * scale**2))
    A = csr_matrix((a.ravel(), index.ravel(), np.arange(0, n * j + 1, j)), shape=(n, n))
    return csr_matrix((A + A.T) / 2)


def turn_of(y: Float[Tensor, "m k"]) -> Float[Tensor, "k k"]:
    """The matrix T for which the rows of y T are orthonormal outputs: (y T)^T (y T) = m I.

    T = sqrt(m) (C^-1)^T with y^T y + ridge = C C^T (Cholesky), in double precision.
    """
    m, k = y.shape
    square = y.double().T @ y.double()
    ridge = _RIDGE * square.diagonal().mean().clamp(min=torch.finfo(y.dtype).tiny)
    eye = torch.eye(k, dtype=torch.float64, device=y.device)
    C = torch.linalg.cholesky(square + ridge * eye)
    return (m**0.5 * torch.linalg.solve_triangular(C, eye, upper=False).T).to(y.dtype)


def spectral_loss(W: Float[Tensor, "m m"], y: Float[Tensor, "m k"]) -> Float[Tensor, ""]:
    """1/(2m) sum_il W_il |y_i - y_l|^2 = 1/m trace(y^T (D - W) y)."""
    return ((W.sum(dim=1)[:, None] * y.square()).sum() - (y * (W @ y)).sum()) / len(y)


def laplacian(W: csr_matrix) -> csr_matrix:
    """L = D - W."""
    return csr_matrix(diags_array(np.asarray(W.sum(axis=1)).ravel()) - W)


def reached(L: csr_matrix, y: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " k"]:
    """Eigenvalues of y^T L y / n, smallest first. With orthonormal outputs each is at least that of L in its place.

    Their sum is the loss over all points.
    """
    y = y.astype(np.float64)
    return np.linalg.eigvalsh(y.T @ (L @ y) / len(y))


def smallest(L: csr_matrix, k: int) -> Float[np.ndarray, " k"]:
    """The k smallest eigenvalues of L: what no output can go below."""
    n = L.shape[0]
    if n <= 500 or k >= n - 1:
        return np.linalg.eigvalsh(L.toarray())[:k]
    top = 2 * float(L.diagonal().max())  # above the largest eigenvalue, which the row sums of |L| bound
    flipped = csr_matrix(diags_array(np.full(n, top)) - L)
    start = np.random.default_rng(0).standard_normal(n)
    found = eigsh(flipped, k, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)
    return np.sort(top - found)
