"""What a sweep trains: methods x values x seeds, and one sentence for what cannot be."""

import pytest
from epochscope.methods.base import Size
from epochscope.sweeps.plan import assignments, planned, whole_numbers
from epochscope.types import EpochscopeError

SIZE = Size(200, 2, 4)


def plan(**changes):
    asked = {"methods": ["dec", "idec"], "seeds": [0, 1], "values": {}, "preset": None, "demo": True} | changes
    return planned("blobs", {"n": 200}, SIZE, **asked)


def test_every_combination_once_and_a_method_is_varied_by_what_it_has():
    made = plan(values={"gamma": "0.05,0.1", "k": "3,4"})
    idec = {(spec.k, spec.params["gamma"], spec.seed) for spec in made.specs if spec.method == "idec"}
    assert idec == {(k, gamma, seed) for k in (3, 4) for gamma in (0.05, 0.1) for seed in (0, 1)}
    assert [(spec.k, spec.seed) for spec in made.specs if spec.method == "dec"] == [(3, 0), (3, 1), (4, 0), (4, 1)]
    assert len(made.specs) == 8 + 4
    assert made.notes == ("DEC: no gamma, so not varied by it.",)
    assert made.title == "Sweep: DEC IDEC, seeds 0 to 1, gamma = 0.05,0.1, k = 3,4 on blobs"


def test_other_parameters_are_those_of_the_preset():
    (spec,) = plan(methods=["dec"], seeds=[7], preset="recommended").specs
    from epochscope.methods import METHODS

    assert spec.params == METHODS["dec"].start("recommended", SIZE).flat()
    assert (spec.preset, spec.seed, spec.data) == ("recommended", 7, {"n": 200})


@pytest.mark.parametrize(("preset", "classes", "k"), [("as in the paper", 4, 3), (None, 5, 5), (None, 0, 10)])
def test_clusters_nobody_asked_for_are_those_of_the_preset_or_of_the_classes(preset, classes, k):
    assert {spec.k for spec in plan(methods=["soft_kmeans"], preset=preset, classes=classes).specs} == {k}
    assert {spec.k for spec in plan(methods=["soft_kmeans"], preset=preset).specs} == {4}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"methods": ["nope"]}, "There is no method 'nope'"),
        ({"values": {"nope": "1"}}, "No method of this sweep has a parameter 'nope'"),
        ({"values": {"gamma": "1e9"}}, "gamma must be"),
        ({"values": {"seed": "1"}}, "No method of this sweep has a parameter 'seed'"),
        ({"seeds": range(501)}, "at most 1,000 runs"),
        ({"seeds": range(1001)}, "at most 1,000 runs, but these would be 1,001"),
    ],
)
def test_it_says_what_cannot_be(changes, sentence):
    with pytest.raises(EpochscopeError, match=sentence):
        plan(**changes)


def test_seeds_and_grids_are_read():
    assert whole_numbers("0-3, 9,2") == [0, 1, 2, 3, 9]
    assert assignments(["gamma=0.05,0.1", "k=3"]) == {"gamma": "0.05,0.1", "k": "3"}
    for text in ("", "3-1", "a", "0-", "-1", "0-5000", "99999999999"):
        with pytest.raises(EpochscopeError, match=r"[sS]eeds"):
            whole_numbers(text)
    for texts in (["gamma"], ["=1"], ["gamma="], ["a=1", "a=2"]):
        with pytest.raises(EpochscopeError, match="NAME=VALUE"):
            assignments(texts)
