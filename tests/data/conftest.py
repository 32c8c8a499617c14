"""A server on this machine with mirrors that fail in every way a mirror can."""

import contextlib
import http.server
import socket
import threading

import pytest


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves /<mirror>/<name>; the mirror's name says what is wrong with it."""

    def do_GET(self):
        self.server.asked.append(self.path)
        mirror, name = self.path.strip("/").split("/")
        body = self.server.files[name]
        if mirror == "gone":
            return self.send_error(404)
        if mirror == "other":
            body = b"x" * len(body)
        if mirror == "endless":
            body *= 3
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if mirror == "encoded":  # as some servers do with every .gz file
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if mirror == "broken":
            body = body[:5_000]
        if mirror == "silent":
            self.wfile.write(body[:5_000])
            self.wfile.flush()
            self.server.release.wait(100)
            return None
        with contextlib.suppress(OSError):  # the client may have had enough
            self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def mirrors(monkeypatch):
    """A local server: `files` (name -> bytes) is what it has, `asked` the paths that were asked for."""
    for name in ("EPOCHSCOPE_OFFLINE", "EPOCHSCOPE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.files, running.asked, running.release = {}, [], threading.Event()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.release.set()
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def closed():
    """A URL at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{probe.getsockname()[1]}/"
