"""A run as a command and as Python: what they start has the same settings, and the same digest."""

import shlex
from dataclasses import replace

import pytest
from epochscope.cli import main
from epochscope.exports.recipe import command, not_told, python
from epochscope.runs.format.run import Run
from epochscope.runs.library.catalog import entries

from tests.support.pages import made
from tests.support.training import recorded


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))


def newest_but(run: Run) -> Run:
    (other,) = (one.id for one in entries() if one.id != run.id)
    return Run(other)


def test_the_command_trains_the_same_run():
    run = made(3, nu=2.5)
    words = shlex.split(command(run.spec).replace("\\\n", ""))
    assert words[0] == "epochscope"
    assert main(words[1:]) == 0
    again = newest_but(run)
    assert replace(again.spec, preset="") == run.spec  # which names no preset, only all values
    assert again.epochs()[-1]["digest"] == run.epochs()[-1]["digest"]


def test_the_lines_of_python_train_the_same_run(monkeypatch):
    run, made_by = made(3, nu=2.5), {}
    exec(python(run.spec), made_by)
    again = newest_but(run)
    assert (again.spec.params, again.spec.k, again.spec.seed) == (run.spec.params, 3, 3)
    assert again.epochs()[-1]["digest"] == run.epochs()[-1]["digest"]


def test_what_a_command_leaves_out_is_said_with_the_way_to_repeat_it(capsys):
    """Lines of a comment: they can be copied into a shell or a script with the command."""
    plain = made(3)
    assert not_told(plain) == ""
    run = recorded(plain.spec, changes={2: {"nu": 4.0}})
    said = not_told(run)
    (change,) = run.param_changes()
    assert f"nu {change['old']} -> 4.0 after epoch {change['epoch']}" in said
    assert all(line.startswith("#") for line in said.splitlines())
    assert shlex.split(said + command(run.spec).replace("\\\n", ""), comments=True)[:2] == ["epochscope", "run"]
    assert f"`epochscope replay {run.id}`" in said
    assert main(["replay", run.id]) == 0
    assert "same" in capsys.readouterr().out
