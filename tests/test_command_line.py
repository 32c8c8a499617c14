"""The command line: one JSON object for machines, one sentence for mistakes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from epochscope.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")


def test_it_prints_one_json_object():
    command = [
        sys.executable,
        "-m",
        "epochscope",
        "run",
        "--dataset",
        "digits",
        "--method",
        "dec",
        "--seed",
        "0",
        "--json",
    ]
    command += ["--net.widths", "64-64", "--pretrain.epochs", "3", "--cluster.epochs", "3"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert {"run", "folder", "acc", "nmi", "ari", "epochs", "seconds"} <= result.keys()
    assert result["state"] == "done"
    assert result["epochs"] == 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dataset", "nope"], "There is no data set 'nope'"),
        (["--method", "nope"], "There is no method 'nope'"),
        (["--k", "5000"], "k must be"),
        (["--nu", "many"], "nu must be a number"),
        (["--preset", "nope"], "no preset 'nope'"),
        (["--dataset", "mnist", "--offline"], "downloads are switched off"),
    ],
)
def test_it_says_what_is_wrong(capsys, arguments, sentence):
    assert main(["run", *arguments]) == 2
    assert sentence in capsys.readouterr().err
