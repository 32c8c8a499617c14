"""Each page as Streamlit draws it, without a browser: no exception, the right widgets, bad input in one sentence."""

import os
from pathlib import Path

import numpy as np
import pytest
from epochscope.data.base import Source
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.ui.shared.text import plain

from tests.support.pages import SMALL, app, panels, still_charts


@pytest.fixture
def finished() -> Run:
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 120}, params=SMALL), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def test_train_opens_ready_to_play():
    test = app()
    assert {button.label for button in test.button} >= {"Play", "Pause", "Step", "Stop"}
    assert not test.button(key="play").disabled
    assert test.button(key="stop").disabled
    assert test.selectbox(key="data").value == "digits"
    assert test.selectbox(key="method").value == "dec"
    assert still_charts(test) == ["balance", "data-plane"]
    assert panels(test) == 3  # one loads the modules alone
    assert any(metric.value == "1,797" for metric in test.metric)


def test_play_starts_a_run_and_mounts_the_stage():
    test = app()
    test.button(key="play").click().run()
    assert not test.exception
    run = Run(test.query_params["run"])
    assert run.spec.method == "dec"
    assert panels(test) == 9


def test_play_of_data_that_cannot_be_had_is_one_sentence_and_no_run():
    test = app(data="MNIST")
    assert any("Downloads are switched off" in caption.value for caption in test.caption)
    test.button(key="play").click().run()
    assert not test.exception
    assert "run" not in test.query_params
    assert "train-images-idx3-ubyte.gz" in test.error[0].value


@pytest.mark.parametrize("key", METHODS)
def test_every_parameter_of_every_method_has_a_widget(key):
    test = app()
    test.selectbox(key="method").set_value(key).run()
    assert not test.exception
    for name, _ in METHODS[key].params.ranges():
        assert f"{key}.{name}" in test.session_state, name


@pytest.mark.parametrize("key", METHODS)
def test_choosing_a_preset_moves_the_widgets(key):
    method = METHODS[key]
    test = app()
    test.selectbox(key="method").set_value(key).run()
    for preset in reversed(method.presets):
        test.selectbox(key=f"{key}.preset").set_value(preset.title).run()
        assert not test.exception
        for name, value in method.start(preset.title, Size(1797, 64, preset.k or 10)).flat().items():
            assert test.session_state[f"{key}.{name}"] == value, name


def test_the_preset_for_any_data_follows_their_size_but_not_what_somebody_moved():
    test = app(data="Blobs", **{"dec.preset": "recommended"})
    n, k = test.session_state["blobs.n"], test.session_state["blobs.clusters"]
    of = METHODS["dec"].start("recommended", Size(n, 2, k)).flat()
    assert {name: test.session_state[f"dec.{name}"] for name in of} == of
    test.number_input(key="dec.pretrain.epochs").set_value(33).run()
    test.select_slider(key="blobs.n").set_value(5000).run()
    after = METHODS["dec"].start("recommended", Size(5000, 2, k)).flat() | {"pretrain.epochs": 33}
    assert {name: test.session_state[f"dec.{name}"] for name in after} == after
    assert after["pretrain.batch"] != of["pretrain.batch"]


def test_data_that_do_not_come_with_the_program_are_offered_the_preset_for_any_data(monkeypatch):
    monkeypatch.setattr(Source, "demo", property(lambda source: source.key == "digits"))
    test = app()
    assert test.selectbox(key="dec.preset").value == "quick demo"
    test.selectbox(key="data").set_value("blobs").run()
    assert test.selectbox(key="dec.preset").value == "recommended"
    assert test.session_state["dec.watch.neighbors"] == 10
    test.selectbox(key="dec.preset").set_value("minutes").run()
    test.selectbox(key="data").set_value("digits").run()
    assert test.selectbox(key="dec.preset").value == "minutes"


def test_a_preset_may_set_the_number_of_clusters_as_long_as_it_is_chosen():
    test = app(method="Soft k-means")
    chosen = []
    for preset in ("as in the paper", "quick demo"):
        test.selectbox(key="soft_kmeans.preset").set_value(preset).run()
        chosen.append(test.number_input(key="digits.clusters").value)
    test.number_input(key="digits.clusters").set_value(7).run()
    test.selectbox(key="soft_kmeans.preset").set_value("recommended").run()
    assert [*chosen, test.number_input(key="digits.clusters").value] == [3, 10, 7]


