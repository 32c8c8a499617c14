"""Lightning: codes at the end of each epoch, with everything that the module logs and the learning rate."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback  # pyright: ignore[reportMissingImports]

from epochscope.integrations.codes import CodeLog, Encode, evaluated
from epochscope.recorder import Recorder


class LightningCallback(Callback):
    """`Trainer(callbacks=[LightningCallback(recorder, x, encode)])`; `x` and `encode` as in `CodeLog`."""

    def __init__(self, recorder: Recorder, x: Any, encode: Encode, *, batch: int = 1024) -> None:
        self._log = CodeLog(recorder, x, encode, batch=batch)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        rate = {"lr": trainer.optimizers[0].param_groups[0]["lr"]} if trainer.optimizers else {}
        evaluated(self._log, pl_module, {**trainer.callback_metrics, **rate})

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        self._log.recorder.close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._log.recorder.__exit__(type(exception), exception, None)
