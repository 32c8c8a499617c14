"""Runs that come with the program: everybody finds them by their id, nobody changes them."""

import io

import pytest
from epochscope.exports.archive import packed, unpack
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.bundled import bundled_folder, bundled_ids
from epochscope.runs.format.run import Run, runs
from epochscope.runs.format.spec import runs_folder
from epochscope.runs.library import catalog
from epochscope.runs.library.trash import remove, throw_away
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
    assert bundled_folder("20260101-000000-digits-dec-0123456789") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda name: throw_away(name, PROGRAM),
        lambda name: remove(Run(name), PROGRAM),
        lambda name: metadata.write(Run(name).folder, metadata.Metadata(name="mine"), PROGRAM),
        lambda name: manager().resume(name, PROGRAM),
    ],
    ids=["delete", "remove", "name", "continue"],
)
def test_nobody_changes_them_not_even_who_runs_the_server(change):
    with pytest.raises(EpochscopeError, match="cannot be changed"):
        change(NAME)
    assert Run(NAME).epochs()
    assert not metadata.read(Run(NAME).folder).name


def test_a_copy_taken_from_a_zip_is_a_run_of_one_s_own():
    content = packed([Run(NAME)])
    (taken,) = unpack(io.BytesIO(content).getvalue(), "runs.zip", PROGRAM)
    assert taken not in bundled_ids()
    assert Run(taken).folder.parent == runs_folder()
    assert [line["digest"] for line in Run(taken).epochs()] == [line["digest"] for line in Run(NAME).epochs()]
    throw_away(taken, PROGRAM)
    assert not list(runs())
