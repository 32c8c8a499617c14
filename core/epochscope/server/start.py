"""What the app is made of besides its pages: own routes, start and end of the process."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from typing import Any

from epochscope.rights import PROGRAM
from epochscope.runs.library import trash
from epochscope.runs.training.manager import manager
from epochscope.runs.training.projector import projector
from epochscope.server.routes import MIDDLEWARE, ROUTES, lab_route, plotly_url

__all__ = ["MIDDLEWARE", "ROUTES", "lab_route", "lifespan"]


def _warm_up() -> None:
    """Imports and first-use compilation, off everybody's first click; then nothing of it is garbage-collected again."""
    import sklearn.cluster  # noqa: F401
    import torch

    weight = torch.nn.Parameter(torch.zeros(2, 2))
    adam = torch.optim.Adam([weight])  # the first step imports torch._dynamo: 0.1 million objects
    weight.sum().backward()
    adam.step()
    plotly_url()
    trash.empty(PROGRAM, older_than_days=trash.KEPT_DAYS)
    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Start: warm up in the background. End: stop every run and the projector."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    try:
        yield
    finally:
        projector().shutdown()
        manager().shutdown(PROGRAM, timeout=5.0)
