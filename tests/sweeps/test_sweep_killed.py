"""Workers, and the sweep itself, are killed in the middle: every run ends with the numbers that it has alone."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.spec import RunSpec
from epochscope.sweeps import cluster, drive

from tests.support.signals import ctrl_c_counts
from tests.support.training import recorded, same_runs
from tests.support.waiting import until

pytest.importorskip("distributed")
SHORT = {"pretrain.epochs": 8, "cluster.epochs": 4, "net.widths": "16"}


def spec(seed: int, epochs: int) -> RunSpec:
    method = ("dec", "idec", "ae_kmeans", "dkm")[seed % 4]
    values = SHORT | {"pretrain.epochs": epochs}
    values = {name: value for name, value in values.items() if method != "ae_kmeans" or not name.startswith("cluster")}
    return RunSpec("blobs", method, 4, seed, data={"n": 120}, params=values)


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("share", [True, False], ids=["in a shared folder", "through the client"])
def test_twenty_runs_and_a_worker_that_is_killed_in_the_middle(share):
    long = range(4, 8)  # those of which one is to be caught at its training
    begun = drive.begun([spec(seed, 400 if seed in long else 8) for seed in range(20)], "twenty", PROGRAM)
    watched = [Run(one.id) for one in begun.writers]
    need, told, killed = cluster.Need(), [], []
    with cluster.connected("local", need, 2, print) as client:
        processes = client.run(os.getpid)
        assert len(set(processes.values())) == 2

        def progress() -> None:
            """Kills a worker once some runs are done and one that it trains has epochs."""
            if len(told) < 4 or killed:
                return
            for keys in client.processing().values():
                assert all(isinstance(key, str) for key in keys)
            for address, keys in client.processing().items():
                busy = [run for run in watched if any(str(key).startswith(run.id) for key in keys)]
                if any(run.status["state"] == "running" and run.epochs() for run in busy):
                    os.kill(processes[address], signal.SIGKILL)
                    killed.append(address)
                    return

        sweep = drive.Sweep(client, begun, PROGRAM, need, retries=0, share=share, local=True, tell=told.append)
        assert sweep.follow(threading.Event(), progress)
        assert killed
        assert killed[0] not in client.run(os.getpid)
    assert [one.state for one in told] == ["done"] * 20
    for run in watched:
        same_runs(run.check(), recorded(run.spec))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_sweep_itself_is_killed_interrupted_and_continued():
    """With it goes its scheduler. First killed, then Ctrl-C as a terminal sends it: to all processes at once."""
    command = [sys.executable, "-m", "epochscope", "sweep"]
    what = ["--dataset", "blobs", "--data.n", "120", "--k", "4", "--seeds", "0-3"]
    what += ["--grid", "pretrain.epochs=30", "cluster.epochs=10", "net.widths=16"]
    with ctrl_c_counts(), started([*command, *what, "--workers", "2"]) as process:
        group = process.stdout.readline().split("group ")[1].split(";")[0]
        until(lambda: any(len(run.epochs()) > 3 for run in runs()), 400)
        process.kill()
        process.communicate(timeout=180)
    until(lambda: not any(run.live for run in runs()))  # the workers end with the sweep
    assert {run.status["state"] for run in runs()} <= {"interrupted", "done"}
    some = sum(len(run.epochs()) for run in runs())
    with ctrl_c_counts(), started([*command, "--continue", group, "--workers", "2"]) as process:
        until(lambda: sum(len(run.epochs()) for run in runs()) > some + 3, 400)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=400)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert f"to continue them: epochscope sweep --continue {group}" in err
    assert {run.status["state"] for run in runs()} <= {"stopped", "done"}
    with started([*command, "--continue", group, "--workers", "2"]) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    swept = list(runs())
    assert len(swept) == 4
    for run in swept:
        same_runs(run.check(), recorded(run.spec))


def started(command: list[str]) -> subprocess.Popen:
    """In a group of processes of its own, as a shell starts it."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
