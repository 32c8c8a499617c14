"""The Inspect page as Streamlit draws it: for every kind of run, at any epoch, with and without its data."""

import json
import shutil
from typing import get_args

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.data.dataset_cache import dataset
from epochscope.inspect.health import Shown
from epochscope.inspect.links import places_as_letters
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.moves import explainer
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError
from epochscope.ui.inspect.whole import PARTS

from tests.support.pages import SMALL, app, stage_panels
from tests.support.waiting import until


def inspect(run: str, **query: str):
    test = app("pages/inspect.py")
    for name, value in {"run": run, **query}.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    return test


def drawn(test) -> dict[str, dict]:
    """What each panel was given, by its name."""
    found = [json.loads(element.proto.json) for element in stage_panels(test)]
    return {data["name"]: data for data in found}


def recorded(method: str, **params) -> Run:
    writer = RunWriter(RunSpec("blobs", method, 3, 0, data={"n": 120}, params=params), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


@pytest.fixture
def run() -> Run:
    return recorded("dec", **{**SMALL, "cluster.tol": 0.0})


def asked(test, name: str) -> str:
    """A value of the address line, which AppTest gives as text or as a list of one."""
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_the_whole_at_the_last_epoch(run):
    test = inspect(run.id)
    shown = drawn(test)
    assert {"embedding", "transport", "confusion", "flow", "shares", "confidence", "sharpening"} <= shown.keys()
    assert {"scores", "changed", "entropy", "losses", "frequencies", "spread"} <= shown.keys()
    acc = run.epochs()[-1]["scores"]["acc"]
    assert f"ACC {acc:.3f}" in shown["confusion"]["figure"]["layout"]["title"]["text"]
    last = len(run.epochs()) - 1
    assert f"Epoch {last - 1} to {last}" in shown["flow"]["figure"]["layout"]["title"]["text"]


def test_an_epoch_of_pretraining_has_no_clusters_and_says_so(run):
    test = inspect(run.id, epoch="0")
    assert "confusion" not in drawn(test)
    assert any("No data at epoch 0 (pretrain)" in caption.value for caption in test.caption)


def test_the_epoch_to_compare_with_is_kept_in_the_address(run):
    first, last = 2, 4
    test = inspect(run.id)
    test.slider(key="since-box").set_value(first).run()
    assert not test.exception
    assert asked(test, "since") == str(first)
    assert f"Epoch {first} to {last}" in drawn(test)["flow"]["figure"]["layout"]["title"]["text"]


@pytest.mark.parametrize("method", ["kmeans", "gmm"])
def test_runs_that_show_less_show_less(method):
    run = recorded(method, epochs=3)
    shown = drawn(inspect(run.id))
    assert "confusion" in shown
    assert "sharpening" not in shown


def test_a_finding_leads_to_its_epoch_and_its_figure():
    run = recorded("dec", **{**SMALL, "cluster.epochs": 4, "cluster.lr": 10.0, "cluster.tol": 0.0})
    test = inspect(run.id)
    note = test.button(key="note0")
    assert "since epoch" in note.label
    note.click().run()
    assert not test.exception
    assert test.query_params["focus"]
    order = drawn(test)["embedding"]["order"]
    assert order["epoch"] == int(asked(test, "epoch"))
    assert test.button(key="unfocus")
    test.button(key="unfocus").click().run()
    assert "focus" not in test.query_params


def test_every_figure_that_a_finding_may_name_is_there():
    assert set(get_args(Shown)) <= {part.key for part in PARTS}


@pytest.mark.parametrize("run", ["nope", "../../etc"])
def test_a_run_that_is_not_there_is_one_sentence(run):
    assert len(inspect(run).error) == 1


def test_without_any_run_the_page_explains_a_recorded_one():
    (shown,) = app("pages/inspect.py").selectbox(key="inspected").options
    assert shown.endswith("no run of yours yet")


def test_a_run_without_an_epoch_waits():
    waiting = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 120}, params=SMALL), PROGRAM)
    test = inspect(waiting.id)
    assert len(test.info) == 1
    waiting.finish("stopped")


def words(test) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption, *test.latex])


