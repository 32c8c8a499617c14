"""A server with a made-up run, for the stage's own tests: `python -m tests.stage.fake` shows it in a browser.

The run starts with `first` epochs and grows by `grow()`; frames of t-SNE come one epoch late, as real ones do.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from plotly.offline import get_plotlyjs
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

from core.server.bundle import Bundle

ASSETS = Path(__file__).parents[2] / "assets" / "stage"
PETROFF = ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"]
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIZE_LIMIT = 400_000
PRETRAIN = 12


class FakeRun:
    """Ten clouds that come apart over the epochs; everything is a function of the epoch, so nothing is stored."""

    def __init__(
        self, points: int = 5000, rows: int = 800, first: int = 24, total: int = 60, truth: bool = True
    ) -> None:
        rng = np.random.default_rng(7)
        self.m, self.r, self.k, self.total = points, rows, 10, total
        self.truth = rng.integers(0, 10, points)
        self.has_truth = truth
        angle = np.arange(10) * 2 * np.pi / 10 + 0.3
        self.ends = np.stack([np.cos(angle), np.sin(angle)], 1) * np.where(np.arange(10) % 2, 8.0, 4.5)[:, None]
        self.start = rng.normal(0, 1.6, (points, 2))
        self.noise = rng.normal(0, 1.0, (points, 2))
        self.doubt = rng.random(points)
        self.count = first
        self.late = 1
        self.state = "running"
        self.message = ""
        self.marks: list[dict[str, Any]] = [{"epoch": 17, "name": "gamma", "symbol": "γ", "old": 0.1, "new": 0.5}]
        self.sockets = 0
        self.asked = 0
        self.refuse = False

    def grow(self, epochs: int = 1) -> None:
        self.count = min(self.total, self.count + epochs)
        if self.count == self.total:
            self.state, self.late = "done", 0

    def xy(self, epoch: int, projection: str) -> np.ndarray:
        t = min(1.0, epoch / (0.8 * self.total)) ** 1.3
        goal = self.ends[self.truth] + self.noise * (1.25 - 0.75 * t)
        xy = self.start * (1 - t) + goal * t + 0.12 * np.sin(epoch * 0.9 + 5 * self.noise)
        return xy * [1.2, 0.5] if projection == "pca" else xy

    def q(self, epoch: int) -> np.ndarray:
        t = min(1.0, epoch / (0.8 * self.total)) ** 1.3
        goal = self.ends[self.truth] + self.noise * (1.25 - 0.75 * t)
        z = self.start * (1 - t) + goal * t
        centers = self.ends * (0.3 + 0.7 * t)
        q = 1 / (1 + ((z[:, None] - centers) ** 2).sum(2) / (1.5 - t)) ** 1.5
        return q / q.sum(1, keepdims=True)

    def info(self) -> dict[str, Any]:
        return {
            "id": "fake", "title": "DEC on digits", "dataset": "digits", "method": "dec", "k": self.k, "n": 12 * self.m,
            "m": self.m, "r": self.r, "classes": NAMES, "truth": self.truth.tolist() if self.has_truth else None,
            "index": (np.arange(self.m) * 12).tolist(),
            "sprite": {"url": "/sprite.png", "tile_width": 14, "tile_height": 14, "columns": 100},
            "one_cluster": 0.113, "plan": {"pretrain": PRETRAIN, "cluster": self.total - PRETRAIN}, "tol": 0.001,
            "projections": [
                {"key": "tsne", "title": "t-SNE", "note": "of the code layer"},
                {"key": "pca", "title": "PCA", "note": "of the code layer"},
            ],
        }  # fmt: skip

    def epoch(self, e: int, bundle: Bundle) -> dict[str, Any]:
        cluster = e >= PRETRAIN
        result: dict[str, Any] = {"epoch": e, "phase": "cluster" if cluster else "pretrain", "seconds": 0.8, "at": {}}
        result["losses"] = {"reconstruction": 0.9 * 0.93**e + 0.05}
        result["scores"] = {}
        q = self.q(e)
        labels = q.argmax(1)
        acc = float((labels == self.truth).mean())
        result["scores"] = {"acc": acc, "nmi": acc**1.2, "ari": acc**1.6}
        result["sizes"] = (np.bincount(labels, minlength=self.k) * 12).tolist()
        result["at"]["labels"] = bundle.add(labels.astype(np.uint8).tobytes())
        if cluster:
            p = q**2 / q.sum(0)
            p /= p.sum(1, keepdims=True)
            result["losses"]["kl"] = float((p * np.log(p / q)).sum(1).mean()) if e != 20 else None
            result["at"]["confidence"] = bundle.add((q.max(1) * 255).astype(np.uint8).tobytes())
            for name, values in {"q": q, "p": p}.items():
                result["at"][name] = bundle.add((values[: self.r] * 255).round().astype(np.uint8).tobytes())
        return result

    def frame(self, e: int, projection: str, bundle: Bundle) -> dict[str, Any]:
        xy = self.xy(e, projection)
        center = xy.mean(0)
        scale = float(np.abs(xy - center).max())
        data = ((xy - center) / scale * 32767).round().astype("<i2")
        return {"epoch": e, "at": bundle.add(data.tobytes()), "center": center.tolist(), "scale": scale, "seconds": 0.3}

    def bundle(self, epochs: int, projection: str | None, frames: int) -> tuple[bytes, bool]:
        """The message that continues from these counts, and whether there is anything in it."""
        body = Bundle()
        new_epochs, new_frames = [], []
        while epochs < self.count and body.size < SIZE_LIMIT:
            new_epochs.append(self.epoch(epochs, body))
            epochs += 1
        have = max(0, self.count - self.late) if projection else 0
        while frames < have and body.size < SIZE_LIMIT:
            new_frames.append(self.frame(frames, projection or "", body))
            frames += 1
        complete = self.state == "done" and epochs == self.count and frames >= have
        status = {
            "state": self.state, "phase": "cluster", "message": self.message, "epochs": self.count,
            "progress": self.count / self.total, "eta_seconds": (self.total - self.count) * 0.8,
        }  # fmt: skip
        header = {
            "status": status,
            "live": not complete,
            "epochs": new_epochs,
            "frames": new_frames,
            "marks": self.marks,
        }
        return body.packed(header), bool(new_epochs or new_frames)


def sprite(run: FakeRun) -> bytes:
    """A sheet of tiles, one per drawn point: its class number as bright bars."""
    sheet = np.zeros((-(-run.m // 100) * 14, 1400), np.uint8)
    for i, c in enumerate(run.truth):
        y, x = i // 100 * 14, i % 100 * 14
        sheet[y + 2 : y + 12, x + 2 : x + 3 + c] = 235
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "PNG")
    return out.getvalue()


def application(run: FakeRun) -> Starlette:
    plotly, tiles = get_plotlyjs(), sprite(run)

    async def info(_: Any) -> Response:
        return Response(status_code=404) if run.refuse else JSONResponse(run.info())

    async def bundle(request: Any) -> Response:
        ask = request.query_params
        data, _ = await asyncio.to_thread(
            run.bundle, int(ask["epochs"]), ask.get("projection") or None, int(ask["frames"])
        )
        return Response(data, media_type="application/octet-stream")

    async def live(ws: Any) -> None:
        await ws.accept()
        run.sockets += 1
        try:
            while True:
                ask = json.loads(await ws.receive_text())
                run.asked += 1
                for _ in range(500):
                    state = run.state
                    data, new = await asyncio.to_thread(run.bundle, ask["epochs"], ask["projection"], ask["frames"])
                    if new or state == "done":
                        break
                    await asyncio.sleep(0.02)
                await ws.send_bytes(data)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            run.sockets -= 1

    async def page(_: Any) -> Response:
        return HTMLResponse((Path(__file__).parent / "harness.html").read_text())

    return Starlette(
        routes=[
            Route("/", page),
            Route("/plotly.js", lambda _: Response(plotly, media_type="text/javascript")),
            Route("/sprite.png", lambda _: Response(tiles, media_type="image/png")),
            Route("/api/runs/{run}/info", info),
            Route("/api/runs/{run}/bundle", bundle),
            WebSocketRoute("/api/runs/{run}/live", live),
            Mount("/stage", StaticFiles(directory=ASSETS)),
        ]
    )


@contextlib.contextmanager
def served(run: FakeRun) -> Any:
    """The server in a thread; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(application(run), port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(5)


if __name__ == "__main__":
    demo = FakeRun(first=2, total=90)
    with served(demo) as address:
        print(address)
        while True:
            time.sleep(1)
            demo.grow()
