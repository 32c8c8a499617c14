"""Ctrl-C and SIGTERM on the command line: the training ends in order, at whatever moment they come."""

import os
import random
import signal
import subprocess
import sys

import pytest
from epochscope.cli import main
from epochscope.cli.signals import EndRequest, noted_signals
from epochscope.runs.format.run import Run, runs

from tests.support.signals import ctrl_c_counts
from tests.support.waiting import until

RUN = ["run", "--dataset", "blobs", "--data.n", "2000", "--method", "dec", "--net.widths", "32-32"]
RUN += ["--pretrain.epochs", "500", "--cluster.epochs", "500", "--cluster.tol", "0"]


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with ctrl_c_counts():
        yield


def started(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "epochscope", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen, number: int) -> tuple[str, str]:
    """Its output, after the signal; it must end in order, and soon."""
    process.send_signal(number)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert "terminate called" not in err
    return out, err


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="signals of Unix")
def test_a_run_that_sleeps_is_not_taken_for_dead_and_a_signal_ends_it_in_order():
    """It is stopped as by the lid of a laptop, goes on where it was, is ended, continued, and ended again."""
    with started(*RUN) as process:
        assert process.stdout.readline().startswith("epoch")
        process.send_signal(signal.SIGSTOP)
        (run,) = runs()
        slept_at = len(Run(run.id).epochs())
        assert run.status["state"] == "running"
        process.send_signal(signal.SIGCONT)
        until(lambda: len(Run(run.id).epochs()) > slept_at + 2)
        out, err = ended(process, signal.SIGINT)
    assert run.status["state"] == "stopped"
    assert f"stopped: {run.title}" in out
    assert f"to continue it: epochscope resume {run.id}" in err
    count = len(Run(run.id).check().epochs())
    assert 0 < count < 1000
    with started("resume", run.id) as process:
        until(lambda: len(Run(run.id).epochs()) > count)
        out, err = ended(process, signal.SIGTERM)
    assert "to continue it" in err
    assert Run(run.id).check().status["state"] == "stopped"


@pytest.mark.slow
def test_signals_at_random_moments_end_in_order():
    """From before torch is imported until the training has long begun."""
    rng = random.Random(0)
    for _ in range(8):
        with started(*RUN) as process:
            until(lambda process=process: catches(process.pid))
            try:
                process.wait(rng.random() * 6)
            except subprocess.TimeoutExpired:
                ended(process, rng.choice([signal.SIGINT, signal.SIGTERM]))
    for run in runs():
        assert run.status["state"] == "stopped"


def catches(pid: int) -> bool:
    """Whether a process has handlers of its own: before, Python itself is starting."""
    try:
        with open(f"/proc/{pid}/status") as file:
            caught = next(line for line in file if line.startswith("SigCgt"))
    except FileNotFoundError:
        return True
    return bool(int(caught.split()[1], 16) & 1 << signal.SIGTERM - 1)


@pytest.mark.slow
def test_a_reader_that_leaves_ends_the_training_too():
    with started(*RUN) as process:
        process.stdout.readline()
        process.stdout.close()
        process.wait(180)
        err = process.stderr.read()
    assert process.returncode == 0
    assert "terminate called" not in err
    (run,) = runs()
    assert run.status["state"] == "stopped"


def test_a_signal_before_anything_was_trained_leaves_nothing(capsys, monkeypatch):
    def asked(self):
        return True

    monkeypatch.setattr(EndRequest, "is_set", asked)
    monkeypatch.setattr(EndRequest, "number", 2, raising=False)
    assert main(["run", "--dataset", "blobs", "--method", "kmeans"]) in (128, 130)
    assert "ended before anything was trained" in capsys.readouterr().err
    assert list(runs()) == []


def test_signals_that_are_ignored_stay_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with noted_signals() as asked:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            until(asked.is_set)
            assert asked.exit_code == 143
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
