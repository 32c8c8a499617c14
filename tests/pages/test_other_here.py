"""Bundled runs that this machine computes with other numbers: Branch and Explain say so and show another way."""

import pytest
from epochscope.runs.training import recompute
from epochscope.types import EpochscopeError
from streamlit.testing.v1 import AppTest

from tests.support.pages import AT_THE_MACHINE

BRANCH = """
from epochscope.runs.format.run import Run
from epochscope.ui.train.branch import branch_form
branch_form(Run("tour-what-if"))
"""
WHY = """
from epochscope.runs.format.run import Run
from epochscope.ui.inspect.why import why
from epochscope.ui.shared.epoch_view import EpochView
run = Run("tour-what-if")
why(EpochView(run, run.info, 8), [3], 7)
"""


@pytest.fixture
def other(monkeypatch):
    """A machine on which no epoch is the stored one."""

    def differs(*args, **more):
        raise EpochscopeError("Epoch 0, computed again, is not the stored one.")

    monkeypatch.setattr(recompute, "recompute", differs)
    monkeypatch.setattr(recompute, "_found", {})


def drawn(script: str) -> AppTest:
    test = AppTest.from_string(script, default_timeout=60)
    test.user = AT_THE_MACHINE
    test.run()
    assert not test.exception, test.exception
    return test


def test_branch_says_why_and_what_to_do(other):
    test = drawn(BRANCH)
    assert "would not share its past: train it again here, then branch from that run." in test.caption[0].value
    assert [one.key for one in test.button] == ["branch-own"]


def test_explain_says_why_and_leads_to_what_was_recorded(other):
    test = drawn(WHY)
    assert "train it again here, then ask about that run." in test.caption[0].value
    assert [one.key for one in test.button] == ["why-own", "why-kept0"]
    test.button(key="why-kept0").click().run()
    assert not test.exception
    assert "1025" in test.query_params["point"]
    assert "6" in test.query_params["epoch"]
