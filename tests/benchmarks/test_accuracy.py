"""The benchmark resumes, seeds first, writes failures down, and fills in every value of what it asks for."""

import argparse
import contextlib
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from epochscope import __main__ as cli
from epochscope.methods import METHODS
from epochscope.methods.base import RECOMMENDED
from epochscope.runs.library.results import KEPT_LABELS, append, read, unpacked
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
    assert all(set(r.libraries) == {"torch", "numpy", "scikit-learn"} for r in found)
    assert all((r.n, r.f) == (60, 2) for r in found)
    assert all(0 < r.silhouette < 1 and 0 < r.neighbors < 1 for r in found)
    assert all(set(unpacked(r.labels)) == {0, 1, 2} and len(unpacked(r.labels)) == 60 < KEPT_LABELS for r in found)
    assert first.splitlines()[2].startswith("| blobs | kmeans | recommended |")

    monkeypatch.setattr(accuracy, "trained", lambda *_, **__: pytest.fail("trained again"))
    accuracy.main(call)
    assert capsys.readouterr().out == first
    accuracy.main(["--table", *call])
    assert capsys.readouterr().out == first


def test_seeds_come_first_and_a_set_without_files_is_named(results, crashes, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "none"))
    accuracy.points.cache_clear()
    call = ["--datasets", "usps", "blobs", "moons", "--methods", "kmeans", "gmm", "--seeds", "2"]
    accuracy.main([*call, "--results", str(results)])
    assert "usps is left out" in capsys.readouterr().err
    asked = [
        tuple(command[command.index(flag) + 1] for flag in ("--seed", "--dataset", "--method")) for command in crashes
    ]
    assert asked == [(s, d, m) for s in "01" for d in ("blobs", "moons") for m in ("kmeans", "gmm")]
    assert all("--data.n=1000" in command for command in crashes)


def test_a_run_that_its_method_refuses_is_written_down_once_and_never_begun(results, crashes):
    call = [*CALL, "--seeds", "1", "--results", str(results), "--", "--data.n", "60", "--k", "100"]
    for _ in range(2):
        accuracy.main(call)
    assert [r.state for r in read(results)] == ["failed"]
    assert "must be a whole number from 1 to the 60 points" in read(results)[0].message
    assert len(results.read_text().splitlines()) == 1
    assert not crashes


def test_a_run_that_takes_too_long_is_written_down(results, monkeypatch):
    def run(command, *, timeout, **_):
        raise accuracy.TimeoutExpired(command, timeout)

    monkeypatch.setattr(accuracy, "subprocess", SimpleNamespace(run=run))
    accuracy.main([*CALL, "--seeds", "1", "--limit", "7", "--results", str(results)])
    assert [r.message for r in read(results)] == ["It took longer than 7 seconds and was ended."]


def test_the_table_is_of_what_is_asked_for():
    options = argparse.Namespace(datasets=["digits"], methods=["dec"], preset=[RECOMMENDED], seeds=2, extra=[])
    spec = accuracy.spec("digits", "dec", 0, [RECOMMENDED], [])
    found = [
        accuracy.asked(accuracy.replace(spec, **change), state="done", **more)
        for change in ({}, {"seed": 2}, {"method": "idec"}, {"preset": "fast"})
        for more in ({}, {"system": "clustpy"})
    ]
    assert accuracy.chosen(found, options) == found[:1]
    options.extra = ["--nu", "2"]
    assert accuracy.chosen(found, options) == []


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
    assert len(results.read_text().splitlines()) == 2


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
    append(accuracy.replace(read(results)[0], system="clustpy"), results)
    accuracy.main([*CALL, "--seeds", "1", "--fresh", "--results", str(results)])
    assert sorted((r.system, r.dataset) for r in read(results)) == [
        ("clustpy", "blobs"),
        ("epochscope", "blobs"),
        ("epochscope", "moons"),
    ]
    assert len(crashes) == 3
    assert len(results.read_text().splitlines()) == 3


def test_every_value_is_passed_on(crashes, results):
    accuracy.main([*CALL, "--seeds", "1", "--results", str(results)])
    flags = {flag.partition("=")[0] for flag in crashes[0]}
    assert {f"--{name}" for name, _ in METHODS["kmeans"].params.ranges()} <= flags
    assert {"--data.n", "--k", "--seed", "--preset"} <= flags


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_the_preset_for_every_set(method, monkeypatch):
    here = SimpleNamespace(class_names="0123456789", x=np.zeros((1000, 20)))
    monkeypatch.setattr(accuracy, "points", lambda *_: here)
    for data in accuracy.SETS:
        asked = accuracy.spec(data, method, 0, [RECOMMENDED], [])
        assert asked.params == METHODS[method].start(RECOMMENDED, accuracy.Size(1000, 20, 10)).flat()
    titles = [preset.title for preset in METHODS[method].presets]
    found = accuracy.spec("mnist", method, 0, ["minutes", "quick demo"], []).preset
    assert found == ("minutes" if "minutes" in titles else "quick demo")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [(["--preset", "nope"], "no preset"), (["--", "--restarts"], "pairs"), (["--", "--nope", "1"], "no parameter")],
)
def test_a_senseless_request_is_one_sentence(call, sentence):
    with pytest.raises(SystemExit, match=sentence):
        accuracy.main([*CALL, *call])


def test_flags_without_a_value_are_refused():
    with pytest.raises(EpochscopeError):
        accuracy.spec("blobs", "kmeans", 0, [RECOMMENDED], ["--restarts"])


def test_published_numbers_stand_beside_what_is_reached_here(capsys):
    accuracy.main(["--published"])
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    titles, _, *rows = lines
    assert titles[:3] == ["system", "published, %", "how well known"]
    assert {row[0] for row in rows} >= {"DEC", "IDEC", "VaDE", "DGG", "DCAN", "IMSAT (VAT)", "SpectralNet"}
    dec = dict(zip(titles, rows[[row[0] for row in rows].index("DEC")], strict=True))
    assert dec["published, %"] == "84.3"
    assert re.fullmatch(r"0\.\d+ \(0\.\d+ to 0\.\d+\); minutes \*, 5 seeds", dec["here, 10,000 points"])
