"""epochscope: watch deep clustering happen, epoch by epoch.

    run = epochscope.train(x, method="dec", k=10)      # one call, all epochs; run.labels, run.history, run.show() ...
    labels = epochscope.DEC(n_clusters=10).fit_predict(x)             # the same as an estimator of scikit-learn
    with epochscope.Recorder("my loop", x=x) as rec: ...              # a training loop of your own, shown by the app

Importing it takes milliseconds: torch and the methods are loaded when something of them is first used.
"""

import os
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Before torch is imported: idle OpenMP threads must sleep. Spinning ones slow a training run up to 30-fold as soon as a
# browser or a projection wants the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_ESTIMATORS = (
    "AAE", "ABC", "AEGMM", "AEKMeans", "DASC", "DCAN", "DCC", "DCGMM", "DCN", "DEC", "DGG", "DKM", "FreeW", "GAN",
    "GaussianMixture", "IDEC", "IMSAT", "KINGDRA", "KMeans", "LTVAE", "N2D", "OneStepVAE", "SoftKMeans", "Spectral",
    "SpectralNet", "VAE", "VAED", "VaDE",
    "estimator",
)  # fmt: skip
_MODULES = {
    "EpochscopeError": "epochscope.types",
    "ManyRuns": "epochscope.api.many",
    "Recorder": "epochscope.recorder",
    "TrainedRun": "epochscope.api.run",
    "TrainingError": "epochscope.api.train",
    "load": "epochscope.api.stored",
    "train": "epochscope.api.train",
    "resume_many": "epochscope.api.many",
    "train_many": "epochscope.api.many",
    **dict.fromkeys(_ESTIMATORS, "epochscope.api.estimators"),
}
"""What `from epochscope import ...` brings, and where it is defined. __init__.pyi says the same to type checkers."""


def __getattr__(name: str) -> Any:
    """What `from epochscope import ...` brings; its module is imported only then."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
