"""Shows a run: as a widget in a notebook, where there is one, else in the app."""

from __future__ import annotations

import atexit
import functools
import subprocess
import sys
import threading
import webbrowser
from importlib import import_module
from typing import Any

from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

_NOTEBOOKS = ("ipykernel", "marimo")  # loaded where the program runs in a notebook
_WIDGETS = "epochscope.notebook"
_PATIENCE_SECONDS = 120.0  # until the app answers; the first start after an installation compiles every module
_READY = "epochscope is at "


def show(run: Run) -> Any:
    """The widget of this run, or the address at which the app shows it, after a browser was sent there."""
    widget = _widget(run)
    if widget is not None:
        return widget
    address = f"{_app()}/?run={run.id}"
    webbrowser.open(address)
    return address


def _widget(run: Run) -> Any:
    """`epochscope.notebook.show(run)` in a notebook; None elsewhere, and where its packages are not installed."""
    if not any(name in sys.modules for name in _NOTEBOOKS):
        return None
    try:
        return import_module(_WIDGETS).show(run)
    except ImportError:
        return None


@functools.cache
def _app() -> str:
    """The address of the app, which is started once and ends with this program."""
    command = [sys.executable, "-m", "epochscope", "app", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    atexit.register(process.terminate)
    too_late = threading.Timer(_PATIENCE_SECONDS, process.terminate)
    too_late.start()
    assert process.stdout
    line = next((line for line in process.stdout if line.startswith(_READY)), "")
    too_late.cancel()
    if not line:
        raise EpochscopeError("The app did not start; start it with `epochscope`, and choose the run on its Runs page.")
    return line.removeprefix(_READY).split()[0]
