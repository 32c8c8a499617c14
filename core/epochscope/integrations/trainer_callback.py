"""Hugging Face's Trainer: codes at the end of each epoch, with what it logged last (loss, gradient norm ...)."""

from __future__ import annotations

from typing import Any

from transformers.trainer_callback import TrainerCallback as Callback  # pyright: ignore[reportMissingImports]

from epochscope.integrations.codes import CodeLog, Encode, evaluated
from epochscope.recorder import Recorder


class TrainerCallback(Callback):
    """`Trainer(callbacks=[TrainerCallback(recorder, x, encode)])`; `x` and `encode` as in `CodeLog`.

    With `logging_strategy="epoch"` the numbers are those of the epoch before: the Trainer logs after its callbacks.
    """

    def __init__(self, recorder: Recorder, x: Any, encode: Encode, *, batch: int = 1024) -> None:
        self._log, self._numbers = CodeLog(recorder, x, encode, batch=batch), {}

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        self._numbers = {name: value for name, value in (logs or {}).items() if not name.startswith("train_")}

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        evaluated(self._log, model, self._numbers)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._log.recorder.close()
