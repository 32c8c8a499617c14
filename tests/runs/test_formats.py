"""Runs of every format that there was, and one of a method that there is not: listed, read, exported, taken back."""

import json
import subprocess
import sys

import numpy as np
import pytest
from epochscope.__main__ import main
from epochscope.exports import archive, page, tables, tensorboard
from epochscope.figures import FIGURES, shown_by
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import SCHEMA, runs_folder
from epochscope.runs.format.upgrade import upgraded
from epochscope.runs.library import catalog
from epochscope.runs.library.compare import asked, settings, titles
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.request import display_of, reason_not_repeatable
from epochscope.runs.training.resume import Resumed, reason_not_resumable
from epochscope.server import live
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError

from tests.runs.wrong_folders import FIXTURES, PCA, place

KNOWN = [f"schema_{number}" for number in range(1, SCHEMA + 1)]


def test_there_is_a_fixture_of_every_format():
    assert sorted(path.name for path in FIXTURES.glob("schema_*")) == KNOWN


@pytest.mark.parametrize("fixture", [*KNOWN, "gone"])
def test_it_is_read_as_a_whole(fixture):
    place(fixture, fixture)
    run = Run(fixture).check()
    assert run.spec.schema == SCHEMA
    assert [line["epoch"] for line in run.epochs()] == [0, 1, 2, 3]
    assert run.epochs()[3]["digest"] == "55ad23b6a82dea0d1635bacb1c53a567"
    assert run.epochs()[3]["losses"] == {"kl": 0.08305446}
    assert run.epochs()[3]["measures"]["label change"] == 0.0
    assert run.param_changes() == [{"epoch": 2, "name": "cluster.lr", "symbol": "η", "old": 0.001, "new": 0.002}]
    assert run.array(3, "q").shape == (60, 3)
    np.testing.assert_allclose(run.array(3, "q").astype(float).sum(axis=1), 1, atol=5e-3)
    assert sorted(line["epoch"] for line in run.frames(PCA).lines()) == [0, 1, 2, 3]
    entry = catalog.entry(fixture)
    assert (entry.state, entry.epochs, entry.metadata.name, entry.acc) == ("done", 4, "a first run", 0.6)


@pytest.mark.parametrize("fixture", KNOWN)
def test_viewers_get_the_label_change_as_a_measure_and_no_figure_of_what_was_not_counted(fixture):
    place(fixture, fixture)
    run = Run(fixture)
    header, _ = unpacked(live.bundle(run, epochs=0, projection="", frames=0))
    assert all("label change" not in line["losses"] for line in header["epochs"])
    assert header["epochs"][3]["measures"]["label change"] == 0.0
    offered = {figure.key for figure in shown_by(FIGURES.values(), run.info["provides"])}
    assert "entropy" in offered
    assert "entropy_p" not in offered


@pytest.mark.parametrize("fixture", [*KNOWN, "gone"])
def test_it_is_exported_and_taken_back_by_the_command_line(fixture, tmp_path, capsys):
    place(fixture, fixture)
    assert main(["export", fixture, "--to", str(tmp_path / "runs.zip")]) == 0
    assert main(["import", str(tmp_path / "runs.zip")]) == 0
    taken = capsys.readouterr().out.split()[-1]
    assert taken != fixture
    assert len(Run(taken).epochs()) == 4
    assert main(["list"]) == 0
    assert taken in capsys.readouterr().out
    assert b"DEC" in tables.csv([Run(taken)]).upper() or fixture == "gone"
    assert tensorboard.projector_zip(Run(taken), 3)
    assert archive.packed([Run(taken)])