def test_one_point_shows_its_sum_its_way_and_its_neighbors(run):
    i = int(run.points()["index"][3])
    test = inspect(run.id, view="point", point=str(i))
    shown = drawn(test)
    assert {"point-q", "point-p", "near-input", "near-codes"} <= shown.keys()
    assert shown["embedding"]["order"]["pick"] == 3
    j = int(run.array(len(run.epochs()) - 1, "labels")[i])
    assert f"q_{{{i},{j}}}" in test.latex[0].value
    assert f"cluster **{j}**" in words(test)
    assert "ν = 1" in words(test)
    assert 3 not in [item[0] for item in shown["near-codes"]["items"]]
    table = next(frame.value for frame in test.dataframe if "qᵢⱼ" in frame.value)
    assert table["qᵢⱼ"].sum() == pytest.approx(1, abs=2e-3)


def test_walking_from_point_to_point_and_back(run):
    i = int(run.points()["index"][3])
    test = inspect(run.id, view="point", point=str(i))
    nearest = drawn(test)["near-codes"]["items"][0][0]
    test.button(key="on").click().run()
    second = int(asked(test, "point"))
    assert second == int(run.points()["index"][nearest])
    assert drawn(test)["embedding"]["order"]["pick"] == nearest
    test.button(key="back").click().run()
    assert int(asked(test, "point")) == i
    test.number_input(key="point-box").set_value(5).run()
    assert asked(test, "point") == "5"
    test.button(key="mistake").click().run()
    assert not test.exception


def test_a_method_without_the_kernel_says_so_and_one_without_q_too():
    gmm = inspect(recorded("gmm", epochs=3).id, view="point")
    assert "not a Student-t" in words(gmm)
    assert not gmm.latex
    kmeans = inspect(recorded("kmeans", epochs=3).id, view="point")
    assert "there is no Q" in words(kmeans)
    assert "near-codes" in drawn(kmeans)


def test_a_point_that_is_not_drawn_shows_what_is_known(monkeypatch):
    monkeypatch.setattr("epochscope.runs.training.epoch_recorder.DRAWN_POINTS", 40)
    run = recorded("dec", **SMALL)
    drawn_ones = set(run.points()["index"].tolist())
    i = next(i for i in range(120) if i not in drawn_ones)
    test = inspect(run.id, view="point", point=str(i))
    assert "This point is not among them" in words(test)
    assert "clusters over the epochs" in words(test)
    assert "near-codes" not in drawn(test)


def test_one_cluster_shows_its_ends_its_classes_and_its_origin(run):
    labels = run.array(len(run.epochs()) - 1, "labels")
    test = inspect(run.id, view="cluster", group="1")
    shown = drawn(test)
    assert {"cluster-growth", "cluster-classes"} <= shown.keys()
    assert f"**{(labels == 1).sum()}** of 120 points" in words(test)
    index = run.points()["index"]
    for name in ("ends-most", "ends-least"):
        assert all(labels[index[place]] == 1 for place, _, _ in shown[name]["items"])
    assert "Since epoch" in words(test)
    test.selectbox(key="cluster-box").set_value(0).run()
    assert asked(test, "group") == "0"


def test_when_the_data_are_gone_the_page_says_so_and_shows_the_rest(run, monkeypatch):
    def gone(*_, **__):
        raise EpochscopeError("The file moved away.")

    monkeypatch.setattr("epochscope.runs.library.features.dataset", gone)
    for view in ("point", "cluster"):
        test = inspect(run.id, view=view)
        assert "cannot be loaded any more" in words(test)
        assert "The file moved away." in words(test)
    assert "near-codes" in drawn(inspect(run.id, view="point"))


def test_a_link_with_values_out_of_range_opens(run):
    test = inspect(run.id)
    for view, name, value in (
        ("point", "point", "99999"),
        ("point", "point", "-3"),
        ("cluster", "group", "77"),
        ("selection", "epoch", "900"),
        ("whole", "since", "x"),
        ("nonsense", "focus", "<b>"),
    ):
        test.query_params["view"], test.query_params[name] = view, value
        test.run()
        assert not test.exception, (view, name, value)
        assert not test.error, (view, name, value)


