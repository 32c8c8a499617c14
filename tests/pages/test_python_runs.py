"""A run trained from Python on data that only that program has: every page shows it, and says what it cannot do."""

import epochscope
import pytest
from epochscope.testing.trial import digits

from tests.support.pages import app, made, panels
from tests.support.quick_values import quick_values


@pytest.fixture
def run_id():
    x, truth, k = digits()
    return epochscope.train(x, "dec", k=k, truth=truth, name="my digits", params=quick_values("dec"), progress=False).id


def texts(test) -> str:
    return " ".join(one.value for kind in ("caption", "markdown", "info", "warning") for one in getattr(test, kind))


def test_it_is_shown_and_cannot_be_repeated(run_id):
    test = app(run=run_id)
    assert panels(test) > 0
    assert any("DEC on my digits, k = 10, seed 0" in one.proto.popover.label for one in test.get("popover"))
    assert "The data of this run, my digits, came from another program" in texts(test)
    for page in ("pages/inspect.py", "pages/runs.py"):
        assert not app(page, run=run_id).exception


def test_it_is_compared_with_another(run_id):
    other = made()
    test = app("pages/compare.py", runs=f"{run_id},{other.id}")
    assert not test.exception
