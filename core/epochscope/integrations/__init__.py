"""Callbacks that record a training of another framework: for Lightning, Hugging Face's Trainer, Keras 3 on torch.

    from epochscope.integrations import LightningCallback

    trainer = lightning.Trainer(callbacks=[LightningCallback(Recorder("mine", x=x, k=10), x, encode)])

Each computes the codes of `x` itself, in its own order and with the network in evaluation mode, so that no shuffled
loader can mix up its rows. A framework is imported when its callback is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "LightningCallback": "lightning_callback",
    "TrainerCallback": "trainer_callback",
    "KerasCallback": "keras_callback",
}

__all__ = ["KerasCallback", "LightningCallback", "TrainerCallback"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
