"""Shows a run: as a widget in a notebook, where there is one, else in the app."""

from __future__ import annotations

import atexit
import functools
import subprocess
import sys
import threading
import webbrowser
from importlib import import_module

from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

_NOTEBOOKS = ("ipykernel", "marimo")  # loaded where the program runs in a notebook
_WIDGETS = "epochscope.notebook"
_PATIENCE_SECONDS = 120.0  # until the app answers; the first start after an installation compiles every module
_READY = "epochscope is at "


def show(run: Run, *, listed: bool) -> str | None:
    """Puts the run into the output of a notebook's cell; elsewhere sends a browser to the app, and returns the address.

    `listed`: whether the app knows the run. Raises EpochscopeError if not, or if the app does not start.
    """
    if _in_notebook(run):
        return None
    if not listed:
        raise EpochscopeError("The app does not list this run: train it with record=True.")
    address = f"{_app()}/?run={run.id}"
    webbrowser.open(address)
    return address


def _in_notebook(run: Run) -> bool:
    """Whether the run is shown as a widget; not outside of notebooks, nor where the packages for it are missing."""
    if not any(name in sys.modules for name in _NOTEBOOKS):
        return False
    try:
        import_module(_WIDGETS).show(run.folder)
    except (ImportError, EpochscopeError):
        return False
    return True


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
