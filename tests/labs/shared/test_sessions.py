"""Sessions: what a person does in a lab, and what its figures and claims say then. No browser."""

import json
from collections.abc import Mapping

import numpy as np
import pytest
from epochscope.labs import SESSIONS, LabSession
from epochscope.labs.shared.session import Widget, edited, words


def at(name: str, **address: str) -> LabSession:
    return SESSIONS[name](address)


def after_event(session: LabSession, **what: object) -> dict:
    session.handle_event({"serial": session.serial + 1, **what})
    return shown(session)


def shown(session: LabSession) -> dict:
    answer = json.loads(session.answer(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert answer["serial"] == session.serial
    return answer


def chosen(session: LabSession, **texts: str) -> dict:
    return after_event(session, set=texts)


def held(answer: dict) -> list[bool]:
    return [holds for _, holds, _ in answer["claims"]]


def places(answer: dict) -> list[list[float]]:
    return [[handle["x"], handle["y"]] for handle in answer["handles"]]


@pytest.mark.parametrize("name", SESSIONS)
def test_every_lab_opens_ready_and_every_control_moves_something(name):
    session = at(name)
    first = shown(session)
    assert len(first["figures"]) >= 2
    assert len(first["claims"]) >= 3
    for figure in first["figures"].values():
        assert figure["data"]
    for key in [one.key for one in session.widgets() if one.options]:
        widget = next((one for one in session.widgets() if one.key == key), None)
        if widget is None:  # another choice has taken it away
            continue
        another = next(option for option in reversed(widget.options) if option != session[widget])
        answer = chosen(session, **{widget.key: words(another)})
        assert next(one for one in answer["controls"] if one["key"] == widget.key)["value"] == words(another)
        assert answer["address"][widget.key] == words(another)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_link_sets_a_session_up_as_it_was_left(name):
    session = at(name)
    session.answer()
    for widget in (one for one in session.widgets() if one.options):
        session.handle_event({"serial": 1, "set": {widget.key: words(widget.options[len(widget.options) // 2])}})
    xy = places(shown(session))
    if xy:
        session.handle_event({"serial": 2, "xy": [[0.9 * x, 0.9 * y + 0.05] for x, y in xy]})
    left = shown(session)
    again = at(name, **{key: text for key, text in left["address"].items() if text is not None})
    found = json.loads(again.answer())
    assert {**found["address"], "at": ""} == {**left["address"], "at": ""}
    np.testing.assert_allclose(places(found), places(left), atol=2e-3)
    assert held(found) == held(left)


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("text", ["", "<img src=x>", "nan", "1e999", "-1", "9" * 5000, "1_2_3", "_".join(["inf"] * 26)])
def test_nonsense_in_a_link_is_where_the_lab_starts(name, text):
    start = at(name)
    session = at(name, at=text, **{widget.key: text for widget in start.widgets()})
    assert session.address() == start.address()


@pytest.mark.parametrize("name", ["pull", "js", "dgg-scale"])
@pytest.mark.parametrize("wrong", [None, 3, "a", [], {}, {"serial": "1"}, {"serial": None, "press": "run"}])
def test_what_is_no_message_is_refused(name, wrong):
    with pytest.raises(ValueError, match="serial"):
        at(name).handle_event(wrong)


@pytest.mark.parametrize("name", SESSIONS)
def test_parts_of_a_message_that_are_nonsense_change_nothing(name):
    session = at(name)
    before = shown(session)
    for wrong in (
        {"set": 3}, {"set": {"nu": 3, 4: "x"}}, {"set": {"nothing": "x"}}, {"press": ["one"]}, {"press": "nothing"},
        {"xy": "ab"}, {"xy": []}, {"xy": [[0, 0]] * 60}, {"xy": [["0", 1]]}, {"add": [0, 0]}, {"step": True},
        {"xy": [[float("nan"), 0.0] for _ in before["handles"]] or [[0, 0]]},
    ):  # fmt: skip
        after = after_event(session, **wrong)
        assert after["figures"] == {}
        assert after["handles"] == before["handles"]


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("far", [1e308, -1e308])
def test_no_place_is_too_far_away(name, far):
    session = at(name)
    before = shown(session)
    after = after_event(session, xy=[[far, far] for _ in before["handles"]])
    assert np.isfinite(places(after)).all()
    assert len(places(after)) == len(places(before))


def test_handles_are_believed_only_as_numbers():
    def taken(event: Mapping) -> tuple | None:
        return edited(event, 1, 1, most=2)

    assert taken({"xy": [[0, 1], [2.5, 3]]}) == ([[0, 1]], [[2.5, 3]])
    for wrong in ([[0, 1]], [[0, float("nan")], [1, 1]], [["0", 1], [1, 1]], "ab", ["ab", "cd"], None):
        assert taken({"xy": wrong}) is None


def test_points_are_added_and_taken_away_within_bounds():
    answer = {"xy": [[0, 1], [2, 3], [9, 9]]}
    assert edited({**answer, "remove": 0}, 2, 1, most=4).points == [[2, 3]]
    assert edited({**answer, "add": [5, 6]}, 2, 1, most=4).points == [[0, 1], [2, 3], [5, 6]]
    for nothing in ({"remove": 2}, {"remove": "0"}, {"add": [5]}, {"add": [5, float("inf")]}, {"add": "ab"}):
        assert edited({**answer, **nothing}, 2, 1, most=4).points == [[0, 1], [2, 3]]
    assert edited({**answer, "add": [5, 6]}, 2, 1, most=2).points == [[0, 1], [2, 3]]
    assert edited({**answer, "remove": 0}, 1, 2, most=4).points == [[0, 1]]


def test_an_option_is_named_by_its_words_or_its_number():
    widget = Widget("nu", "nu", "slider", (0.1, 1.0, 10.0), 1.0)
    assert [widget.read(text) for text in ("10", "10.0", "1e1", "0.1", "7", "", None)] == [10, 10, 10, 0.1, 1, 1, 1]
    switch = Widget("alone", "alone", "switch", (True, False))
    assert [switch.read(text) for text in ("yes", "no", "maybe", None)] == [True, False, True, True]


def test_only_figures_that_changed_are_sent_again():
    session = at("target")
    assert set(shown(session)["figures"]) == {"target", "noise", "sizes"}
    assert set(chosen(session, times="5")["figures"]) == {"target", "sizes"}
    assert set(chosen(session, sample="3 clusters of one size")["figures"]) == {"noise"}


def test_the_gradients_follow_nu_and_both_descents_go_a_step():
    session = at("pull")
    first = shown(session)
    assert held(first) == [True, True, True, False, False, True, True]
    after = chosen(session, nu="10")
    assert held(after) == [True, True, True, False, False, True, True]
    assert after["claims"] != first["claims"]
    after_event(session, press="one")
    answer = after_event(session, press="one")
    assert session.steps == 2
    assert places(answer) != places(first)
    assert not session.constant.z.equal(session.free.z)
    assert answer["address"]["at"] is None  # where a descent is now is not where a person has put it
    assert places(after_event(session, press="reset")) == places(first)
    assert session.steps == 0


def test_a_descent_runs_only_while_it_is_on():
    session = at("pull")
    assert after_event(session, press="run")["playing"]
    after_event(session, step=True)
    assert session.steps == 1
    assert not after_event(session, press="run")["playing"]
    after_event(session, step=True)
    assert session.steps == 1


def test_points_come_and_go():
    session = at("pull")
    first = places(shown(session))
    more = after_event(session, xy=first, add=[1.5, 1.5])
    assert len(more["handles"]) == len(first) + 1
    assert [1.5, 1.5] in places(more)
    fewer = after_event(session, xy=places(more), remove=0)
    assert places(fewer)[0] == first[1]
    for _ in range(30):
        full = after_event(session, xy=places(shown(session)), add=[0.0, 0.0])
    assert not full["may_add"]
    assert len(full["handles"]) == session.max_points + 3


def test_rows_of_q_follow_the_start_and_show_what_batches_do():
    session = at("target")
    assert held(shown(session)) == [True, True, True, False, True, True, False, True]
    assert held(chosen(session, rows="all rows alike"))[:6] == [True, True, True, True, True, False]
    assert held(chosen(session, sample="3 clusters of one size"))[7]


def test_a_row_dragged_out_of_the_triangle_lies_on_its_edge():
    session = at("target")
    xy = places(shown(session))
    xy[8] = [0.4, -2.0]
    after = places(after_event(session, xy=xy))
    assert after[8][1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(after[:8], xy[:8], atol=1e-9)


def test_alpha_decides_whether_w_is_hard_and_a_descent_of_a_free_w_merges_centers():
    session = at("alpha")
    assert held(shown(session)) == [True, True, True, False, True, True, True, False]
    assert held(chosen(session, alpha="1000")) == [True] * 8
    free = chosen(session, descent="free W")
    assert held(free) == [True, True, True, False, True, True, True, False]
    assert {"faster"} == {one["key"] for one in free["controls"]} - {
        one["key"] for one in shown(at("alpha"))["controls"]
    }
    assert free["variant"] != shown(at("alpha"))["variant"]
    for _ in range(2):
        after_event(session, press="one")
    assert session.steps == 2
    assert len(session.path) == 3
    chosen(session, points="two centers on one side")
    assert session.steps == 0
    assert len(session.place.u) == 2


def test_the_second_gaussian_is_dragged_in_the_steps_of_the_sliders():
    session = at("js")
    answer = after_event(session, xy=[[0.02, 4.03]])
    assert (answer["address"]["distance"], answer["address"]["direction"]) == ("4.05", "90")
    mirrored = after_event(session, xy=[[0.0, -9.0]])
    assert (mirrored["address"]["distance"], mirrored["address"]["direction"]) == ("6", "90")
    other = chosen(session, case="wide along different axes")
    assert other["address"] == {**other["address"], "distance": None, "direction": None, "var_i1": None}


def test_a_discriminator_learns_until_it_has_learned_enough():
    session = at("adversarial")
    before = held(shown(session))
    after_event(session, press="run")
    for _ in range(12):
        answer = after_event(session, step=True)
    assert session.learner.steps == 240
    assert answer["playing"]
    assert held(answer) != before
    moved = places(answer)
    moved[2] = [1.0, 0.2]
    assert session.learner.steps == 240
    assert places(after_event(session, xy=moved))[2] == pytest.approx([1.0, 0.2], abs=1e-6)
    after_event(session, press="forget")
    assert session.learner.steps == 0


def test_dgg_s_letters_snap_to_codes_and_its_steps_say_what_holds():
    session = at("dgg-identity")
    first = shown(session)
    assert held(first)[:5] == [True, True, True, True, False]
    (x, y), j = places(first)
    assert places(after_event(session, xy=[[x + 1e-6, y], j])) == places(first)
    away = after_event(session, xy=[[x + 3, y], j])
    assert away["address"]["point"] is not None
    assert held(away)[:4] == [True] * 4
    assert held(shown(at("dgg-prior"))) == [True, False, True, True, True, False]
    assert held(shown(at("dgg-scale"))) == [True, False, False, False, False, True, True]
    assert held(shown(at("dgg-neighbors")))[:2] == [True, True]
    prior = at("dgg-prior")
    chosen(prior, gammas="all agree")
    assert prior.rows == [[0.9, 0.05, 0.05]] * 4


@pytest.mark.parametrize(("name", "menu", "change"), [
    ("pull", "start", {"press": "one"}),
    ("js", "case", {"set": {"var_i1": "2"}}),
])  # fmt: skip
def test_a_menu_says_when_the_lab_is_no_longer_where_it_began(name, menu, change):
    def label(answer: dict) -> str:
        return next(one["label"] for one in answer["controls"] if one["key"] == menu)

    session = at(name)
    began = label(shown(session))
    assert label(after_event(session, **change)) == f"{began} (changed since)"
    value = next(one for one in session.widgets() if one.key == menu).options[0]
    assert label(chosen(session, **{menu: words(value)})) == began
