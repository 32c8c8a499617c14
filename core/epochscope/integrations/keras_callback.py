"""Keras 3 on torch: codes at the end of each epoch, with its losses, metrics and learning rate."""

from __future__ import annotations

from typing import Any

import keras  # pyright: ignore[reportMissingImports]

from epochscope.integrations.codes import CodeLog, Encode
from epochscope.recorder import Recorder
from epochscope.types import EpochscopeError


class KerasCallback(keras.callbacks.Callback):
    """`model.fit(..., callbacks=[KerasCallback(recorder, x, encode)])`; `x` and `encode` as in `CodeLog`.

    `encode` calls layers with training=False where they differ in training. Raises EpochscopeError for another backend.
    """

    def __init__(self, recorder: Recorder, x: Any, encode: Encode, *, batch: int = 1024) -> None:
        super().__init__()
        if keras.backend.backend() != "torch":
            raise EpochscopeError("Keras must run on torch here: set KERAS_BACKEND=torch before it is imported.")
        self._log = CodeLog(recorder, x, encode, batch=batch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        rate = {"lr": float(self.model.optimizer.learning_rate)}
        self._log(self.model, {**(logs or {}), **rate})

    def on_train_end(self, logs: Any = None) -> None:
        self._log.recorder.close()
