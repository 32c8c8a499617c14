"""The device, and how many cores training takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from epochscope.nets.device import denormals_flushed, generator

THREADS = "import torch; b = torch.get_num_threads(); from epochscope.nets.device import spare_a_core as s; s(); s(); "


def after_sparing(**environment: str) -> tuple[int, int]:
    """Threads of a fresh process before and after it spares a core."""
    known = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", THREADS + "print(b, torch.get_num_threads())"]
    printed = subprocess.run(command, env={**known, **environment}, capture_output=True, text=True, check=True).stdout
    before, after = printed.split()
    return int(before), int(after)


def test_one_core_is_left_over_once() -> None:
    before, after = after_sparing()
    assert after == max(1, before - 1)


def test_the_environment_overrules() -> None:
    before, after = after_sparing(OMP_NUM_THREADS="2")
    assert after == before


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor cannot flush denormal numbers")
def test_denormals_are_flushed_inside_only() -> None:
    tiny = torch.full((8,), 1e-30)
    with denormals_flushed():
        assert not (tiny * 1e-15).any()
    assert (tiny * 1e-15).all()


def test_two_generators_of_a_seed_draw_the_same() -> None:
    first, second = generator(3), generator(3)
    torch.manual_seed(9)
    assert torch.equal(torch.rand(5, generator=first), torch.rand(5, generator=second))
