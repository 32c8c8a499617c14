"""What every method promises, whatever it computes: the public contract, and the habits of the methods here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache

import pytest
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.testing import RULES, Trial

from tests.support.quick_values import GROUPS_SOON


@cache
def trial_of(key: str) -> Trial:
    """One trial for all rules, which share its trainings; so the rules of a method stay in one process of xdist."""
    return Trial(METHODS[key], longer=GROUPS_SOON.get(key))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=pytest.mark.xdist_group(f"contract of {key}")) for key in METHODS]
)
def test_method_keeps(rule: Callable[[Trial], None], key: str) -> None:
    rule(trial_of(key))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_first_preset_is_a_quick_demo_and_the_last_is_the_paper_s(method: Method) -> None:
    titles = [preset.title for preset in method.presets]
    assert (titles[0], titles[-1]) == ("quick demo", "as in the paper")


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_file_states_its_departures(method: Method) -> None:
    assert "Departs from the paper:" in inspect.getmodule(method.run).__doc__
