"""The benchmark resumes, writes failures down, and fills in every value of what it asks for."""

import contextlib
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from epochscope import __main__ as cli
from epochscope.methods import METHODS
from epochscope.runs.library.results import read
from epochscope.types import EpochscopeError

from benchmarks import accuracy

CALL = ["--datasets", "blobs", "--methods", "kmeans", "--seeds", "2"]


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "results.jsonl"


@pytest.fixture
def crashes(monkeypatch):
    """Every run ends with code 2; returns the commands."""
    commands = []

    def run(command, **_):
        commands.append(command)
        return SimpleNamespace(returncode=2, stdout="", stderr="warning\nepochscope: out of luck\n")

    monkeypatch.setattr(accuracy, "subprocess", SimpleNamespace(run=run))
    return commands


@pytest.fixture
def inside(monkeypatch):
    """The command line within this process: no import of torch for each run."""

    def run(command, **_):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = cli.main(command[command.index("epochscope") + 1 :])
        return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr="")

    monkeypatch.setattr(accuracy, "subprocess", SimpleNamespace(run=run))


@pytest.mark.usefixtures("inside")
def test_it_trains_writes_and_does_not_train_again(results, capsys, monkeypatch):
    call = [*CALL, "--results", str(results), "--", "--data.n", "60", "--k", "3", "--restarts", "2"]
    accuracy.main(call)
    first = capsys.readouterr().out
    found = read(results)
    assert [(r.state, r.seed, r.k, r.data["n"], r.params["restarts"]) for r in found] == [
        ("done", 0, 3, 60, 2),
        ("done", 1, 3, 60, 2),
    ]
    assert all(r.acc > 0.5 and r.epochs > 0 and r.seconds > 0 and r.threads and r.version and r.device for r in found)
    assert first.splitlines()[-1].startswith("| blobs | kmeans | quick demo |")

    monkeypatch.setattr(accuracy, "trained", lambda *_, **__: pytest.fail("trained again"))
    accuracy.main(call)
    assert capsys.readouterr().out == first


@pytest.mark.usefixtures("inside")
def test_seconds_are_not_written_down_where_pretraining_is_shared(results):
    accuracy.main([*CALL, "--remember", "--results", str(results), "--", "--data.n", "60", "--k", "3"])
    assert [(r.state, r.seconds) for r in read(results)] == [("done", None)] * 2
    assert all(r.epochs for r in read(results))


def test_a_crash_is_written_down_stops_nothing_and_is_tried_again(results, crashes, capsys):
    call = [*CALL, "--results", str(results)]
    accuracy.main(call)
    assert len(crashes) == 2
    found = read(results)
    assert [r.state for r in found] == ["failed", "failed"]
    assert found[0].message == "The program ended with code 2: epochscope: out of luck"
    assert "all 2 failed" in capsys.readouterr().out
    accuracy.main(call)
    assert len(crashes) == 4
    assert len(read(results)) == 2


def test_an_error_of_a_run_is_written_down(results, monkeypatch):
    told = {"run": "20200101-000000-x", "state": "failed", "message": "NaN in the codes.", "epochs": 0}
    answer = SimpleNamespace(stdout=json.dumps(told), returncode=1)
    monkeypatch.setattr(accuracy, "subprocess", SimpleNamespace(run=lambda *_, **__: answer))
    empty = SimpleNamespace(info=None, epochs=list)
    monkeypatch.setattr(accuracy, "Run", lambda _: empty)
    monkeypatch.setattr(accuracy, "remove", lambda *_: None)
    accuracy.main([*CALL, "--results", str(results)])
    assert [(r.state, r.message) for r in read(results)] == [("failed", "NaN in the codes.")] * 2


def test_fresh_forgets_only_what_is_asked_for(results, crashes):
    accuracy.main(["--datasets", "blobs", "moons", "--methods", "kmeans", "--seeds", "1", "--results", str(results)])
    accuracy.main([*CALL, "--seeds", "1", "--fresh", "--results", str(results)])
    assert sorted(r.dataset for r in read(results)) == ["blobs", "moons"]
    assert len(crashes) == 3
    assert len(results.read_text().splitlines()) == 2


def test_every_value_is_passed_on(crashes, results):
    accuracy.main([*CALL, "--seeds", "1", "--results", str(results)])
    flags = {flag.partition("=")[0] for flag in crashes[0]}
    assert {f"--{name}" for name, _ in METHODS["kmeans"].params.ranges()} <= flags
    assert {"--data.n", "--k", "--seed", "--preset"} <= flags


@pytest.mark.parametrize("method", METHODS)
def test_the_preset_suits_the_data(method, monkeypatch):
    monkeypatch.setattr(
        accuracy, "dataset", lambda *_: SimpleNamespace(class_names="0123456789", x=np.zeros((1000, 20)))
    )
    titles = [preset.title for preset in METHODS[method].presets]
    assert accuracy.spec("digits", method, 0, None, []).preset == titles[0]
    assert accuracy.spec("mnist", method, 0, None, []).preset == ("minutes" if "minutes" in titles else titles[0])
    assert accuracy.spec("digits", method, 0, titles[-1], []).preset == titles[-1]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [(["--preset", "nope"], "no preset"), (["--", "--restarts"], "pairs"), (["--", "--nope", "1"], "no parameter")],
)
def test_a_senseless_request_is_one_sentence(call, sentence):
    with pytest.raises(SystemExit, match=sentence):
        accuracy.main([*CALL, *call])


def test_flags_without_a_value_are_refused():
    with pytest.raises(EpochscopeError):
        accuracy.spec("blobs", "kmeans", 0, None, ["--restarts"])
