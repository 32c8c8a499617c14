"""What is left of a training for new points: the weights of one epoch, without the method's generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.methods.base import Method
    from epochscope.runs.training.epoch_recorder import Recorded


class NewPoints(NamedTuple):
    """What a trained method says of m new points; cluster ids are those of the run."""

    z: Float[np.ndarray, "m d"]
    q: Float[np.ndarray, "m k"] | None
    labels: Int[np.ndarray, " m"] | None
    fit: Float[np.ndarray, " m"] | None  # as `Method.fit_is` says


@dataclass(frozen=True, eq=False)
class Rule:
    """How new points are encoded and assigned: plain arrays, which can be pickled and stored."""

    method: str
    weights: Mapping[str, np.ndarray]
    new_id: Int[np.ndarray, " k"]  # the cluster id of the run for each of the method's

    def __call__(self, x: Float[np.ndarray, "m f"]) -> NewPoints:
        """Codes, soft assignments and clusters of points that are scaled as the method saw them.

        With the device, the threads and the batches of the training: its own points get their very labels.
        """
        import torch

        from epochscope.nets.device import compute_device, denormals_flushed, threads

        method, device = found(self.method), compute_device()
        if method.assign is None:
            raise EpochscopeError(f"{method.title} cannot take in new points: it has no rule for them.")
        tensors = {
            name: torch.tensor(value, device=device if value.ndim else "cpu") for name, value in self.weights.items()
        }
        try:
            with denormals_flushed(), threads():
                made = method.assign(torch.tensor(x, device=device), tensors)
        except (
            KeyError,
            IndexError,
            RuntimeError,
            ValueError,
        ) as error:  # of another version, or a file that was forged
            words = " ".join(str(error).split())[:200]
            raise EpochscopeError(f"The weights of this run do not fit {method.title} of today ({words}).") from error
        order = np.argsort(self.new_id)
        return NewPoints(
            made.z.cpu().numpy(),
            None if made.q is None else made.q.cpu().numpy()[:, order],
            None if made.clusters is None else self.new_id[made.clusters.cpu().numpy()],
            None if made.fit is None else made.fit.cpu().numpy(),
        )


def rule_of(recorded: Recorded, method: str) -> Rule | None:
    """The rule of an epoch, copied from the network that is about to be trained further; None if it hands out none."""
    if recorded.snapshot.model is None:
        return None
    parts = {name: tensor.numpy() for name, tensor in recorded.snapshot.model().items()}
    return Rule(method, parts, recorded.new_id)


def found(key: str) -> Method:
    """The method of this key. Raises EpochscopeError if there is none (any longer)."""
    from epochscope.methods import METHODS
    from epochscope.runs.format.spec import known

    return known(METHODS, key, "method")
