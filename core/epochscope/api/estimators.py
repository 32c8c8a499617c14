"""Estimators for scikit-learn, made from the same parameter classes as sliders and flags: one for each method.

    from epochscope import DEC

    DEC(n_clusters=10, random_state=0, cluster_lr=1e-4).fit_predict(x)

A dotted name is written with _: "cluster.lr" is `cluster_lr`, so that `clone`, `set_params` and the double underscores
of a Pipeline ("dec__cluster_lr") work as with any other estimator. None means: as the preset has it.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from epochscope.api.estimator_base import OWN, EncodingEstimator, MethodEstimator
from epochscope.api.rule import found
from epochscope.api.settings import keyword
from epochscope.methods import METHODS
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    AAE: type[Any]
    ABC: type[Any]
    AEGMM: type[Any]
    AEKMeans: type[Any]
    DASC: type[Any]
    DCAN: type[Any]
    DCC: type[Any]
    DCGMM: type[Any]
    DCN: type[Any]
    DEC: type[Any]
    DGG: type[Any]
    DKM: type[Any]
    FreeW: type[Any]
    GAN: type[Any]
    GaussianMixture: type[Any]
    IDEC: type[Any]
    IMSAT: type[Any]
    KINGDRA: type[Any]
    KMeans: type[Any]
    LTVAE: type[Any]
    N2D: type[Any]
    SoftKMeans: type[Any]
    Spectral: type[Any]
    OneStepVAE: type[Any]
    SpectralNet: type[Any]
    VAE: type[Any]
    VAED: type[Any]
    VaDE: type[Any]

NAMES = {
    "kmeans": "KMeans",
    "gmm": "GaussianMixture",
    "spectral": "Spectral",
    "soft_kmeans": "SoftKMeans",
    "free_w": "FreeW",
    "ae_kmeans": "AEKMeans",
    "ae_gmm": "AEGMM",
    "one_step_vae": "OneStepVAE",
    "spectralnet": "SpectralNet",
    "vade": "VaDE",
}
"""Names of classes by the keys of methods, where they are not the key in capital letters."""


def class_name(key: str) -> str:
    """The name of the estimator of a method: DEC for "dec", as in NAMES for some."""
    return NAMES.get(key, key.upper())


def __getattr__(name: str) -> Any:
    """The class of that name, made when it is first asked for (also by pickle)."""
    if not name.startswith("_"):
        for key in METHODS:
            if class_name(key) == name:
                return estimator(key)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def estimator(key: str) -> type[MethodEstimator]:
    """The estimator of a method, those of plugins included. Raises EpochscopeError for an unknown key."""
    method = found(key)
    ranges = {keyword(name): about for name, about in method.params.ranges()}
    if taken := sorted(OWN.keys() & ranges.keys()):
        raise EpochscopeError(f"{method.title} cannot be an estimator: its parameter {taken[0]} has a name of theirs.")
    first, *others = (
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in {**OWN, **dict.fromkeys(ranges)}.items()
    )
    signature = inspect.Signature(
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            first.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *others,
        ]
    )

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        bound = signature.bind(self, *given, **named)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            if name != "self":
                setattr(self, name, value)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    lines = [f"    {name}: {about.help} {about.words[0].upper()}{about.words[1:]}." for name, about in ranges.items()]
    text = "\n".join([f"{method.title}: {method.about}", "", inspect.getdoc(MethodEstimator) or "", "", *lines])
    body = {"__init__": __init__, "__doc__": text, "__module__": __name__, "_method": method}
    made: Any = type(class_name(key), (EncodingEstimator if method.assign else MethodEstimator,), body)
    return made
