"""MNIST and Fashion-MNIST: 70,000 gray images of 28 x 28 pixels in ten classes, each in four IDX files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import UInt8

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn
from epochscope.data.idx import read_idx
from epochscope.data.scaling import FACTOR
from epochscope.params import Params, param
from epochscope.types import Dataset, EpochscopeError

_FACTORS = {"divide by 255": 1 / 255, "times 0.02 (DEC)": 0.02}


@dataclass(frozen=True)
class ImageParams(Params):
    n: int = param(
        10_000, 100, 70_000, step=100, label="Points", help="Number of images drawn at random from the 70,000."
    )
    seed: int = draw_seed()
    scaling: str = param(
        "divide by 255",
        options=tuple(_FACTORS),
        label="Scaling",
        help="Divide by 255 maps each pixel to 0..1, for which VaDE and DGG take the Bernoulli likelihood. Times 0.02 "
        f"is the scaling of DEC's authors, here only for comparison: {FACTOR}; but VaDE and DGG then take the Gaussian "
        "likelihood.",
    )


def _load(hp: ImageParams, fetcher: Fetcher, *, key: str, class_names: tuple[str, ...], **about: Any) -> Dataset:
    """A random subset of all images; x is n x 784. With the same seed, a larger n only adds points.

    Raises EpochscopeError if the files do not fit together or have fewer than n images.
    """
    pictures, truth = _joined(fetcher, key)
    if hp.n > len(truth):
        raise EpochscopeError(f"n is {hp.n}, but the files of {key} have only {len(truth)} images: choose a smaller n.")
    rows = drawn(len(truth), hp.n, hp.seed)
    pictures = pictures[rows]
    return Dataset(
        key=key,
        x=pictures.reshape(hp.n, -1) * np.float32(_FACTORS[hp.scaling]),
        truth=truth[rows].astype(np.int64),
        class_names=class_names,
        scaling=hp.scaling,
        likelihood="unit interval" if hp.scaling == "divide by 255" else "real",
        pictures=pictures,
        **about,
    )


def _joined(fetcher: Fetcher, key: str) -> tuple[UInt8[np.ndarray, "n 28 28"], UInt8[np.ndarray, " n"]]:
    """All images and labels, the training part first. Contents are checked: files placed by hand may be anything."""
    paths = fetcher.fetch(ARCHIVES[key])
    parts = []
    for part in ("train", "t10k"):
        pictures, truth = (read_idx(paths[f"{part}-{what}-ubyte.gz"]) for what in ("images-idx3", "labels-idx1"))
        if pictures.shape != (*truth.shape, 28, 28) or truth.max() > 9:
            raise EpochscopeError(
                f"The {part} files of {key} do not fit together: images {pictures.shape}, labels {truth.shape} "
                f"up to {truth.max()}, but m x 28 x 28 and m labels from 0 to 9 are needed; download them again."
            )
        parts.append((pictures, truth))
    return np.concatenate([p for p, _ in parts]), np.concatenate([t for _, t in parts])


ARCHIVES = archives()

MNIST = Source(
    key="mnist",
    title="MNIST",
    about="Handwritten digits from 0 to 9, gray images of 28 x 28 pixels: the set that nearly every paper on deep "
    "clustering reports.",
    params=ImageParams,
    load=partial(
        _load,
        key="mnist",
        title="MNIST",
        class_names=tuple("0123456789"),
        origin="Y. LeCun, C. Cortes, C. Burges; training and test part joined",
        license="none stated; usually quoted as CC BY-SA 3.0",
    ),
    archive=ARCHIVES["mnist"],
)

FASHION_MNIST = Source(
    key="fashion_mnist",
    title="Fashion-MNIST",
    about="Product photos of clothes, shoes and bags, gray, 28 x 28 pixels. Harder than MNIST: shirts, coats and "
    "pullovers look much alike.",
    params=ImageParams,
    load=partial(
        _load,
        key="fashion_mnist",
        title="Fashion-MNIST",
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        origin="H. Xiao, K. Rasul, R. Vollgraf (Zalando Research), 2017; training and test part joined",
        license="MIT",
    ),
    archive=ARCHIVES["fashion_mnist"],
)
