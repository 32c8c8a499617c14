"""A real JupyterLab with settings of its own, on a free port: for tests and pictures."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from tests.support.waiting import until

SETTINGS = {
    "notification": {"fetchNews": "false", "checkForUpdates": False},
    # A kernel that hears nothing while a cell runs, as in other notebooks than the newest JupyterLab.
    "kernels-settings": {"commsOverSubshells": "disabled"},
}


class Lab(NamedTuple):
    url: str
    token: str
    folder: Path  # of the notebooks

    def opened(self, page: Page, name: str, cells: Sequence[str]) -> None:
        """Writes a notebook with these cells and opens it, with its kernel ready."""
        (self.folder / f"{name}.ipynb").write_text(json.dumps(_notebook(cells)))
        page.goto(f"{self.url}/lab/tree/{name}.ipynb?token={self.token}&reset")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        command(page, "application:toggle-left-area")


def command(page: Page, name: str, **arguments: str) -> None:
    """Starts a command of JupyterLab; it may go on for long."""
    page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args) }", [name, arguments])


def _notebook(cells: Sequence[str]) -> dict:
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [{**code, "id": f"cell{i}", "source": cell} for i, cell in enumerate(cells)]
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def jupyter(folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
    """JupyterLab over the folder `notebooks` in `folder`, where its settings and its log lie, too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    notebooks, token = folder / "notebooks", secrets.token_hex(16)
    notebooks.mkdir()
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    for name, values in SETTINGS.items():
        (settings / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
    places = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
    own = {f"JUPYTER_{name}": str(folder / place) for name, place in places.items()}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "IPYTHONDIR": str(folder / "ipython")}
    options = ["--no-browser", "--expose-app-in-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    options += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}", "--allow-root"]
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, cwd=folder, env={**environment, **own}, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: _answers(url, process), 120)
            yield Lab(url, token, notebooks)
        finally:
            process.terminate()
            process.wait(timeout=120)


def _answers(url: str, process: subprocess.Popen) -> bool:
    assert process.poll() is None, "JupyterLab ended at once"
    try:
        urllib.request.urlopen(f"{url}/api", timeout=10)
    except OSError:
        return False
    return True


def kernel_environment(runs: Path) -> dict[str, str]:
    """The environment of a kernel that keeps its runs in a folder of its own and asks no network."""
    return {**os.environ, "EPOCHSCOPE_RUNS": str(runs), "EPOCHSCOPE_OFFLINE": "1"}
