"""Annealing schedule of the sharpness alpha."""

from __future__ import annotations

import math


def annealed_alphas(count: int, first: float = 0.1) -> list[float]:
    """The `count` increasing values of alpha of deep k-means; the factor between two falls from 4.2 toward 1.

    alpha_1 = 0.1,   alpha_m = alpha_{m-1} 2^(1 / (ln m)^2)                             (Moradi Fard 2018)
    """
    alphas = [first]
    for m in range(2, count + 1):
        alphas.append(alphas[-1] * 2 ** (1 / math.log(m) ** 2))
    return alphas
