"""epochscope: watch deep clustering happen, epoch by epoch.

    run = epochscope.train(x, method="dec", k=10)      # one call, all epochs; run.labels, run.history, run.show() ...
    labels = epochscope.DEC(n_clusters=10).fit_predict(x)             # the same as an estimator of scikit-learn
    with epochscope.Recorder("my loop", x=x) as rec: ...              # a training loop of your own, shown by the app

Importing it takes milliseconds: torch and the methods are loaded when something of them is first used.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epochscope.api.estimators import (
        AAE,
        AEGMM,
        DASC,
        DCAN,
        DEC,
        DGG,
        DKM,
        IDEC,
        AEKMeans,
        FreeW,
        GaussianMixture,
        KMeans,
        SoftKMeans,
        VaDE,
        estimator,
    )
    from epochscope.api.run import TrainedRun
    from epochscope.api.stored import load
    from epochscope.api.train import TrainingError, train
    from epochscope.recorder import Recorder
    from epochscope.types import EpochscopeError

__version__ = "0.1.0"

__all__ = [
    "AAE",
    "AEGMM",
    "DASC",
    "DCAN",
    "DEC",
    "DGG",
    "DKM",
    "IDEC",
    "AEKMeans",
    "EpochscopeError",
    "FreeW",
    "GaussianMixture",
    "KMeans",
    "Recorder",
    "SoftKMeans",
    "TrainedRun",
    "TrainingError",
    "VaDE",
    "estimator",
    "load",
    "train",
]

# Before torch is imported: idle OpenMP threads must sleep. Spinning ones slow a training run up to 30-fold as soon as a
# browser or a projection wants the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_MODULES = {
    "EpochscopeError": "epochscope.types",
    "Recorder": "epochscope.recorder",
    "TrainedRun": "epochscope.api.run",
    "TrainingError": "epochscope.api.train",
    "load": "epochscope.api.stored",
    "train": "epochscope.api.train",
}
"""Where the names above are defined, if not among the estimators."""


def __getattr__(name: str) -> Any:
    """What `from epochscope import ...` brings; its module is imported only then."""
    if name in __all__:
        return getattr(import_module(_MODULES.get(name, "epochscope.api.estimators")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
