"""The real digits that all steps take: 1,797 images of 8 x 8 pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from epochscope.data import load

COUNT = 1797


class Digits(NamedTuple):
    """Pixels from 0 to 1, what each digit is, and the images."""

    x: Float[Tensor, "n f"]
    truth: Int[np.ndarray, " n"]
    images: UInt8[np.ndarray, "n h w"]


def digits() -> Digits:
    """All of them, in the order of the file."""
    data = load("digits")
    assert data.truth is not None
    assert data.pictures is not None
    return Digits(torch.tensor(data.x), data.truth, data.pictures)
