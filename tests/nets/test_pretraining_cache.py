"""Remembered pretraining is the same as pretraining, bit for bit."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from epochscope.nets import pretraining_cache as remember
from epochscope.nets.autoencoder import Autoencoder, AutoencoderParams
from epochscope.nets.device import generator
from epochscope.nets.pretrain import PretrainParams, pretrain
from epochscope.params import Params, group
from epochscope.types import Progress, Snapshot
from safetensors import safe_open
from safetensors.torch import save_file


@dataclass(frozen=True)
class Hp(Params):
    net: AutoencoderParams = group(AutoencoderParams, "Network", widths="12", d=2)
    pretrain: PretrainParams = group(PretrainParams, "Pretraining", epochs=3, batch=32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", str(tmp_path / "pretrained"))
    monkeypatch.setattr(remember, "WORTH_SECONDS", 0.0)
    return tmp_path / "pretrained"


def trained(hp=(), seed=0, answer=None):
    """Snapshots, number of gradient steps, weights and the next random number after pretraining."""
    hp, rng = Hp().but(dict(hp)), generator(seed)
    x = torch.randn(100, 5, generator=generator(7))
    net = Autoencoder(5, hp.net, rng)
    stage, kept, ticks, reply = pretrain(net, x, hp, rng), [], 0, None
    while True:
        try:
            step = stage.send(reply)
        except StopIteration as end:
            return kept, ticks, net.state_dict(), torch.rand(3, generator=rng), end.value
        reply = None
        ticks += isinstance(step, Progress) and not step.doing
        if isinstance(step, Snapshot):
            kept.append(step)
            reply = answer


def equal(left, right):
    return (
        [(s.phase, dict(s.losses)) for s in left[0]] == [(s.phase, dict(s.losses)) for s in right[0]]
        and all(np.array_equal(a.z, b.z) for a, b in zip(left[0], right[0], strict=True))
        and all(torch.equal(left[2][name], right[2][name]) for name in left[2])
        and torch.equal(left[3], right[3])
    )


def test_the_second_time_gives_the_same_bits_without_a_step(place):
    first, second = trained(), trained()
    assert first[1] > 0
    assert second[1] == 0
    assert equal(first, second)
    assert not second[0][0].z.flags.writeable


@pytest.mark.parametrize("change", [{"seed": 1}, {"hp": {"pretrain.lr": 0.002}}, {"hp": {"net.d": 3}}])
def test_anything_else_is_trained_anew(place, change):
    trained()
    assert trained(**change)[1] > 0


def test_what_was_changed_on_the_way_is_not_kept(place):
    louder = Hp().but({"pretrain.lr": 0.01})
    assert trained(answer=louder)[4] == louder
    assert not list(place.glob("*"))
    trained()
    assert trained(answer=louder)[4] == louder  # a replay hands the change on, too


DAMAGE = {
    "no weights": lambda tensors: [tensors.pop(name) for name in list(tensors) if name.startswith("net/")],
    "other weights": lambda tensors: tensors.update({n: t[:1] for n, t in tensors.items() if n[:4] == "net/"}),
    "codes gone": lambda tensors: tensors.pop("z/0"),
    "codes are one number": lambda tensors: tensors.update({"z/0": torch.zeros(())}),
    "no random state": lambda tensors: tensors.pop("rng"),
    "random state of zeros": lambda tensors: tensors.update(rng=torch.zeros_like(tensors["rng"])),
}


@pytest.mark.parametrize("damage", [*DAMAGE, "no text", "a pipe", "a folder"])
def test_an_entry_that_is_wrong_anywhere_is_thrown_away(place, damage):
    first = trained()
    (entry,) = place.iterdir()
    with safe_open(entry, "pt") as file:
        about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    entry.unlink()
    if damage == "a pipe":
        os.mkfifo(entry)
    elif damage == "a folder":
        entry.mkdir()
    else:
        DAMAGE.get(damage, lambda _: None)(tensors)
        save_file(tensors, entry, None if damage == "no text" else about)
    again = trained()
    assert again[1] > 0
    assert equal(first, again)


def test_a_damaged_entry_is_thrown_away(place):
    first = trained()
    (entry,) = place.glob("*.safetensors")
    entry.write_bytes(entry.read_bytes()[:100])
    assert equal(first, trained())
    assert entry.stat().st_size > 100


def test_old_entries_make_room(place, monkeypatch):
    trained()
    (entry,) = place.glob("*.safetensors")
    monkeypatch.setattr(remember, "ALL_BYTES", int(1.5 * entry.stat().st_size))
    trained(seed=1)
    assert entry not in place.glob("*.safetensors")
    assert len(list(place.glob("*.safetensors"))) == 1


def test_short_pretraining_is_part_of_the_show(place, monkeypatch):
    monkeypatch.setattr(remember, "WORTH_SECONDS", 20.0)
    trained()
    assert not list(place.glob("*"))


def test_it_can_be_switched_off(place, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", "off")
    trained()
    assert trained()[1] > 0
    assert not place.exists()
