"""What every method promises, whatever it computes: the public contract, and the habits of the methods here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.testing import RULES, Trial

from tests.support.methods import FAMILIES
from tests.support.quick_values import GROUPS_SOON

SLOW_RULES = ("runs_every_preset", "follows_its_plan")
"""Those that train anew: in the quick tests for one method of every family."""

COMPILES = {"n2d"}
"""Methods whose first training in a process compiles for a quarter of a minute (UMAP)."""


@cache
def trial_of(key: str) -> Trial:
    """One trial for all rules, which share its trainings; so the rules of a method stay in one process of xdist."""
    return Trial(METHODS[key], longer=GROUPS_SOON.get(key))


def _case(key: str, rule: Callable[[Trial], None]) -> Any:
    long = key in COMPILES or (rule.__name__ in SLOW_RULES and key not in FAMILIES)
    slow = [pytest.mark.slow] if long else []
    return pytest.param(key, rule, marks=[pytest.mark.xdist_group(f"contract of {key}"), *slow])


@pytest.mark.parametrize(
    ("key", "rule"),
    [_case(key, rule) for key in METHODS for rule in RULES],
    ids=[f"{key}-{rule.__name__}" for key in METHODS for rule in RULES],
)
def test_method_keeps(key: str, rule: Callable[[Trial], None]) -> None:
    rule(trial_of(key))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_first_preset_is_a_quick_demo_and_the_last_is_the_paper_s(method: Method) -> None:
    titles = [preset.title for preset in method.presets]
    assert (titles[0], titles[-1]) == ("quick demo", "as in the paper")


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_file_states_its_departures(method: Method) -> None:
    assert "Departs from the paper:" in inspect.getmodule(method.run).__doc__
