"""Wherever a run is shown it can be exported, and Compare opens with the runs that were made last."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import app, made


def open_menu(test: AppTest) -> set[str]:
    """Opens the menu of exports; the names of its downloads."""
    assert not test.get("download_button")  # nothing is looked up before
    test.session_state["export-menu"] = True
    test.run()
    assert not test.exception
    return {one.proto.label for one in test.get("download_button")}


@pytest.mark.parametrize("page", ["", "pages/inspect.py"])
def test_a_run_is_exported_where_it_is_shown(page):
    names = open_menu(app(page, run=made().id))
    assert {"One page, HTML", "Curves, CSV", "Run folder, zip", "Embedding, GIF"} <= names


def test_compare_opens_with_the_last_two_runs_and_exports_them():
    assert app("pages/compare.py").multiselect(key="compared").value == ["tour-detached", "tour-not-detached"]
    ids = [made(seed).id for seed in range(3)]
    test = app("pages/compare.py")
    assert test.multiselect(key="compared").value == [ids[2], ids[1]]
    assert {"Comparison, HTML", "Run folders, zip"} <= open_menu(test)
    test.multiselect(key="compared").set_value([]).run()
    assert any("Choose two to four runs" in one.value for one in test.markdown)
