"""Stored pretraining that is damaged, for benchmarks.damaged: what is trained with it is the same as without it."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import torch
from epochscope.methods.idec import IdecParams
from epochscope.nets import pretraining_cache
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.device import generator
from epochscope.nets.pretrain import pretrain

from benchmarks.damage import damage_file

_LONGEST = 2.0  # seconds for a small training


def checkpoints(folder: Path, count: int, chance: random.Random) -> list[str]:
    """Trains after so many damages of its stored pretraining; what came out otherwise, or took long."""
    os.environ["EPOCHSCOPE_PRETRAINED"] = str(folder / "pretrained")
    pretraining_cache.WORTH_SECONDS = 0.0
    first, wrong = _pretrained(), []
    (entry,) = (folder / "pretrained").iterdir()
    content = entry.read_bytes()
    for _ in range(count):
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink(missing_ok=True)
        entry.write_bytes(content)
        said, began = damage_file(entry, chance), time.monotonic()
        try:
            same = all(torch.equal(a, b) for a, b in zip(first, _pretrained(), strict=True))
        except Exception as error:
            wrong.append(f"{said}: {error!r}")
            continue
        if not same or time.monotonic() - began > _LONGEST:
            wrong.append(f"{said}: {'other weights' if not same else 'late'}")
    return wrong


def _pretrained() -> list[torch.Tensor]:
    """The weights of a small network after its pretraining, and the next random number."""
    hp, rng = IdecParams().but({"net.widths": "12", "net.d": 2, "pretrain.epochs": 2}), generator(0)
    net = Autoencoder(5, hp.net, rng)
    for _ in pretrain(net, torch.randn(60, 5, generator=generator(7)), hp, rng):
        pass
    return [*net.state_dict().values(), torch.rand(3, generator=rng)]
