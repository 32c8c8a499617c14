"""`epochscope sweep` as it is typed: mistakes as one sentence, the program for a queue, the lines of a terminal."""

import ast
import json

import pytest
from epochscope.cli import main
from epochscope.cli.sweep_terminal import Terminal
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.sweeps import cluster, drive, script

dask_jobqueue = pytest.importorskip("dask_jobqueue")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dataset", "nope"], "There is no data set 'nope'"),
        (["--method", "kmeans,nope"], "There is no method 'nope'"),
        (["--method", "kmeans", "--seeds", "9-0"], "'9-0' is no range of seeds"),
        (["--method", "kmeans", "--grid", "gamma"], "A grid is one NAME=VALUE,VALUE"),
        (["--method", "kmeans", "--grid", "gamma=1"], "No method of this sweep has a parameter 'gamma'"),
        (["--continue", "nope"], "There is no group 'nope'"),
    ],
)
def test_it_says_what_is_wrong_before_anything_is_made(capsys, tmp_path, arguments, sentence):
    assert main(["sweep", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_without_dask_one_sentence_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    assert main(["sweep", "--method", "kmeans"]) == 2
    assert "distributed and cryptography are not installed: pip install" in capsys.readouterr().err


def test_no_scheduler_at_the_address(monkeypatch, capsys):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.3)
    assert main(["sweep", "--method", "kmeans", "--dataset", "blobs", "--seeds", "0", "--on", "tcp://127.0.0.1:9"]) == 2
    assert "No scheduler of Dask answers at 'tcp://127.0.0.1:9'" in capsys.readouterr().err


@pytest.mark.parametrize("queue", script.QUEUES)
def test_the_program_for_a_queue_asks_for_what_a_run_takes(queue, capsys, monkeypatch):
    what = ["--method", "dec,idec", "--seeds", "0-9", "--grid", "gamma=0.05,0.1"]
    where = ["--script", queue, "--threads", "4", "--gpus=1", "--workers", "7"]
    assert main(["sweep", *what, *where]) == 0
    program = capsys.readouterr().out
    ast.parse(program)
    asked = {}

    class Cluster(getattr(dask_jobqueue, script.QUEUES[queue])):
        def scale(self, jobs):
            if jobs:  # 0 at its end
                asked.update(jobs=jobs, script=self.job_script(), address=self.scheduler_address)

    monkeypatch.setattr(dask_jobqueue, script.QUEUES[queue], Cluster)
    monkeypatch.setattr("epochscope.cli.main", lambda arguments: asked.update(arguments=arguments) or 0)
    with pytest.raises(SystemExit) as ended:
        exec(compile(program, "sweep.py", "exec"), {"__name__": "__main__"})
    assert ended.value.code == 0
    assert asked["arguments"] == ["sweep", *what, "--threads", "4", "--gpus=1", "--on", asked["address"]]
    assert asked["jobs"] == 7
    wanted = {"slurm": ["--cpus-per-task=4", "--gres=gpu:1"], "pbs": ["select=1:ncpus=4:mem=8GB:ngpus=1"]}[queue]
    for words in [*wanted, "--nthreads 1", "--resources GPU=1"]:
        assert words in asked["script"], asked["script"]


def test_a_terminal_shows_each_run_and_a_table_of_settings(capsys):
    specs = [RunSpec("blobs", "idec", 3, seed, params={"gamma": gamma}) for gamma in (0.1, 0.2) for seed in (0, 1)]
    begun = drive.begun(specs, "four", PROGRAM)
    shown, counted = Terminal(begun, ("gamma",), quiet=False), Terminal(begun, ("gamma",), quiet=True)
    shown.progress()
    for writer in begun.writers[:3]:
        writer.claim()
        writer.finish("done")
        shown.ended(drive.Ended(writer.id, "done", ""))
    shown.ended(drive.Ended(begun.writers[3].id, "failed", "the reason"))
    states = shown.summary()
    assert states == {"done": 3, "failed": 1}
    out, err = capsys.readouterr()
    assert "0 of 4 ended, 0 train, 4 wait" in err
    assert "[1/4] done: IDEC on Blobs, k = 3, seed 0, gamma = 0.1  0 epochs" in out
    assert "    the reason" in out
    assert "| idec, gamma = 0.2 | 1 of 2 | - | - |" in out
    counted.summary()
    table = json.loads(capsys.readouterr().out)
    assert table["group"] == begun.group
    assert [(row["values"], row["seed"]) for row in table["runs"]] == [
        ({"gamma": gamma}, seed) for gamma in (0.1, 0.2) for seed in (0, 1)
    ]
