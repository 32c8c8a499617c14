"""The command line: one JSON object for machines, one sentence for mistakes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import epochscope
import pytest
from epochscope.cli import app, main
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.types import EpochscopeError

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


def test_a_preset_for_any_data_is_stored_as_plain_numbers_and_the_best_epoch_is_told(capsys):
    short = ["--pretrain.epochs", "2", "--cluster.epochs", "2"]
    data = ["--dataset", "blobs", "--data.n", "100"]
    assert main(["run", *data, "--method", "dec", "--preset", "recommended", "--k", "3", *short]) == 0
    output = capsys.readouterr().out
    assert "best epoch without labels: " in output
    (stored,) = (Path(os.environ["EPOCHSCOPE_RUNS"])).glob("*/run.json")
    spec = json.loads(stored.read_text())["spec"]
    wanted = METHODS["dec"].start("recommended", Size(100, 2, 3)).flat()
    assert spec["params"] == wanted | {"pretrain.epochs": 2, "cluster.epochs": 2}
    assert spec["preset"] == "recommended"


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


def test_a_branch_and_what_is_wrong_with_one(capsys):
    made = ["--dataset", "blobs", "--data.n", "100", "--method", "soft_kmeans", "--k", "3", "--cluster.epochs", "3"]
    assert main(["run", *made, "--json"]) == 0
    run = json.loads(capsys.readouterr().out)["run"]
    assert main(["branch", run, "--epoch", "2", "--set", "alpha=2", "--set", "cluster.epochs=5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == 7
    for wrong, sentence in (
        (["--epoch", "2", "--set", "alpha"], "--set takes NAME=VALUE"),
        (["--epoch", "2", "--set", "alpha=much"], "alpha must be a number"),
        (["--epoch", "99"], "There is no epoch 99"),
    ):
        assert main(["branch", run, *wrong]) == 2
        assert sentence in capsys.readouterr().err


def test_no_command_opens_the_app(monkeypatch):
    opened = []
    monkeypatch.setattr(app, "_app", lambda options: opened.append(options) or 0)
    for arguments in ([], ["app"], ["--port", "0", "--no-browser"], ["app", "--hosts", "a,b", "--address", "0.0.0.0"]):
        assert main(arguments) == 0
    assert [(one.port, one.no_browser, one.hosts, one.address) for one in opened] == [
        (None, False, "", "127.0.0.1"),
        (None, False, "", "127.0.0.1"),
        (0, True, "", "127.0.0.1"),
        (None, False, "a,b", "0.0.0.0"),
    ]


def test_the_hosts_of_a_class_come_beside_this_machine():
    options = type("Options", (), {"address": "0.0.0.0"})()
    settings = app._settings(options, 9000, ["lecture.example"])
    assert settings["server.allowedHosts"] == ["localhost", "127.0.0.1", "lecture.example"]
    assert "server.allowedHosts" not in app._settings(options, 9000, [])


def test_the_usual_port_gives_way_and_one_asked_for_does_not(monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(app, "USUAL_PORT", port)
        found = app.free_port("127.0.0.1", None)
        assert port < found < port + 100
        assert capsys.readouterr().err == f"Port {port} is taken, so the app takes port {found}.\n"
        with pytest.raises(EpochscopeError, match=f"Port {port} is taken; choose another"):
            app.free_port("127.0.0.1", port)
    assert app.free_port("127.0.0.1", 0) > 0
    with pytest.raises(EpochscopeError, match=r"'no\.such\.invalid' is no address to listen on"):
        app.free_port("no.such.invalid", 0)


def test_a_damaged_run_is_deleted_and_an_unknown_one_is_a_sentence(tmp_path, capsys):
    damaged = tmp_path / "runs" / "20260101-000000-digits-dec-0123456789"
    damaged.mkdir(parents=True)
    (damaged / "run.json").write_text("{")
    assert main(["delete", damaged.name, "20260101-000000-digits-dec-9999999999"]) == 2
    output = capsys.readouterr()
    assert output.out.split() == [damaged.name]
    assert output.err.count("epochscope: ") == 1
    assert not damaged.exists()
    assert (tmp_path / "runs" / ".trash" / damaged.name).is_dir()


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"epochscope {epochscope.__version__}\n"


def test_why_a_point_moved(capsys):
    short = ["--pretrain.epochs", "1", "--cluster.epochs", "2", "--net.widths", "16", "--cluster.tol", "0"]
    assert main(["run", "--dataset", "blobs", "--data.n", "100", "--method", "dec", "--k", "3", *short]) == 0
    (folder,) = (path.parent for path in Path(os.environ["EPOCHSCOPE_RUNS"]).glob("*/run.json"))
    capsys.readouterr()
    assert main(["why", folder.name, "--point", "7", "--epoch", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["points"], found["since"], found["epoch"]) == ([7], 2, 3)
    assert sum(part["share"] for part in found["parts"]) == pytest.approx(1)
    assert main(["why", folder.name, "--point", "7", "--epoch", "3"]) == 0
    assert "Point 7 moved by" in capsys.readouterr().out
    assert main(["why", folder.name, "--point", "700", "--epoch", "3"]) == 2
    assert "There is no such point" in capsys.readouterr().err
