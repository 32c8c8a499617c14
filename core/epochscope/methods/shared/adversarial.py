"""Shared parts of the methods with a discriminator: measures of its quality, and its output as a field."""

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
from epochscope.types import Progress

FIELD = 41
"""Grid points of the field in each direction."""

FIELD_POINTS = 500
"""Number of codes, and of draws, shown in the field."""

FIELD_ARRAYS = frozenset({"field", "field_box", "field_codes", "field_prior"})


def saturating_param() -> Any:
    """The parameter that chooses between the two losses of the encoder."""
    return param(
        False,
        label="saturating encoder loss",
        help="The encoder minimizes ln(1 - D), as in the formula of the papers; otherwise -ln D, whose gradient does "
        "not vanish where the discriminator is certain.",
    )


def with_noise(z: Float[Tensor, "b d"], sd: float, rng: torch.Generator) -> Float[Tensor, "b d"]:
    """z plus normal noise of standard deviation sd."""
    return z + sd * torch.empty_like(z).normal_(generator=rng) if sd else z


def learn_ahead(
    steps: int, n: int, batch: int, rng: torch.Generator, learn: Callable[[Int[Tensor, " b"]], object]
) -> Iterator[Progress]:
    """Trains the discriminator alone: `learn` is called with `steps` random batches of rows of the n points."""
    for done in range(1, steps + 1):
        learn(torch.randint(n, (batch,), generator=rng, device=rng.device))
        yield Progress(done, steps, "discriminator")


def discriminator_measures(*, real: Float[Tensor, " m"], fake: Float[Tensor, " n"]) -> dict[str, float]:
    """Value, JS estimate and accuracy of the discriminator from its logits of draws (real) and of codes (fake)."""
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
    """D on a grid in the plane, with some codes and draws: the optional arrays named in FIELD_ARRAYS.

    If codes have more than two dimensions, the grid lies in the plane, and codes and draws are projected onto it.
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