def test_a_cluster_can_be_selected_and_stays_selected_over_the_epochs(run):
    last = len(run.epochs()) - 1
    labels = run.array(last, "labels")
    test = inspect(run.id, view="cluster", group="1")
    test.button(key="cluster-select").click().run()
    shown = drawn(test)
    assert f"**{(labels == 1).sum()} points** of cluster 1 at epoch {last}" in words(test)
    assert len(shown["embedding"]["order"]["select"]) == (labels == 1).sum()
    assert {"selection-shares", "selection-gallery"} <= shown.keys()
    test.query_params["epoch"] = str(last - 1)
    test.run()
    assert f"of cluster 1 at epoch {last}" in words(test)
    test.button(key="selection-clear").click().run()
    assert "Nothing is selected" in words(test)
    assert drawn(test)["embedding"]["order"]["select"] is None
    test.selectbox(key="selection-box").set_value(("class", 0)).run()
    assert "points** of class" in words(test)


def test_a_selection_reopens_from_a_link_and_a_wrong_one_is_a_sentence(run):
    last = len(run.epochs()) - 1
    labels = run.array(last, "labels")
    count = int((labels == 1).sum())
    test = inspect(run.id, view="selection", selected=f"cluster-1-{last}")
    assert f"**{count} points** of cluster 1 at epoch {last}" in words(test)
    assert len(drawn(test)["embedding"]["order"]["select"]) == count
    test = inspect(run.id, view="selection", selected="class-0")
    assert "points** of class" in words(test)
    chosen = np.array([3, 4, 40])
    drawn_points = run.points()["index"]
    letters = places_as_letters(chosen, len(drawn_points))
    test = inspect(run.id, view="selection", selected=f"points-2-{letters}")
    assert "**3 points** inside the box or lasso drawn at epoch 2" in words(test)
    assert drawn(test)["embedding"]["order"]["select"] == chosen.tolist()
    for wrong in (
        "points-2-mAAA",
        "points",
        "cluster-99-1",
        "cluster-1-x",
        "class-77",
        "<b>",
        "points-2-d" + "A" * 9000,
    ):
        test = inspect(run.id, view="selection", selected=wrong)
        assert not test.exception
        assert "does not fit this run" in words(test), wrong
        assert "Nothing is selected" in words(test)
        assert "selected" not in test.query_params


def test_data_that_have_changed_since_are_not_shown_as_those_of_the_run(run, monkeypatch):
    other = dataset("blobs", {**run.spec.data, "n": 60})
    monkeypatch.setattr("epochscope.runs.library.features.dataset", lambda *_: other)
    test = inspect(run.id, view="point")
    assert "data set has changed since the run" in words(test)
    assert "near-input" not in drawn(test)


def test_a_run_whose_folder_goes_away_ends_in_one_sentence(run):
    test = inspect(run.id, view="point")
    for path in (run.folder / "arrays").glob("*"):
        path.unlink()
    test.query_params["view"] = "cluster"
    test.run()
    assert not test.exception
    assert "is damaged at" in test.error[0].value
    shutil.rmtree(run.folder)
    test.run()
    assert not test.exception
    assert len(test.error) == 1


def test_when_no_mistake_is_left_the_page_says_so(run):
    test = inspect(run.id, view="point")
    wrong = round(120 * (1 - run.epochs()[-1]["scores"]["acc"]))
    for _ in range(wrong + 1):
        test.button(key="mistake").click().run()
    assert "No more points" in words(test)


@pytest.mark.parametrize("view", ["whole", "changed", "point", "cluster", "selection"])
def test_a_recorded_loop_at_its_worst_is_shown_as_what_it_is(view):
    z = np.random.default_rng(0).normal(size=(120, 3))
    truth = np.where(np.arange(120) < 9, -1, np.arange(120) % 3)
    with Recorder("worst", truth=truth) as rec:
        for epoch, scale in enumerate((1.0, np.inf, np.nan, np.nan)):
            labels = np.where(np.arange(120) % (4 - epoch) == 0, -1, np.arange(120) % (2 + epoch))
            rec.log(z=z * scale, labels=labels, losses={"loss": scale}, sample_loss=z[:, 0] * scale, weights=range(9))
    test = inspect(rec.run, view=view, point="0", cluster="1")
    said = [button.label for button in test.button]
    assert any("All codes are NaN or infinite" in label for label in said)
    assert any("clip gradients" in caption.value for caption in test.caption)
    if view == "whole":
        assert {"vectors", "shares", "scores"} <= drawn(test).keys()


