"""Parameter classes: one description checks, converts and names every value."""

from dataclasses import dataclass

import pytest
from epochscope.params import Params, Range, group, param
from epochscope.types import EpochscopeError


@dataclass(frozen=True)
class Inner(Params):
    rate: float = param(0.1, 0.001, 1.0, log=True, live=True)
    size: int = param(3, 1, 9)


@dataclass(frozen=True)
class Outer(Params):
    gamma: float = param(0.5, 0.0, 2.0, live=True, symbol="γ")
    kind: str = param("a", options=("a", "b"))
    on: bool = param(False)
    widths: str = param("8-8", pattern=r"\d+(-\d+)*")
    inner: Inner = group(Inner, "Inner", size=5)


def test_names_values_and_defaults_of_nested_groups():
    assert Outer().flat() == {
        "gamma": 0.5,
        "kind": "a",
        "on": False,
        "widths": "8-8",
        "inner.rate": 0.1,
        "inner.size": 5,
    }
    assert dict(Outer.ranges())["inner.size"].default == 5
    assert Outer.live_names() == {"gamma", "inner.rate"}
    assert Outer.group_labels() == {"inner": "Inner"}


def test_changes_come_as_text_or_values():
    changed = Outer().but({"gamma": "1.5", "inner.size": 7.0, "on": "yes"})
    assert (changed.gamma, changed.inner.size, changed.on) == (1.5, 7, True)
    assert Outer().but(changed.flat()) == changed


BAD = {
    "gamma": [2.1, "x", float("nan"), float("inf"), None, [1]],
    "kind": ["c"],
    "on": ["perhaps"],
    "widths": ["8--8"],
    "inner.size": [2.5, 10],
    "inner.rate": [0.0],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_is_one_sentence_with_name_and_range(name, value):
    with pytest.raises(EpochscopeError, match=rf"^{name.split('.')[-1]} must be .*, but got .*\.$"):
        Outer().but({name: value})


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(EpochscopeError, match=r"no parameter 'nu'.*gamma, kind"):
        Outer().but({"nu": 1})


def test_a_logarithmic_range_from_zero_makes_no_sense():
    with pytest.raises(ValueError, match="low > 0"):
        Range(float, 1.0, 0.0, 2.0, log=True)


def test_former_names_and_options_still_resolve(monkeypatch):
    monkeypatch.setattr("epochscope.params.FORMER_NAMES", {"speed": "rate", "sort": "kind"})
    monkeypatch.setattr("epochscope.params.FORMER_OPTIONS", {"old a": "a"})
    assert Outer().but({"inner.speed": 0.5, "sort": "old a"}) == Outer().but({"inner.rate": 0.5, "kind": "a"})
    with pytest.raises(EpochscopeError, match="There is no parameter 'speed' here"):
        Outer().but({"speed": 0.5})


def test_the_former_spelling_of_runs_and_flags_is_read(capsys):
    from epochscope.__main__ import main
    from epochscope.methods import METHODS
    from epochscope.runs.format.spec import RunSpec
    from epochscope.runs.training.request import resolve

    spec = resolve(RunSpec("digits", "soft_kmeans", 10, 0, {"scaling": "standardise"}, {"standardise": "no"})).spec
    assert (spec.data["scaling"], spec.params["standardize"]) == ("standardize", "no")
    assert "standardize" in METHODS["soft_kmeans"].params().flat()
    with pytest.raises(SystemExit):
        main(["run", "--method", "soft_kmeans", "--help"])
    assert "--standardise" in capsys.readouterr().out
