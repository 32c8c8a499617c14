"""The labs as Streamlit draws them, without a browser."""

from pathlib import Path

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core.ui import stage
from core.ui.labs.frame import places

ROOT = Path(__file__).parents[2]
LABS = sorted(path.stem for path in ROOT.glob("pages/lab_*.py"))


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))


def lab(name: str, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for key, value in query.items():
        test.query_params[key] = value
    test.switch_page(f"pages/{name}.py").run()
    assert not test.exception, test.exception
    return test


def claims(test: AppTest) -> list[bool]:
    lines = [line for block in test.markdown for line in block.value.splitlines() if "off by" in line]
    return ["check_circle" in line for line in lines]


@pytest.mark.parametrize("name", LABS)
def test_every_lab_opens_ready_and_checks_its_claims(name):
    test = lab(name)
    assert test.subheader
    assert len(test.get("bidi_component")) >= 2
    assert len(claims(test)) >= 3


def test_the_gradients_follow_nu_and_go_a_step():
    test = lab("lab_pull")
    assert claims(test) == [True, True, False, False, True, True]
    before = [block.value for block in test.markdown]
    test.select_slider(key="nu").set_value(10.0).run()
    assert not test.exception
    assert claims(test) == [True, True, False, False, True, True]
    assert [block.value for block in test.markdown] != before
    for _ in range(2):
        test.button(key="one").click().run()
    assert test.session_state["lab-pull"].steps == 2
    test.button(key="reset").click().run()
    assert test.session_state["lab-pull"].steps == 0


def test_dgg_goes_through_its_four_steps():
    test = lab("lab_dgg")
    before = [block.value for block in test.markdown]
    test.slider(key="point").set_value(1).run()
    assert claims(test)[:5] == [True, True, True, True, False]
    assert [block.value for block in test.markdown] != before
    for step, held in (
        ("2 Prior π", [True, False, True, True, True, False]),
        ("4 Scale σ", [True, False, False, False, False, True, True]),
    ):
        test.segmented_control(key="part").set_value(step).run()
        assert not test.exception
        assert claims(test) == held
    test.segmented_control(key="part").set_value("2 Prior π").run()
    test.selectbox(key="gammas").set_value("all agree").run()
    assert test.session_state["lab-dgg-gammas"].rows == [[0.9, 0.05, 0.05]] * 4
    test.segmented_control(key="part").set_value("3 Graph").run()
    assert claims(test)[:2] == [True, True]
    test.segmented_control(key="part").set_value("1 Identity").run()
    assert not test.exception
    assert claims(test)[:5] == [True, True, True, True, False]


def test_moved_handles_are_believed_only_as_numbers():
    assert places({"xy": [[0, 1], [2.5, 3]], "serial": 4}, 2, 3) == [[0, 1], [2.5, 3]]
    for wrong in (
        {"xy": [[0, 1]], "serial": 4},
        {"xy": [[0, float("nan")], [1, 1]], "serial": 4},
        {"xy": [["0", 1], [1, 1]], "serial": 4},
        {"xy": "ab", "serial": 4},
        {"xy": [[0, 1], [1, 1]], "serial": 3},
        {"xy": [[0, 1], [1, 1]]},
        {"serial": 4},
    ):
        assert places(wrong, 2, 3) is None


def test_an_answer_of_a_board_that_has_left_the_page_is_ignored(monkeypatch):
    mounted, heard = {}, []
    monkeypatch.setattr(stage, "_mounted", lambda key, **more: mounted.update(more))
    monkeypatch.setattr(stage.st, "session_state", {})
    stage.board("gone", go.Figure(), [], height="1px", told=0, on_moved=heard.append)
    mounted["on_moved"]()
    assert heard == []
    stage.st.session_state["gone"] = {"moved": {"serial": 1}}
    mounted["on_moved"]()
    assert heard == [{"serial": 1}]
