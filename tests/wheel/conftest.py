"""The wheel, built from what a commit of this checkout holds and installed as a stranger would, far from the checkout.

What the environments share with this checkout's own: the dependencies (torch, Streamlit ...) are read from its folder
of packages, by a path file, since installing them takes minutes. Path files of that folder are not followed, so that
the checkout itself cannot be imported; a test asserts it. That the wheel declares what it imports is another test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

expect.set_options(timeout=120_000)
ROOT = Path(__file__).parents[2]


class Installed(NamedTuple):
    """A virtual environment with the wheel, and an empty folder to work in beside a stranger's package `core`."""

    bin: Path
    work: Path
    environment: dict[str, str]

    def run(self, *command: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Runs a program of the environment in the folder."""
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @contextmanager
    def app(self, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
        """`epochscope` on a free port: its address, as it prints it, and its process."""
        command = [str(self.bin / "epochscope"), "--no-browser", "--port", "0", *options]
        with (self.work / "app.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
            try:
                assert process.stdout
                words = process.stdout.readline().split()
                assert words, (self.work / "app.log").read_text()
                yield next(word for word in words if word.startswith("http")), process
            finally:
                process.terminate()
                process.wait(timeout=120)


@pytest.fixture(scope="session")
def build() -> Callable[[Path, Path], Path]:
    """Builds the wheel of a source folder into another."""
    return _built


@pytest.fixture(scope="session")
def install() -> Callable[[Path, Sequence[Path]], Installed]:
    """Makes an environment with some wheels in a folder."""
    return _installed


def _built(source: Path, into: Path) -> Path:
    """The wheel of a source folder. It needs no network: what builds it is among this checkout's packages."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(into)]
    subprocess.run([*command, str(source)], check=True, timeout=600)
    return next(into.glob("*.whl"))


def _installed(folder: Path, wheels: Sequence[Path]) -> Installed:
    """A fresh environment with these wheels and, read from the checkout's packages, their dependencies."""
    venv.create(folder / "env", symlinks=True)
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    command = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "-q", "--no-deps"]
    subprocess.run([*command, *map(str, wheels)], check=True, timeout=600)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder / "env")})
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    work = folder / "work"
    (work / "core").mkdir(parents=True)
    (work / "core" / "__init__.py").write_text('raise RuntimeError("this is a stranger\'s package")\n')
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("EPOCHSCOPE_", "PYTHON", "PYTEST"))
    }
    home = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "EPOCHSCOPE_OFFLINE": "1"}
    return Installed(scripts, work, {**kept, **home, "EPOCHSCOPE_RUNS": str(folder / "runs")})


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the files that git knows or would add, and of nothing else."""
    copy = tmp_path_factory.mktemp("clone")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return _built(copy, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def stranger(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Somebody who has installed the wheel."""
    return _installed(tmp_path_factory.mktemp("stranger"), [wheel])


@pytest.fixture
def browser() -> Iterator[Browser]:
    """For one test: while Playwright's event loop is open, no other test of the process can run one of its own."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=quiet) as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; the test fails if a page throws, logs an error or asks our addresses for what is not there."""
    wrong: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("pageerror", lambda error: wrong.append(str(error)))

    def note(words: str, url: str) -> None:
        if "/_stcore/" not in url:  # Streamlit probes for its base address on a link to a page; some answers are no
            wrong.append(f"{words} ({url})")

    opened.on("console", lambda line: note(line.text, line.location["url"]) if line.type == "error" else None)
    opened.on("response", lambda answer: note("not there", answer.url) if answer.status >= 400 else None)
    yield opened
    opened.close()
    assert wrong == []
