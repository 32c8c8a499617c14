"""What the methods with a discriminator share: how well it judges all points, and a picture of what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.formulas.adversarial import js_estimate, share_right, value
from epochscope.formulas.plane import Plane, box_of, grid_of
from epochscope.nets.training import array
from epochscope.params import param
from epochscope.types import Tick

FIELD = 41
"""Places of the picture in each direction."""

FIELD_POINTS = 500
"""Codes, and draws, shown in it."""

FIELD_EXTRAS = frozenset({"field", "field_box", "field_codes", "field_prior"})


def saturating_param() -> Any:
    """Which of the two losses the encoder lowers."""
    return param(
        False,
        label="saturating encoder loss",
        help="The encoder lowers ln(1 - D), as in the formula of the papers; otherwise it lowers -ln D, which still "
        "pulls where the discriminator is sure.",
    )


def blurred(z: Float[Tensor, "b d"], sd: float, rng: torch.Generator) -> Float[Tensor, "b d"]:
    """The codes with noise of standard deviation sd."""
    return z + sd * torch.empty_like(z).normal_(generator=rng) if sd else z


def learn_ahead(
    steps: int, n: int, batch: int, rng: torch.Generator, learn: Callable[[Int[Tensor, " b"]], object]
) -> Iterator[Tick]:
    """Before the encoder moves: the discriminator learns from the codes of so many random batches of the n points."""
    for done in range(1, steps + 1):
        learn(torch.randint(n, (batch,), generator=rng, device=rng.device))
        yield Tick(done, steps, "discriminator")


def judged(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> dict[str, float]:
    """The discriminator on all codes and as many draws, without noise: its value, what it says of JS, its accuracy."""
    v = float(value(real=real, fake=fake))
    return {
        "V(D, G)": v,
        "JS estimate": js_estimate(v),
        "discriminator accuracy": share_right(real=real, fake=fake),
    }


def field(
    logit: Callable[[Float[Tensor, "m d"]], Float[Tensor, " m"]],
    *,
    codes: Float[Tensor, "n d"],
    draws: Float[Tensor, "n d"],
    plane: Plane,
) -> dict[str, np.ndarray]:
    """D on a grid in the plane, with some codes and some draws as they appear in it.

    Where codes have more than two numbers, the grid lies IN the plane; codes and draws lie about it and are projected.
    """
    codes, draws = plane.of(codes[:FIELD_POINTS]), plane.of(draws[:FIELD_POINTS])
    box = box_of(torch.cat([codes, draws]))
    with torch.no_grad():
        d = logit(plane.back(grid_of(box, FIELD))).sigmoid()
    return {
        "field": array(d.reshape(FIELD, FIELD)),
        "field_box": array(box),
        "field_codes": array(codes),
        "field_prior": array(draws),
    }