def test_a_stored_run_is_shown(finished):
    test = app(run=finished.id)
    assert panels(test) == 9
    assert not test.error


@pytest.mark.parametrize("run", ["nope", "../../etc", "a b"])
def test_a_run_that_is_not_there_is_one_sentence(run):
    test = app(run=run)
    assert len(test.error) == 1
    assert "run" in test.error[0].value


def test_more_clusters_than_points_is_one_sentence():
    test = app()
    test.selectbox(key="data").set_value("blobs").run()
    test.select_slider(key="blobs.n").set_value(50).run()
    test.number_input(key="blobs.clusters").set_value(200).run()
    assert not test.exception
    assert [error.value for error in test.error if "k" in error.value and "50" in error.value]


def test_the_data_page_shows_each_set_or_asks_before_it_downloads(monkeypatch):
    test = app("pages/data.py")
    for key in ("digits", "blobs", "moons", "mnist"):
        test.selectbox(key="data").set_value(key).run()
        assert not test.exception
    assert [button.label for button in test.button] == ["Check again"]
    assert any("Downloads are switched off" in caption.value for caption in test.caption)
    monkeypatch.delenv("EPOCHSCOPE_OFFLINE")
    assert any("Download 12 MB" in button.label for button in test.run().button)


def test_a_set_that_nobody_can_download_says_what_to_place_where():
    folder = str(Path(os.environ["EPOCHSCOPE_DATA"]) / "hapt561")
    test = app("pages/data.py")
    test.selectbox(key="data").set_value("hapt561").run()
    assert [button.label for button in test.button] == ["Check again"]
    assert any("`hapt561.npz`" in caption.value and folder in caption.value for caption in test.caption)
    test = app()
    test.selectbox(key="data").set_value("hapt561").run()
    assert any("`hapt561.npz`" in caption.value and folder in caption.value for caption in test.caption)
    assert not any("Play downloads" in caption.value for caption in test.caption)
    test.button(key="play").click().run()
    assert not test.exception
    assert "run" not in test.query_params
    assert plain(folder) in test.error[0].value


def test_a_set_without_pictures_is_shown_by_its_features(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path))
    (tmp_path / "hapt561").mkdir()
    names = np.array([f"t_Acc-mean()-{i}" for i in range(561)])
    y = np.arange(120) % 6
    x = np.random.default_rng(0).uniform(-1, 1, (120, 561))
    np.savez(tmp_path / "hapt561" / "hapt561.npz", X=x, y=y + 1, feature_names=names)
    test = app("pages/data.py")
    test.selectbox(key="data").set_value("hapt561").run()
    assert not test.exception
    assert still_charts(test) == ["data-plane", "balance"]
    shown = test.table[0].value
    assert shown["class"].tolist()[:2] == ["walking", "walking upstairs"]
    assert r"t\_Acc-mean()-" in shown.iloc[0, 1]


def test_the_runs_page_lists_what_there_is(finished):
    test = app("pages/runs.py")
    assert test.dataframe[0].value["run"].tolist() == [finished.title]


def test_a_link_may_name_any_value_in_range_also_between_the_stops_of_a_slider():
    test = app(**{"dec.pretrain.batch": "300", "dec.cluster.lr": "0.00042", "dec.pretrain.epochs": "7"})
    test.button(key="play").click().run()
    params = Run(test.query_params["run"]).spec.params
    assert (params["pretrain.batch"], params["cluster.lr"], params["pretrain.epochs"]) == (300, 0.00042, 7)


@pytest.mark.parametrize("value", ["-1", "1e9", "many", "nan", ""])
def test_a_link_with_a_value_out_of_range_opens_with_the_default(value):
    test = app(**{"dec.pretrain.batch": value})
    assert test.session_state["dec.pretrain.batch"] == METHODS["dec"].start().flat()["pretrain.batch"]


def test_a_link_with_former_names_of_parameters_shows_the_same_settings():
    former = {"digits.scaling": "standardise", "method": "Soft k-means", "soft_kmeans.standardise": "no"}
    test = app(**former)
    assert not test.exception
    assert test.selectbox("digits.scaling").value == "standardize"
    assert test.selectbox("soft_kmeans.standardize").value == "no"
    assert "soft_kmeans.standardise" not in test.query_params
