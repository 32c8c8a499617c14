"""`epochscope` without a command: Streamlit's server with the app's script, and a browser that opens it."""

from __future__ import annotations

import argparse
import errno
import runpy
import socket
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from typing import Any

from epochscope import settings
from epochscope.resources import resource
from epochscope.types import EpochscopeError

USUAL_PORT = 8501
THIS_MACHINE = ("localhost", "127.0.0.1")
_MOST_PORTS = 100  # tried in turn, from the usual one
_PATIENCE_SECONDS = 120.0  # until the server answers; the first start after an installation compiles every module


def add(commands: Any, folders: argparse.ArgumentParser) -> None:
    """Adds the command `app`, which also runs when no command is given."""
    about = "open the app in the browser (the default without a command)"
    parser = commands.add_parser("app", help=about, description=f"{about[0].upper()}{about[1:]}.", parents=[folders])
    parser.set_defaults(act=_app)
    parser.add_argument("--port", type=_port, help=f"default {USUAL_PORT}, or the next free one; 0: any free one")
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on; default: this machine only")
    parser.add_argument(
        "--hosts",
        default="",
        metavar="NAME,...",
        help="names by which other machines reach this one, comma-separated; to be given with --address 0.0.0.0",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535, but got {text!r}")
    return port


def _app(options: argparse.Namespace) -> int:
    settings.check()
    script = resource("app/app.py")
    hosts = [name.strip() for name in options.hosts.split(",") if name.strip()]
    port = free_port(options.address, options.port)
    print("epochscope is starting ...", file=sys.stderr, flush=True)  # Streamlit and torch take seconds to import
    shown = hosts[0] if hosts else options.address if options.address not in ("0.0.0.0", "::") else "127.0.0.1"
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    threading.Thread(
        target=_announce, args=(url, options.address, port), kwargs={"browse": not options.no_browser}, daemon=True
    ).start()
    sys.argv = [str(script)]  # Streamlit looks for its settings beside this script
    try:
        runpy.run_path(str(script), run_name="epochscope_app")["app"].run(config=_settings(options, port, hosts))
    except KeyboardInterrupt:
        return 130
    return 0


def _settings(options: argparse.Namespace, port: int, hosts: Sequence[str]) -> dict[str, Any]:
    """What differs from .streamlit/config.toml. Headless: it asks for no e-mail address, and opens no browser."""
    return {
        "server.port": port,
        "server.address": options.address,
        "server.headless": True,
        "logger.hideWelcomeMessage": True,
        **({"server.allowedHosts": [*THIS_MACHINE, *hosts]} if hosts else {}),
    }


def free_port(address: str, asked: int | None) -> int:
    """The requested port; without a request the usual one, or the next free one with a message.

    Raises EpochscopeError if the requested port is taken, no port is free, or the address is not one of this machine.
    """
    if asked is not None:
        return _bound(address, asked)
    for port in range(USUAL_PORT, USUAL_PORT + _MOST_PORTS):
        try:
            free = _bound(address, port)
        except _TakenError:
            continue
        if free != USUAL_PORT:
            print(f"Port {USUAL_PORT} is taken, so the app takes port {free}.", file=sys.stderr)
        return free
    raise EpochscopeError(f"Ports {USUAL_PORT} to {USUAL_PORT + _MOST_PORTS - 1} are taken; choose one with --port.")


class _TakenError(EpochscopeError):
    """Another program listens there."""


def _bound(address: str, port: int) -> int:
    """The port, after a trial binding; 0 gives a free one."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if sys.platform != "win32":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(where)
            return trial.getsockname()[1]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _TakenError(f"Port {port} is taken; choose another with --port, or 0 for any free one.") from None
        if error.errno == errno.EACCES:
            raise EpochscopeError(f"Port {port} may not be used here; choose one above 1023 with --port.") from None
        raise EpochscopeError(
            f"{address!r} is no address to listen on ({error.strerror}); --address takes one of this machine."
        ) from None


def _announce(url: str, address: str, port: int, *, browse: bool) -> None:
    """Waits until the server answers, then prints its address and opens a browser."""
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, f"[{address}]" if ":" in address else address)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            direct.open(f"http://{near}:{port}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
            continue
        print(f"epochscope is at {url} (Ctrl-C ends it).", flush=True)
        if browse:
            webbrowser.open(url)
        return
