"""A cache of long pretraining: the same data, network, parameters and seed give the stored snapshots and weights.

An entry equals a new computation bit for bit: its key covers everything that pretraining depends on, including its
source code. The cache is in the folder EPOCHSCOPE_PRETRAINED ("off" disables it), else in the platform's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from epochscope import settings
from epochscope.files import require_file, write_whole
from epochscope.nets.training import PhaseSteps, array
from epochscope.types import Progress, Snapshot

WORTH_SECONDS = 20.0
"""Shorter pretraining is computed each time, so that it can be watched."""
MOST_BYTES = 200_000_000  # of one entry with its snapshots
ALL_BYTES = 1_000_000_000  # of all entries: those used longest ago are deleted first

_here = threading.local()


class _About(msgspec.Struct):
    """A snapshot of an entry, but for its codes."""

    phase: str
    losses: dict[str, float]


@contextmanager
def without_pretraining_cache() -> Iterator[None]:
    """Context in which this thread neither reads nor writes the cache."""
    _here.bypassed = True
    try:
        yield
    finally:
        _here.bypassed = False


def cached_pretraining(
    work: PhaseSteps, net: nn.Module, hp: Any, rng: torch.Generator, key: Callable[[], str]
) -> PhaseSteps:
    """Runs `work`, which trains `net` in place, or replays its cached result. Returns hp with its live changes.

    The result is not cached if a live parameter was changed on the way. A change during a replay takes effect only
    afterwards.
    """
    path = _path(key)
    if path is not None and path.exists():
        try:
            entry = _read(path, net, rng)
        except (OSError, SafetensorError, ValueError, KeyError, RuntimeError):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        else:
            return (yield from _replay(entry, net, hp, rng))
    return (yield from _train(work, net, hp, rng, path))


def _path(key: Callable[[], str]) -> Path | None:
    """File of the cache entry with this key; None if the cache is off."""
    folder = settings.PRETRAINED() or platformdirs.user_cache_path("epochscope") / "pretrained"
    off = str(folder) == "off" or getattr(_here, "bypassed", False)
    return None if off else Path(folder) / f"{key()}.safetensors"


def _replay(entry: Mapping[str, Any], net: nn.Module, hp: Any, rng: torch.Generator) -> PhaseSteps:
    last = len(entry["snapshots"]) - 1
    for i, about in enumerate(entry["snapshots"]):
        z = array(entry["tensors"][f"z/{i}"])
        repr(hp.pretrain)  # read as where it is computed: a branch may go on from here with another value
        if i == last:  # before the last snapshot: whoever seeds rng anew after it does so for what follows
            _restore(entry, net, rng)
        hp = (yield Snapshot(phase=about.phase, z=z, losses=about.losses)) or hp
        yield Progress(i + 1, len(entry["snapshots"]), "pretraining from the cache")
    return hp


def _restore(entry: Mapping[str, Any], net: nn.Module, rng: torch.Generator) -> None:
    """Network and rng as pretraining left them."""
    net.load_state_dict(_weights(entry["tensors"]))
    rng.set_state(entry["tensors"]["rng"].cpu())


def _train(work: PhaseSteps, net: nn.Module, hp: Any, rng: torch.Generator, path: Path | None) -> PhaseSteps:
    snapshots: list[Snapshot] = []
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
            snapshots.append(step)
            size += step.z.nbytes
        answer = yield step
    if path is not None and seconds > WORTH_SECONDS and size < MOST_BYTES and hp == asked:
        _write(path, snapshots, net, rng)
    return hp


def _write(path: Path, snapshots: list[Snapshot], net: nn.Module, rng: torch.Generator) -> None:
    """Writes an entry and deletes the oldest ones above ALL_BYTES; errors of the disk are ignored."""
    tensors = {f"z/{i}": torch.tensor(snapshot.z) for i, snapshot in enumerate(snapshots)}
    tensors |= {f"net/{name}": t.detach().cpu().contiguous() for name, t in net.state_dict().items()}
    tensors["rng"] = rng.get_state()
    about = [{"phase": snapshot.phase, "losses": dict(snapshot.losses)} for snapshot in snapshots]
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


def _weights(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix("net/"): tensor for name, tensor in tensors.items() if name.startswith("net/")}


def _read(path: Path, net: nn.Module, rng: torch.Generator) -> dict[str, Any]:
    """What a file holds. Raises an error where anything of it is not as `_write` makes it for this network."""
    require_file(path)
    os.utime(path)  # marks the entry as used now
    with safe_open(path, "pt", device=str(rng.device)) as file:
        snapshots = msgspec.json.decode((file.metadata() or {})["snapshots"], type=list[_About])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    codes = [tensors[f"z/{i}"] for i in range(len(snapshots))]
    if not codes or any(z.ndim != 2 or not z.is_floating_point() or len(z) != len(codes[0]) for z in codes):
        raise ValueError("these are no codes")
    if _kinds(_weights(tensors)) != _kinds(net.state_dict()):
        raise ValueError("these are the weights of another network")
    torch.Generator(rng.device).set_state(tensors["rng"].cpu())  # or it says what is wrong
    return {"snapshots": snapshots, "tensors": tensors}


def _kinds(weights: Mapping[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in weights.items()}


def digest(*parts: bytes | str | Tensor) -> str:
    """A hash of all parts, of the version of torch and of the number of threads: 32 hexadecimal digits."""
    mixed = hashlib.sha256(f"{torch.__version__} {torch.get_num_threads()}".encode())
    for part in parts:
        if isinstance(part, Tensor):
            mixed.update(part.device.type.encode())
            mixed.update(part.detach().cpu().contiguous().numpy().tobytes())
        else:
            mixed.update(part.encode() if isinstance(part, str) else part)
        mixed.update(b"|")
    return mixed.hexdigest()[:32]
