"""What the numbers of a table are like, without a look at any label: what `recognize` decides by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.fft import irfft, rfft
from scipy.sparse import issparse

from epochscope.data.own.genes import gene_names

ROWS, VALUES = 2_000, 4_000_000
"""Of larger tables so many rows are drawn, and fewer where they have many features; the ranges are those of all."""

_LEAST_ROWS = 50
_WORD = re.compile(r"[^\W\d_]{2,}(['’-][^\W\d_]+)*")
_PIXEL = re.compile(r"(pixel|px|pix)[ _.-]?\d+|\d{1,3}x\d{1,3}|(row|r)\d+[ _.-]?(col|c)\d+", re.IGNORECASE)


class Grid(NamedTuple):
    """How far neighboring features are alike: mean correlations of two features that vary."""

    any: float  # of any two
    next: float  # of two that stand beside each other
    width: int  # features apart that are alike again, as pixels one above the other are; 0: there is no such width


class Traits(NamedTuple):
    """Numbers of a sample of the rows. Features that never change do not count where features are described."""

    rows: int  # looked at
    f: int  # features, all of them
    low: float  # of all values
    high: float
    whole: bool  # whole numbers, but for one in a hundred (a missing value that became the mean of its column)
    zeros: float  # share of zeros
    zeros_usual: float  # share of zeros in the median feature
    sum: float  # median sum of a row
    sum_varies: float  # standard deviation / mean of the row sums
    sum_bound: float  # standard deviation of the row sums / what it were if the features were independent
    length_varies: float  # standard deviation / mean of the lengths of the rows
    length_bound: float  # as of the sums, of the squared lengths
    nonzero: float  # mean of the values that are not 0
    least: float  # share of a row's sum that all but one in a hundred of those exceed
    reach: float  # share of the features that reach both ends of the range of all, but for a tenth of it
    near_range: bool  # most features reach a third of the largest value
    spread: float  # 90th / 10th percentile of the features' standard deviations
    standard: bool  # nearly every feature has mean 0 and standard deviation 1
    components: bool  # uncorrelated features of mean 0 whose spread falls: principal components
    capped: bool  # many features hold only 0 and 1 and too often 1 to be counts
    logs: bool  # logarithms of counts: without the logarithm every row has one sum
    grid: Grid
    words: bool  # nearly all features are called by words in small letters
    genes: bool  # the features are called like genes
    pixels: bool  # the features are called like pixels


def traits_of(x: Any, names: Sequence[str] = ()) -> Traits:
    """The traits of n x f finite numbers, dense or a csr_matrix, which stays sparse but for the drawn rows."""
    n, f = x.shape
    rows = min(n, ROWS, max(_LEAST_ROWS, VALUES // f))
    drawn = np.sort(np.random.default_rng(0).choice(n, rows, replace=False)) if rows < n else slice(None)
    lows, highs = (_dense(getattr(x, what)(axis=0)).ravel().astype(np.float64) for what in ("min", "max"))
    some = _dense(x[drawn]).astype(np.float64)
    std = some.std(axis=0)
    vary = std > 1e-7 * np.abs(some).max(axis=0, initial=0)
    vary = vary if vary.any() else np.ones(f, bool)
    sums, lengths = some.sum(axis=1), np.linalg.norm(some, axis=1)
    z = np.where(vary, (some - some.mean(axis=0)) / np.where(vary & (std > 0), std, 1), 0)
    low, high = float(lows.min()), float(highs.max())
    present = some[some != 0]
    return Traits(
        rows=rows,
        f=f,
        low=low,
        high=high,
        whole=bool((some % 1 == 0).mean() >= 0.99 and (present % 1 == 0).mean() >= 0.99) if len(present) else True,
        zeros=float((some == 0).mean()),
        zeros_usual=float(np.median((some[:, vary] == 0).mean(axis=0))),
        sum=float(np.median(sums)),
        sum_varies=_varies(sums),
        sum_bound=_bound(some),
        length_varies=_varies(lengths),
        length_bound=_bound(some**2),
        nonzero=float(present.mean()) if len(present) else 0.0,
        least=_least_share(some, sums),
        reach=_reach(lows[vary], highs[vary], low, high),
        near_range=bool(np.median(highs[vary]) >= high / 3),
        spread=float(np.percentile(std[vary], 90) / max(np.percentile(std[vary], 10), 1e-12)),
        standard=_standard(some.mean(axis=0)[vary], std[vary]),
        components=_components(some[:, vary], z[:, vary], std[vary]),
        capped=_capped(some[:, vary]),
        logs=low >= 0 and high < 40 and _logs(some),
        grid=_grid(z, vary),
        words=_share(_WORD, [name for name in names if name == name.lower()], len(names)) >= 0.7,
        genes=gene_names(names),
        pixels=_share(_PIXEL, names, len(names)) >= 0.9,
    )


def _dense(part: Any) -> np.ndarray:
    return part.toarray() if issparse(part) else np.asarray(part)


def _varies(numbers: Float[np.ndarray, " n"]) -> float:
    middle = abs(float(numbers.mean()))
    return float(numbers.std()) / middle if middle > 1e-12 else float("inf")


def _bound(some: Float[np.ndarray, "n f"]) -> float:
    """Near 0 where the features make up for each other, and not where one that hardly changes outweighs the others."""
    alone = float(some.var(axis=0).sum()) ** 0.5
    return float(some.sum(axis=1).std()) / alone if alone > 0 else 1.0


def _least_share(some: Float[np.ndarray, "n f"], sums: Float[np.ndarray, " n"]) -> float:
    if (sums <= 0).any():
        return 0.0
    shares = (some / sums[:, None])[some > 0]
    return float(np.percentile(shares, 1)) if len(shares) else 0.0


def _share(pattern: re.Pattern[str], names: Sequence[str], of: int) -> float:
    return sum(bool(pattern.fullmatch(name)) for name in names) / of if of else 0.0


def _reach(lows: Float[np.ndarray, " f"], highs: Float[np.ndarray, " f"], low: float, high: float) -> float:
    near = 0.1 * (high - low)
    return float(((lows <= low + near) & (highs >= high - near)).mean())


def _standard(mean: Float[np.ndarray, " f"], std: Float[np.ndarray, " f"]) -> bool:
    return bool(np.percentile(np.abs(mean), 90) < 0.1 and np.percentile(np.abs(std - 1), 90) < 0.1)


def _components(some: Float[np.ndarray, "n f"], z: Float[np.ndarray, "n f"], std: Float[np.ndarray, " f"]) -> bool:
    rows, first = len(some), min(z.shape[1], 30)
    falling = first > 1 and std[0] > 1.5 * std[first - 1] and (np.diff(std[:first]) <= 0.05 * std[: first - 1]).all()
    if not falling or rows < _LEAST_ROWS or (np.abs(some.mean(axis=0)) > 0.2 * std).mean() > 0.1:
        return False
    apart = z[:, :first].T @ z[:, :first] / rows - np.eye(first)
    return bool(np.abs(apart).max() < max(0.05, 5 / rows**0.5))


def _capped(some: Float[np.ndarray, "n f"]) -> bool:
    """Whether at least a tenth of the features are 0 or 1 only, so often 1 that counts would also reach 2; or whether
    those that are 0 or 1 only hold the same number of ones in each row, as a category in columns of its own does.
    """
    binary = ((some == 0) | (some == 1)).all(axis=0)
    often = binary & (some.mean(axis=0) * len(some) ** 0.5 > 3)
    ones = some[:, binary].sum(axis=1)
    return bool(often.mean() >= 0.1 or (binary.sum() > 1 and ones[0] > 0 and (ones == ones[0]).all()))


def _logs(some: Float[np.ndarray, "n f"]) -> bool:
    """Whether 2^x - 1, e^x - 1 or 10^x - 1 has one sum in all rows."""
    with np.errstate(over="ignore"):
        amounts = (np.expm1(some * np.log(base)) for base in (np.e, 2.0, 10.0))
        return any(_varies(amount.sum(axis=1)) < 0.005 and _bound(amount) < 0.1 for amount in amounts)


def _grid(z: Float[np.ndarray, "n f"], vary: Bool[np.ndarray, " f"]) -> Grid:
    """Correlations of standardized features by their distance in the file; all distances at once by a transform."""
    n, f = z.shape
    count = int(vary.sum())
    if count < 4:
        return Grid(0.0, 0.0, 0)
    of_any = float(((z.sum(axis=1) ** 2).mean() - count) / (count * (count - 1)))
    size = 2 * f
    rows = min(n, 500)
    products = irfft((np.abs(rfft(z[:: -(-n // rows)], size, axis=1)) ** 2).mean(axis=0), size)[:f]
    pairs = irfft(np.abs(rfft(vary.astype(float), size)) ** 2, size)[:f]
    apart = np.where(pairs > max(2, 0.05 * f), products / np.maximum(pairs, 1), 0)
    best, width = max(0.15, 6 / (rows * f) ** 0.5), 0  # features without any order stay far below
    beside = max(apart[1], apart[min(3, f - 1)])  # of color pictures, the next pixel is three numbers away
    if f >= 25 and beside - of_any >= 0.1:
        for lag in range(4, f // 3 + 1):
            gain = min(apart[lag] - apart[lag // 2], apart[lag] - of_any)
            if gain > best and apart[lag] >= max(apart[lag - 1], apart[lag + 1]):
                best, width = gain, lag
    return Grid(of_any, float(apart[1]), width)