def test_what_changed_is_listed_by_what_it_cost_and_leads_to_the_point():
    run = recorded("dec", **{**SMALL, "cluster.epochs": 4, "cluster.lr": 1.0, "cluster.tol": 0.0})
    last = len(run.epochs()) - 1
    first = next(line["epoch"] for line in run.epochs() if "labels" in line["has"])
    test = inspect(run.id, view="changed", since=str(first))
    old, new = run.array(first, "labels"), run.array(last, "labels")
    moved = np.flatnonzero(old != new)
    assert len(moved) > 5
    assert f"{len(moved)} point" in words(test)
    assert f"from epoch {first} to {last}" in words(test)
    table = next(frame.value for frame in test.dataframe if "effect" in frame.value)
    assert set(table["row"]) == set(moved)
    shown = drawn(test)["changed-gallery"]["items"]
    place = int(np.flatnonzero(run.points()["index"] == table["row"][0])[0])
    assert shown[0][0] == place
    assert shown[0][1] == f"{old[moved].tolist()[moved.tolist().index(table['row'][0])]}→{new[table['row'][0]]}"
    assert [item[2] for item in shown] == [effect == "right → wrong" for effect in table["effect"]][: len(shown)]
    before = inspect(run.id, view="changed", epoch="0")
    assert "there is none" in words(before)


def test_why_a_point_moved_is_computed_on_demand_and_shown(run):
    last = len(run.epochs()) - 1
    i = int(run.points()["index"][3])
    test = inspect(run.id, view="point", point=str(i))
    assert f"Why did this point move from epoch {last - 1} to {last}?" in words(test)
    test.button(key="explain").click().run()
    assert not test.exception
    job = explainer().known(run, [i], last - 1, last)
    until(lambda: job.ended)
    assert not job.error
    test.run()
    assert not test.exception
    shown = drawn(test)
    assert f"Epoch {last - 1} to {last}" in shown["why-parts"]["figure"]["layout"]["title"]["text"]
    assert any(r"|\Delta z|" in one.value for one in test.latex)
    assert "Remainder:" in words(test)
    group = inspect(run.id, view="selection", selected=f"cluster-1-{last}")
    assert "Why did these" in words(group)
    other = inspect(recorded("kmeans", epochs=3).id, view="point")
    assert "does not say what its gradient steps consist of" in words(other)


def test_points_are_selected_by_a_line_and_kept_under_a_name(run):
    last = len(run.epochs()) - 1
    labels = run.array(last, "labels")
    test = inspect(run.id, view="selection")
    test.text_input(key="query-box").set_value("cluster = 1 and row < 60").run()
    assert not test.exception
    count = int((labels[:60] == 1).sum())
    assert f"**{count} points** that fit" in words(test)
    assert len(drawn(test)["embedding"]["order"]["select"]) == count
    test.text_input(key="keep-box").set_value("some of 1").run()
    test.button(key="keep-selection").click().run()
    assert "is kept for this browser" in words(test)
    test.text_input(key="query-box").set_value("clustr = 1").run()
    assert "There is no `clustr` here" in words(test).replace("\\", "")
    assert f"**{count} points**" in words(test)
    again = inspect(recorded("dec", **SMALL).id, view="selection")
    again.selectbox(key="kept-box").set_value("some of 1").run()
    assert f"**{count} points** of the selection" in words(again)
    again.toggle(key="selection-compare").set_value(True).run()
    table = next(frame.value for frame in again.dataframe if "together" in frame.value)
    assert len(table) == 2
    link = asked(test, "selected")
    assert f"**{count} points** that fit" in words(inspect(run.id, view="selection", selected=link))
    for wrong in (f"query-{last}-0-nonsense <", "query-", "query-1-1-", f"query-{last}-0-cluster = 77"):
        test = inspect(run.id, view="selection", selected=wrong)
        assert "Nothing is selected" in words(test), wrong
