"""Findings that test their cure: what is tried, with which seeds, and what is said of it."""

import dataclasses
import inspect

import pytest
from epochscope.formulas.dispersion import median_range
from epochscope.inspect.health import RULES, Note
from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.lineage import NO_CHANGE
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library import cures as library
from epochscope.runs.library.catalog import entries
from epochscope.runs.library.cures import Outcome, cures, helped, members_of, outcomes, trial, verdict
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter

from tests.support.quick_runs import QUICK
from tests.support.training import recorded

FELL = Note("fell", "bad", 6, "ACC fell", "confusion", "by 0.1")


def wrong_dec() -> Run:
    """DEC with P differentiated too, the mistake that a switch of it shows."""
    known = METHODS["dec"].params().flat()
    values = {name: value for name, value in QUICK.items() if name in known}
    values |= {"cluster.p_is": "differentiated too (wrong)"}
    return recorded(RunSpec("blobs", "dec", 4, 3, data={"n": 240}, params=values))


def test_what_is_tried_is_possible_and_its_outcome_is_counted(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_PRETRAINED", "off")
    run = wrong_dec()
    tried = cures(run, FELL, 5)
    assert 2 <= len(tried) <= library.MOST_CURES
    assert tried[0].changes == {"cluster.p_is": "constant"}
    specs = trial(run, 5, tried)
    assert len(specs) == (len(tried) + 1) * library.SEEDS
    assert {spec.course[-1]["epoch"] for spec in specs} == {5}
    assert [spec.course[-1]["seed"] for spec in specs] == [4, 5, 6] * (len(tried) + 1)
    assert members_of(run, 5, entries()) == []
    for spec in (specs[0], specs[library.SEEDS]):
        writer = RunWriter(spec, PROGRAM)
        said = Metadata(group="1", group_title=library.trial_title(5))
        metadata.write(writer.folder, said, PROGRAM)
        train(writer, Control())
    members = members_of(run, 5, entries())
    found = outcomes(FELL, members)
    assert [one.words for one in found] == [NO_CHANGE, tried[0].words]
    assert all((one.runs, one.ended, one.failed) == (1, 1, 0) for one in found)
    assert all(one.acc is not None for one in found)
    assert members_of(run, 6, entries()) == []


def test_it_starts_before_the_first_of_findings_that_came_together():
    later = [FELL._replace(kind=kind, epoch=at) for kind, at in (("unused", 8), ("flat", 10), ("nan", 14))]
    found = [FELL, *later, FELL._replace(kind="quiet", level="fine", epoch=4)]
    assert [library.start_of(note, found) for note in found] == [5, 5, 5, 13, 3]
    assert library.start_of(FELL._replace(epoch=0), []) == 0
    assert library.start_of(FELL._replace(epoch=33, began=22), []) == 21


def test_nothing_is_tried_in_what_cannot_be_trained_or_is_no_problem(count_spec):
    run = recorded(count_spec(epochs=9))
    assert cures(run, FELL._replace(level="fine"), 5) == []
    assert cures(run, FELL._replace(kind="outdated"), 5) == []
    assert cures(run, FELL._replace(kind="flat"), 5) == []  # it has none of these parameters


def outcome(words: str, free: int, acc: float, ended: int = 3) -> Outcome:
    return Outcome(words, 3, ended, 0, free, median_range([acc]))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            [outcome(NO_CHANGE, 0, 0.5), outcome("a", 3, 0.8), outcome("b", 2, 0.9)],
            "Tried: a: gone in 3 of 3 branches, else in 0; ACC 0.800, else 0.500",
        ),
        ([outcome(NO_CHANGE, 1, 0.5), outcome("a", 1, 0.8)], "nothing made this rarer"),
        ([outcome(NO_CHANGE, 0, 0.5), outcome("a", 1, 0.8, ended=1)], "4 of 6 branches have ended"),
        ([Outcome(name, 3, 3, 3, 0, None) for name in (NO_CHANGE, "a")], "Tried: all 6 branches failed"),
    ],
)
def test_only_what_was_rarer_than_without_a_change_is_said_to_have_helped(found, words):
    assert words in verdict(found)
    assert all(one.words != NO_CHANGE for one in helped(found))


def test_a_cure_names_a_kind_that_a_rule_can_find():
    sources = "".join(inspect.getsource(inspect.getmodule(rule)) for rule in RULES)
    for kind in library._CURES:
        assert f'"{kind}"' in sources, kind


def test_the_changes_stay_within_their_ranges():
    ranges = dict(METHODS["idec"].params.ranges())
    now = {name: about.low for name, about in ranges.items() if about.low is not None}
    for factor in (0.1, 4):
        made = library._times(factor, "cluster.lr")(ranges, now)
        assert all(ranges[name].parse(name, value) == value for name, value in made.items())
    assert dataclasses.is_dataclass(ranges["gamma"])
