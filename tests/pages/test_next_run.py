"""The sidebar beside a run on the stage: the settings of the next run, which start from the run that is shown."""

import json

from epochscope.runs.format.run import Run
from epochscope.ui.train.next_run import take_settings

from tests.support.pages import app, button, made


def said(test) -> str:
    return "\n".join(one.value for one in test.sidebar.caption).replace("\\", "")


def test_a_link_to_a_run_offers_the_settings_of_that_run():
    run = made(5, nu=2.5)
    test = app(run=run.id)
    assert (test.selectbox(key="data").value, test.selectbox(key="method").value) == ("blobs", "dec")
    assert (test.number_input(key="seed").value, test.number_input(key="blobs.clusters").value) == (5, 3)
    assert "The same settings as the run shown." in said(test)
    test.number_input(key="blobs.clusters").set_value(4).run()
    assert "k · clusters: 4 instead of 3" in said(test)
    button(test, "Take its settings").click().run()
    assert test.number_input(key="blobs.clusters").value == 3
    assert "The same settings as the run shown." in said(test)
    test.button(key="play").click().run()
    assert not test.exception
    assert test.query_params["run"] != [run.id]


def test_what_a_link_says_beside_the_run_stays_and_is_said():
    run = made(5)
    test = app(run=run.id, seed="7")
    assert test.number_input(key="seed").value == 7
    assert "seed: 7 instead of 5" in said(test)


def test_another_run_on_the_stage_brings_its_settings():
    first, second = made(1), made(2, nu=3.0)
    test = app(run=first.id)
    test.query_params["run"] = second.id
    test.run()
    assert test.number_input(key="seed").value == 2
    assert "The same settings as the run shown." in said(test)


def test_a_projection_is_found_by_its_key_and_an_unknown_one_is_named():
    run = made(1)
    assert app(run=run.id, projection="tsne").segmented_control(key="projection").value == "tsne"
    test = app(run=run.id, projection="isomap", method="idec")
    assert any("no projection 'isomap'" in one.value for one in test.warning)
    assert test.selectbox(key="method").value == "idec"


def test_what_a_run_says_it_was_changed_to_is_not_taken_where_no_run_can_have_it():
    run = made(1)
    change = {"epoch": 1, "name": "nu", "symbol": "nu", "old": 1.0, "new": "\0", "at": {}}
    (run.folder / "marks.jsonl").write_text(json.dumps(change) + "\n")
    take_settings(Run(run.id))
