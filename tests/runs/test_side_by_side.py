"""Two people train at once in one process: each gets the numbers, to the last bit, that they would get alone."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from epochscope.data import dataset_cache
from epochscope.data.dataset_cache import dataset
from epochscope.methods import METHODS
from epochscope.nets import pretraining_cache as remember
from epochscope.nets.device import cores
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import Manager, train
from epochscope.runs.training.writer import RunWriter

from tests.support.quick_runs import quick
from tests.support.waiting import until

PAIRS = [("dec", "vade"), ("ae_kmeans", "idec"), ("dgg", "dcan"), ("aae", "dkm")]


def request(key: str) -> RunSpec:
    return RunSpec("blobs", key, 5, 3, data={"n": 150}, params=quick(METHODS[key]).flat())


def told(run_id: str) -> list:
    """Everything of each epoch that a number can differ in."""
    run = Run(run_id)
    assert run.status["state"] == "done", run.status
    return [{name: value for name, value in line.items() if name != "seconds"} for line in run.epochs()]


def alone(spec: RunSpec) -> list:
    writer = RunWriter(spec, PROGRAM)
    train(writer, Control())
    return told(writer.id)


def together(*specs: RunSpec) -> list[list]:
    """All of them at once by one manager."""
    manager = Manager()
    ids = [manager.start(spec, PROGRAM) for spec in specs]
    until(lambda: not any(Run(run_id).live for run_id in ids))
    return [told(run_id) for run_id in ids]


@pytest.mark.parametrize("keys", PAIRS, ids="-".join)
def test_two_methods_at_once_get_the_numbers_they_get_alone(keys):
    specs = [request(key) for key in keys]
    expected = [alone(spec) for spec in specs]
    assert together(*specs) == expected
    assert all(line["digest"] for run in expected for line in run)


def test_three_at_once_and_the_same_one_twice(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_TRAININGS", "3")
    specs = [request("dec"), request("dec"), request("soft_kmeans")]
    expected = [alone(spec) for spec in specs]
    assert expected[0] == expected[1]
    assert together(*specs) == expected


def test_nothing_that_others_draw_from_the_shared_generators_changes_a_run():
    import random

    import numpy as np

    spec, ended = request("vade"), threading.Event()
    expected = alone(spec)

    def noise() -> None:
        while not ended.is_set():
            torch.manual_seed(random.randrange(10**6))
            torch.randn(10)
            np.random.seed(random.randrange(10**6))
            random.seed(1)

    other = threading.Thread(target=noise)
    other.start()
    try:
        assert alone(spec) == expected
    finally:
        ended.set()
        other.join()


def test_remembered_pretraining_shared_by_two_runs_changes_nothing(monkeypatch, tmp_path):
    expected = [alone(request(key)) for key in ("dec", "idec")]
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", str(tmp_path / "kept"))
    monkeypatch.setattr(remember, "WORTH_SECONDS", 0.0)
    for _ in range(2):  # written by both at once, then read by both at once
        assert together(request("dec"), request("idec")) == expected
    assert list((tmp_path / "kept").glob("*.safetensors"))


def test_data_are_loaded_once_and_nobody_waits_for_the_download_of_another(monkeypatch):
    began, go_on, calls = threading.Event(), threading.Event(), []

    def slow(key, values, **_):
        calls.append(key)
        if key == "mnist":
            began.set()
            assert go_on.wait(120)
        return object()

    monkeypatch.setattr(dataset_cache, "load", slow)
    found: list = []
    some = [threading.Thread(target=lambda: found.append(dataset("mnist", {"n": 77}))) for _ in range(2)]
    for one in some:
        one.start()
    assert began.wait(120)
    dataset("digits", {"n": 78})  # while the other set is still being downloaded
    go_on.set()
    for one in some:
        one.join()
    assert calls.count("mnist") == 1
    assert found[0] is found[1]
    dataset_cache._datasets.clear()


THREADS = """
import threading, torch
from epochscope.nets.device import cores, threads
usual, seen = 1, []
cores()
inside, checked = threading.Event(), threading.Event()
def other():
    inside.wait()
    with threads(None):
        seen.append(torch.get_num_threads())
    checked.set()
def resumed():
    with threads(usual + 2):
        seen.append(torch.get_num_threads())
        inside.set()
        checked.wait()
        seen.append(torch.get_num_threads())
both = [threading.Thread(target=other), threading.Thread(target=resumed)]
for one in both:
    one.start()
for one in both:
    one.join()
print(usual, *seen)
"""


@pytest.mark.parametrize("environment", [{}, {"OMP_NUM_THREADS": "2"}])
def test_a_run_continued_with_other_threads_leaves_those_of_its_neighbor_alone(environment):
    clean = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    ran = subprocess.run(
        [sys.executable, "-c", THREADS],
        cwd=Path(__file__).parents[2],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    usual, resumed, neighbor, still = map(int, ran.stdout.split())
    assert (resumed, neighbor, still) == (usual + 2, usual, usual + 2)


def test_k_means_of_two_runs_does_not_change_the_threads_of_numpy():
    from threadpoolctl import threadpool_info

    together(request("ae_kmeans"), request("dec"))
    assert {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"} == {1}


def test_the_number_of_cores_is_found_once_however_many_ask():
    found: list[int] = []
    some = [threading.Thread(target=lambda: found.append(cores())) for _ in range(8)]
    for one in some:
        one.start()
    for one in some:
        one.join()
    assert len(set(found)) == 1
