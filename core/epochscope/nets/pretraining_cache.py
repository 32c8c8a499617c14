"""Long pretraining is done once: the same data, network, numbers and seed get the same snapshots and weights back.

What is remembered is what would be computed again, bit for bit: the key covers everything that pretraining depends on,
its own source included. It lies in EPOCHSCOPE_PRETRAINED ("off" switches it off), else in the platform's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from epochscope.files import write_whole
from epochscope.nets.training import PhaseSteps, array
from epochscope.types import Snapshot, Tick

WORTH_SECONDS = 20.0
"""Shorter pretraining is trained anew each time: it is a part of what there is to see."""
MOST_BYTES = 200_000_000  # one entry with its snapshots
ALL_BYTES = 1_000_000_000  # all entries: the one that was used longest ago goes first

_here = threading.local()


@contextmanager
def without_pretraining_cache() -> Iterator[None]:
    """In this thread nothing is remembered meanwhile: all pretraining is trained."""
    _here.forgets = True
    try:
        yield
    finally:
        _here.forgets = False


def cached_pretraining(
    work: PhaseSteps, net: nn.Module, hp: Any, rng: torch.Generator, key: Callable[[], str]
) -> PhaseSteps:
    """`work` as a stage that trains `net`, or what it gave before. Returns hp with its live changes, as `work` does.

    Work that was changed on the way (a live parameter) is not kept. A change during the replay holds from then on: it
    comes too late for what is remembered.
    """
    path = _path(key)
    if path is not None and path.exists():
        try:
            entry = _read(path, rng.device)
        except (OSError, SafetensorError, ValueError, KeyError):
            path.unlink(missing_ok=True)
        else:
            return (yield from _replay(entry, net, hp, rng))
    return (yield from _train(work, net, hp, rng, path))


def _path(key: Callable[[], str]) -> Path | None:
    """Where this work is or will be remembered; None where that is switched off."""
    place = os.environ.get("EPOCHSCOPE_PRETRAINED") or platformdirs.user_cache_path("epochscope") / "pretrained"
    off = str(place) == "off" or getattr(_here, "forgets", False)
    return None if off else Path(place) / f"{key()}.safetensors"


def _replay(entry: Mapping[str, Any], net: nn.Module, hp: Any, rng: torch.Generator) -> PhaseSteps:
    for i, about in enumerate(entry["snapshots"]):
        z = array(entry["tensors"][f"z/{i}"])
        hp = (yield Snapshot(phase=about["phase"], z=z, losses=about["losses"])) or hp
        yield Tick(i + 1, len(entry["snapshots"]), "pretraining as remembered")
    net.load_state_dict({name.removeprefix("net/"): t for name, t in entry["tensors"].items() if name[:4] == "net/"})
    rng.set_state(entry["tensors"]["rng"].cpu())
    return hp


def _train(work: PhaseSteps, net: nn.Module, hp: Any, rng: torch.Generator, path: Path | None) -> PhaseSteps:
    kept: list[Snapshot] = []
    seconds, size, asked, answer = 0.0, 0, hp, None
    while True:
        began = time.perf_counter()
        try:
            step = work.send(answer)
        except StopIteration as end:
            hp = end.value
            break
        seconds += time.perf_counter() - began
        if isinstance(step, Snapshot) and size < MOST_BYTES:
            kept.append(step)
            size += step.z.nbytes
        answer = yield step
    if path is not None and seconds > WORTH_SECONDS and size < MOST_BYTES and hp == asked:
        _keep(path, kept, net, rng)
    return hp


def _keep(path: Path, kept: list[Snapshot], net: nn.Module, rng: torch.Generator) -> None:
    """Writes an entry; a full or missing disk only means that nothing is remembered."""
    tensors = {f"z/{i}": torch.tensor(snapshot.z) for i, snapshot in enumerate(kept)}
    tensors |= {f"net/{name}": t.detach().cpu().contiguous() for name, t in net.state_dict().items()}
    tensors["rng"] = rng.get_state()
    about = [{"phase": snapshot.phase, "losses": dict(snapshot.losses)} for snapshot in kept]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, save(tensors, {"snapshots": json.dumps(about)}))
        entries = sorted(path.parent.glob("*.safetensors"), key=lambda other: other.stat().st_mtime, reverse=True)
        total = 0
        for other in entries:
            total += other.stat().st_size
            if total > ALL_BYTES:
                other.unlink(missing_ok=True)
    except OSError:
        return


def _read(path: Path, device: torch.device) -> dict[str, Any]:
    os.utime(path)  # used now
    with safe_open(path, "pt", device=str(device)) as file:
        return {
            "snapshots": json.loads(file.metadata()["snapshots"]),
            "tensors": {name: file.get_tensor(name) for name in file.keys()},  # noqa: SIM118
        }


def digest(*parts: bytes | str | Tensor) -> str:
    """One name for all of these down to the last bit, and for this machine's way of computing with them."""
    mixed = hashlib.sha256(f"{torch.__version__} {torch.get_num_threads()}".encode())
    for part in parts:
        if isinstance(part, Tensor):
            mixed.update(part.device.type.encode())
            mixed.update(part.detach().cpu().contiguous().numpy().tobytes())
        else:
            mixed.update(part.encode() if isinstance(part, str) else part)
        mixed.update(b"|")
    return mixed.hexdigest()[:32]
