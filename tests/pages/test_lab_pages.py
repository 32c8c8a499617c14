"""The labs as Streamlit draws them, without a browser: where their parts stand. What they show: tests/labs."""

import json
from pathlib import Path

import pytest
from epochscope.labs import SESSIONS
from streamlit.testing.v1 import AppTest

from tests.support.pages import AT_THE_MACHINE, stage_panels

ROOT = Path(__file__).parents[2]
LABS = sorted(path.stem for path in ROOT.glob("pages/lab_*.py"))


def lab(name: str, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.user = AT_THE_MACHINE
    test.run()
    for key, value in query.items():
        test.query_params[key] = value
    test.switch_page(f"pages/{name}.py").run()
    assert not test.exception, test.exception
    return test


def mounted(test: AppTest) -> list[dict]:
    """What the stage is sent for each panel."""
    return [json.loads(one.proto.json) for one in stage_panels(test)]


def placed(test: AppTest) -> tuple[str, set[str], set[str]]:
    """The session that all panels share, what kinds there are, and which figures."""
    panels = mounted(test)
    (name,) = {panel["lab"] for panel in panels}
    figures = {panel["name"] for panel in panels if panel["panel"]["kind"] in ("board", "chart")}
    return name, {panel["panel"]["kind"] for panel in panels}, figures


@pytest.mark.parametrize("name", LABS)
def test_every_lab_asks_shows_all_its_figures_and_its_claims(name):
    test = lab(name)
    assert test.subheader[0].value.count("?") >= 1 or ":" in test.subheader[0].value
    name, kinds, figures = placed(test)
    assert {"dials", "claims"} <= kinds
    assert figures == set(SESSIONS[name]({}).view().figures)
    assert test.latex


def test_dgg_has_a_session_for_each_of_its_steps():
    test = lab("lab_dgg")
    seen = {placed(test)[0]}
    for step in ("2 Prior π", "3 Graph", "4 Scale σ"):
        test.segmented_control(key="part").set_value(step).run()
        name, _, figures = placed(test)
        assert figures == set(SESSIONS[name]({}).view().figures)
        seen.add(name)
    assert seen == {name for name in SESSIONS if name.startswith("dgg-")}


def test_alpha_has_a_formula_for_each_kind_of_descent():
    formulas = [block.value for block in lab("lab_alpha").latex]
    assert len(formulas) == 3
    assert len(set(formulas)) == 3
