"""The labs as Streamlit draws them, without a browser."""

from pathlib import Path

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core.ui import stage
from core.ui.labs.frame import edited

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
    def taken(answer):
        return edited(answer, 1, 1, 3, most=2)

    assert taken({"xy": [[0, 1], [2.5, 3]], "serial": 4}) == ([[0, 1]], [[2.5, 3]], 4, False)
    assert taken({"xy": [[0, 1], [2.5, 3]], "serial": 4, "step": True}).step
    for wrong in (
        {"xy": [[0, 1]], "serial": 4},
        {"xy": [[0, float("nan")], [1, 1]], "serial": 4},
        {"xy": [["0", 1], [1, 1]], "serial": 4},
        {"xy": "ab", "serial": 4},
        {"xy": ["ab", "cd"], "serial": 4},
        {"xy": [[0, 1], [1, 1]], "serial": 3},
        {"xy": [[0, 1], [1, 1]]},
        {"serial": 4},
    ):
        assert taken(wrong) is None


def test_points_are_added_and_taken_away_within_bounds():
    answer = {"xy": [[0, 1], [2, 3], [9, 9]], "serial": 1}
    assert edited({**answer, "remove": 0}, 2, 1, 0, most=4).points == [[2, 3]]
    assert edited({**answer, "add": [5, 6]}, 2, 1, 0, most=4).points == [[0, 1], [2, 3], [5, 6]]
    for nothing in ({"remove": 2}, {"remove": "0"}, {"add": [5]}, {"add": [5, float("inf")]}, {"add": "ab"}):
        assert edited({**answer, **nothing}, 2, 1, 0, most=4).points == [[0, 1], [2, 3]]
    assert edited({**answer, "add": [5, 6]}, 2, 1, 0, most=2).points == [[0, 1], [2, 3]]
    assert edited({**answer, "remove": 0}, 1, 2, 0, most=4).points == [[0, 1]]


def test_rows_of_q_follow_the_start_and_show_what_batches_do():
    test = lab("lab_target")
    assert claims(test) == [True, True, True, False, True, True, False, True]
    test.selectbox(key="rows").set_value("all rows alike").run()
    assert claims(test)[:6] == [True, True, True, True, True, False]
    test.selectbox(key="sample").set_value("3 clusters of one size").run()
    assert claims(test)[7]
    assert not test.exception
    shared = lab("lab_target", rows="all rows alike", times="5")
    assert shared.selectbox(key="rows").value == "all rows alike"
    assert shared.select_slider(key="times").value == 5
    assert claims(shared)[5] is False


def test_alpha_decides_whether_w_is_hard_and_a_descent_of_a_free_w_merges_centers():
    test = lab("lab_alpha")
    assert claims(test) == [True, True, True, False, True, True, True, False]
    test.select_slider(key="alpha").set_value(1000.0).run()
    assert claims(test) == [True] * 8
    test.selectbox(key="descent").set_value("free W").run()
    assert claims(test) == [True, True, True, False, True, True, True, False]
    for _ in range(2):
        test.button(key="one").click().run()
    assert test.session_state["lab-alpha"].steps == 2
    assert len(test.session_state["lab-alpha"].path) == 3
    test.selectbox(key="points").set_value("two centers on one side").run()
    assert test.session_state["lab-alpha"].steps == 0
    assert not test.exception


def test_who_comes_back_finds_what_the_controls_say():
    test = lab("lab_alpha", points="two centers on one side", descent="free W")
    assert len(test.session_state["lab-alpha"].place.u) == 2
    test.switch_page("pages/lab_pull.py").run()
    test.query_params.clear()
    test.switch_page("pages/lab_alpha.py").run()
    chosen = test.selectbox(key="points").value
    assert len(test.session_state["lab-alpha"].place.u) == {"three groups": 3, "two centers on one side": 2}[chosen]


def test_an_answer_of_a_board_that_has_left_the_page_is_ignored(monkeypatch):
    mounted, heard = {}, []
    monkeypatch.setattr(stage, "_mounted", lambda key, **more: mounted.update(more))
    monkeypatch.setattr(stage.st, "session_state", {})
    stage.board("gone", go.Figure(), [], height="1px", told=0, on_moved=heard.append)
    mounted["on"]["moved"]()
    assert heard == []
    stage.st.session_state["gone"] = {"moved": {"serial": 1}}
    mounted["on"]["moved"]()
    assert heard == [{"serial": 1}]
