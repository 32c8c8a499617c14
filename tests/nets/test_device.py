"""The device, and how many cores training takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from epochscope.nets import device
from epochscope.nets.device import (
    core_left_over,
    cores,
    denormals_flushed,
    free_cores,
    generator,
    many_cores,
    one_core_again,
    sharing_cores,
    threads,
)

PLENTY = 2**40  # multiplications: worth any number of threads


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cores", lambda: 8)


@pytest.mark.parametrize("environment", [{}, {"OMP_NUM_THREADS": "2"}])
def test_all_cores_are_there_unless_the_environment_overrules(environment: dict[str, str]) -> None:
    known = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    code = (
        "import torch; from epochscope.nets.device import cores, threads\n"
        "print(torch.get_num_threads(), cores())\n"
        "with threads(1): print(cores())"
    )
    ran = subprocess.run([sys.executable, "-c", code], env={**known, **environment}, capture_output=True, check=True)
    before, found, in_a_training = map(int, ran.stdout.split())
    assert in_a_training == found == before == int(environment.get("OMP_NUM_THREADS", before))


def test_a_container_may_have_been_given_fewer_cores_than_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_AT_FIRST", 64)
    monkeypatch.setattr(device.joblib, "cpu_count", lambda: 3)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert cores.__wrapped__() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert cores.__wrapped__() == 64  # torch has read it


def test_the_number_of_cores_is_found_once() -> None:
    first = cores()
    with threads(first + 3):
        assert cores() == first


def test_trainings_share_the_cores_and_leave_one_to_whoever_watches(eight_cores: None) -> None:
    assert free_cores() == 8
    with core_left_over(), core_left_over():
        assert free_cores() == 7
        with sharing_cores(), sharing_cores():
            assert free_cores() == 3
    with sharing_cores():
        assert free_cores() == 8
    assert free_cores() == 8


def test_only_what_is_worth_it_takes_many_cores(eight_cores: None) -> None:
    with threads():
        with many_cores(PLENTY):
            assert torch.get_num_threads() == 8
            with one_core_again():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 8
        with many_cores(1000):
            assert torch.get_num_threads() == 1
        with one_core_again():
            assert torch.get_num_threads() == 1


def test_a_run_that_was_begun_with_several_threads_keeps_them_for_everything(eight_cores: None) -> None:
    with threads(3), many_cores(PLENTY), one_core_again():
        assert torch.get_num_threads() == 3


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
