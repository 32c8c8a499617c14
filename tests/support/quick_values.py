"""Parameter values that make any method fast on a few hundred points."""

from typing import Any

from epochscope.methods import METHODS
from epochscope.testing.trial import QUICK

GROUPS_SOON = {
    "dcc": {"cluster.every": 5, "cluster.lr": 0.01, "cluster.batch": 64, "cluster.epochs": 45},
    "imsat": {"alpha": 1.0, "cluster.lr": 0.01, "net.widths": "128-128"},
    "one_step_vae": {"cluster.epochs": 60, "cluster.lr": 0.01, "reconstruction": 5.0},
    "kingdra": {"alpha": 1.0, "cluster.lr": 0.01, "net.widths": "128-128"},
}
"""Values with which methods that need many steps find a few hundred points' groups soon."""

SMALL_TRAINING = {
    "net.widths": "16-16",
    "net.d": 3,
    "pretrain.batch": 256,
    "pretrain.epochs": 1,
    "cluster.batch": 256,
    "cluster.epochs": 2,
    "cluster.restarts": 1,
}
"""Values for a method with an autoencoder, of a training that takes a moment."""


def first_preset(key: str) -> str:
    """The title of the preset that takes seconds."""
    return METHODS[key].presets[0].title


def quick_values(key: str, **more: Any) -> dict[str, Any]:
    """Values by dotted name for the method of this key; `more` by keyword, as far as it has such parameters."""
    known = METHODS[key].params().flat()
    values = {name: value for name, value in QUICK.items() if name in known}
    return values | {name: more[name.replace(".", "_")] for name in known if name.replace(".", "_") in more}
