"""Runs that come with the program: everybody finds them by their id, nobody changes them."""

import io

import pytest
from epochscope.exports.archive import packed, unpack
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata as about
from epochscope.runs.format.bundled import shipped_folder, shipped_ids
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.format.store import Run, remove, runs
from epochscope.runs.library import catalog
from epochscope.runs.library.trash import throw_away
from epochscope.runs.training.manager import manager
from epochscope.types import EpochscopeError

NAME = "tour-dec"


def test_they_are_found_by_id_and_are_nobody_s_own():
    run = Run(NAME).check()
    assert run.epochs()
    assert not run.live
    assert runs_folder() not in run.folder.parents
    assert not list(runs())
    assert not catalog.entries()
    assert shipped_folder("20260101-000000-digits-dec-0123456789") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda name: throw_away(name, PROGRAM),
        lambda name: remove(Run(name), PROGRAM),
        lambda name: about.write(Run(name).folder, about.About(name="mine"), PROGRAM),
        lambda name: manager().resume(name, PROGRAM),
    ],
    ids=["delete", "remove", "name", "continue"],
)
def test_nobody_changes_them_not_even_who_runs_the_server(change):
    with pytest.raises(EpochscopeError, match="nobody changes it"):
        change(NAME)
    assert Run(NAME).epochs()
    assert not about.read(Run(NAME).folder).name


def test_a_copy_taken_from_a_zip_is_a_run_of_one_s_own():
    content = packed([Run(NAME)])
    (taken,) = unpack(io.BytesIO(content).getvalue(), "runs.zip", PROGRAM)
    assert taken not in shipped_ids()
    assert Run(taken).folder.parent == runs_folder()
    assert [line["digest"] for line in Run(taken).epochs()] == [line["digest"] for line in Run(NAME).epochs()]
    throw_away(taken, PROGRAM)
    assert not list(runs())