@pytest.mark.parametrize("fixture", KNOWN)
def test_a_run_of_an_older_format_can_still_be_computed_again(fixture):
    folder = place(fixture, fixture)
    lines = (folder / "epochs.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "epochs.jsonl").write_bytes(b"".join(lines[:3]))
    train(Resumed(fixture, PROGRAM), Control())
    run = Run(fixture).check()
    assert (run.status["state"], run.status["message"]) == ("done", "")
    assert run.epochs()[3]["digest"] == "55ad23b6a82dea0d1635bacb1c53a567"


def test_what_needs_the_method_says_in_one_sentence_why_it_cannot(capsys):
    folder = place("gone", "gone")
    run = Run("gone")
    sentence = "by method 'xyz', which this epochscope does not have: it can be watched, but not repeated."
    sentence = f"This run was trained {sentence}"
    assert reason_not_repeatable(run.spec) == sentence
    (folder / "status.json").write_text('{"state": "stopped", "message": "", "epochs": 4}')
    assert reason_not_resumable(run) == sentence
    assert main(["resume", "gone"]) == 2
    assert sentence in capsys.readouterr().err
    assert not (folder / "lock").exists() or run.status["state"] == "stopped"


def test_a_run_of_a_method_that_is_gone_keeps_the_words_of_its_parts():
    place("gone", "gone")
    place("schema_2", "here")
    gone, here = Run("gone"), Run("here")
    assert gone.title == "XYZ on Vanished, k = 3, seed 0"
    assert display_of(gone)["method"] == "XYZ"
    rows = {row.name: row.values for row in settings([asked(gone), asked(here)])}
    assert rows["method"] == ("XYZ", "DEC")
    assert rows["σ · strength of nothing"] == (0.5, None)
    assert titles([asked(gone), asked(here)]) == ["1: XYZ, data set Vanished", "2: DEC, data set Blobs"]


def test_without_words_a_run_of_the_first_format_goes_by_its_keys():
    folder = place("schema_1", "first")
    content = (folder / "run.json").read_text().replace('"method": "dec"', '"method": "xyz"')
    (folder / "run.json").write_text(content.replace('"nu": 1.0', '"nu": 1.0, "strength": 2'))
    run = Run("first").check()
    assert run.title == "DEC on Blobs, k = 3, seed 0"  # as info.json has it
    assert display_of(run)["method"] == "xyz"
    assert "strength" in [row.name for row in settings([asked(run)])]


def test_the_very_first_runs_had_neither_measures_nor_channels_that_hold_still():
    folder = place("schema_1", "first")
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    shown = [{name: line[name] for name in line if name not in ("measures", "held")} for line in lines]
    (folder / "epochs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in shown))
    table = Run("first").check().epochs()
    assert len(table) == len(lines)
    assert all(line["held"] == {} for line in table)


def test_another_parameter_alone_is_named():
    folder = place("schema_2", "more")
    (folder / "run.json").write_text((folder / "run.json").read_text().replace('"nu": 1.0', '"nu": 1.0, "strength": 2'))
    run = Run("more").check()
    assert "no parameter 'strength'" in reason_not_repeatable(run.spec)
    assert "it can be watched, but not repeated" in reason_not_repeatable(run.spec)


@pytest.mark.parametrize("fixture", [*KNOWN, "gone"])
def test_its_page_of_figures_is_made(fixture):
    place(fixture, fixture)
    assert "plotly" in page.page(Run(fixture), PROGRAM, 3).lower()


def test_the_first_format_called_external_runs_recorded():
    old = {"dataset": "recorded", "method": "recorded", "k": 3, "seed": 0, "recorded": "my loop", "schema": 1}
    assert upgraded(old) == {
        "dataset": "external",
        "method": "external",
        "k": 3,
        "seed": 0,
        "external": "my loop",
        "schema": 2,
    }


def test_titles_and_classes_of_a_forged_run_are_no_markup():
    folder = place("schema_2", "forged")
    evil = "<a href='http://evil.example'>x</a>"
    content = (folder / "info.json").read_text()
    (folder / "info.json").write_text(content.replace("cloud 1", evil).replace("DEC on Blobs", evil))
    (folder / "run.json").write_text((folder / "run.json").read_text().replace("DEC on Blobs", evil))
    run = Run("forged").check()
    assert not set("<>&") & set("".join([run.title, *run.info["classes"], run.info["title"]]))


def test_a_run_that_comes_back_under_its_id_is_read_afresh():
    from epochscope.runs.format.run import open_run

    folder = place("schema_1", "same")
    before = open_run("same")
    assert open_run("same") is before
    folder.rename(runs_folder() / "other")
    place("gone", "same")
    assert open_run("same").spec.method == "xyz"


def test_reading_a_run_imports_neither_torch_nor_methods_nor_data():
    place("schema_1", "small")
    program = (
        "import sys, epochscope.runs.format.run as reader\n"
        "run = reader.Run('small').check()\n"
        "assert run.array(3, 'q').shape == (60, 3) and len(run.frames(sys.argv[1]).lines()) == 4\n"
        "heavy = ('torch', 'sklearn', 'streamlit', 'pandas', 'scipy')\n"
        "ours = ('epochscope.methods', 'epochscope.data', 'epochscope.nets', 'epochscope.server')\n"
        "print([name for name in sys.modules if name.split('.')[0] in heavy or name.startswith(ours)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, PCA], capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_packing_imports_neither_torch_nor_a_server():
    program = (
        "import sys, epochscope.runs.training.packing\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('torch', 'streamlit', 'starlette')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_a_damaged_run_can_be_deleted_by_the_command_line(capsys):
    folder = place("schema_2", "broken")
    (folder / "run.json").write_bytes(b"\0\0")
    assert catalog.entry("broken").state == catalog.DAMAGED
    assert main(["list"]) == 0
    assert "damaged" in capsys.readouterr().out
    assert main(["delete", "broken"]) == 0
    assert catalog.entries() == []
    with pytest.raises(EpochscopeError):
        Run("broken")
