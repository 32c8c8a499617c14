"""Handwritten digits of 8 x 8 pixels, which come with scikit-learn: the default data set, without download."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher
from epochscope.data.scaling import STANDARDIZE, scaled
from epochscope.params import Params, param
from epochscope.types import Dataset

_DIVIDE = "divide by 16"


@dataclass(frozen=True)
class DigitsParams(Params):
    scaling: str = param(
        _DIVIDE,
        options=(_DIVIDE, STANDARDIZE),
        label="Scaling",
        help="Divide by 16 maps each pixel to 0..1; standardize gives each mean 0 and standard deviation 1.",
    )


def load(hp: DigitsParams, _fetcher: Fetcher) -> Dataset:
    """All 1,797 digits, 64 features, in the order of the file."""
    bunch = load_digits()
    raw = bunch.data.astype(np.float32)  # 0..16: number of inked pixels in blocks of 4 x 4
    divide = hp.scaling == _DIVIDE
    return Dataset(
        key=SOURCE.key,
        title=SOURCE.title,
        x=raw / 16 if divide else scaled(raw, STANDARDIZE),
        truth=bunch.target.astype(np.int64),
        class_names=tuple("0123456789"),
        scaling=hp.scaling,
        likelihood="unit interval" if divide else "real",
        pictures=np.rint(bunch.images * (255 / 16)).astype(np.uint8),
        origin="E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits (test part), UCI; via scikit-learn",
        license="CC BY 4.0",
    )


SOURCE = Source(
    key="digits",
    title="Digits 8 x 8",
    about="1,797 handwritten digits from 0 to 9, gray images of 8 x 8 pixels. Small enough to train in seconds.",
    params=DigitsParams,
    load=load,
)
