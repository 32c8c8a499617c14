"""The network of a learned projection: of the run itself, or of another run in whose picture it is to be drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Float32

from epochscope.projections.learned import chosen_epochs, place
from epochscope.runs.format import projector_file
from epochscope.runs.format.run import Run, open_run
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.runs.training.projection_frames import ProjectionSpec


def weights_of(run: Run, spec: ProjectionSpec) -> Mapping[str, np.ndarray]:
    """The network that draws a run: stored, learned now, or that of the run which `like` names.

    Raises EpochscopeError while the run is trained (its epochs are not all there), or if the other one has none.
    """
    if like := spec.params["like"]:
        return _of_another(like, spec)
    folder = run.folder / "projections" / spec.name
    if (known := projector_file.read(folder)) is not None:
        return known
    if run.live:
        raise EpochscopeError(
            "A picture is learned from the epochs of a whole run: stop this one, or wait for its end, and choose PCA "
            "meanwhile."
        )
    weights = _learned(run, spec)
    with contextlib.suppress(OSError):  # a folder that cannot be written: the frames are kept in memory as well
        projector_file.write(folder, weights)
    return weights


def _learned(run: Run, spec: ProjectionSpec) -> Mapping[str, np.ndarray]:
    projection = spec.projection
    hp: Any = projection.params().but(spec.params)
    stored = [line["epoch"] for line in run.epochs() if "z" in line["has"]]
    codes = [run.array(epoch, "z", slice(0, hp.sample)) for epoch in chosen_epochs(stored, hp.epochs)]
    shown = [z.astype(np.float32) for z in codes if z is not None]
    shown = [z for z in shown if z.shape == shown[-1].shape]
    finite = np.all([np.isfinite(z).all(axis=1) for z in shown], axis=0) if shown else np.zeros(0, bool)
    if not finite.any():
        raise EpochscopeError(f"{run.title} holds no finite codes to learn a picture from; choose another run.")
    assert projection.learn is not None
    return projection.learn([z[finite] for z in shown], hp, run.spec.seed)


def _of_another(like: str, spec: ProjectionSpec) -> Mapping[str, np.ndarray]:
    other = open_run(like)
    known = projector_file.read(other.folder / "projections" / replace(spec, params={**spec.params, "like": ""}).name)
    if known is None:
        raise EpochscopeError(
            f"{other.title} ({like}) has no learned picture with these settings yet; open it there first."
        )
    return known


def placed(run: Run, spec: ProjectionSpec, z: Float[np.ndarray, "m d"]) -> Float32[np.ndarray, "m 2"]:
    """Where codes lie in the learned picture of a run; NaN for those that are not finite. Raises EpochscopeError."""
    finite = np.isfinite(z).all(axis=1)
    xy = np.full((len(z), 2), np.nan, np.float32)
    xy[finite] = place(z[finite], weights_of(run, spec))
    return xy
