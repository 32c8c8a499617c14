"""Data of somebody's own on the pages: from a path to a data set, removed again, and links to what is gone."""

from pathlib import Path

import numpy as np
import pytest
from epochscope.data import SOURCES
from epochscope.data.own.user_datasets import stored_datasets
from epochscope.data.scaling import COUNTS
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import manager, train
from epochscope.runs.training.writer import RunWriter
from epochscope.server.visitors import KEPT_AS
from epochscope.types import EpochscopeError

from tests.support.pages import app, panels, select, still_charts

ROWS = [f"{i},{i % 7}.5,{'' if i == 4 else i * i},{'<b>oak</b>' if i % 3 else '*elm*'}" for i in range(30)]


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "my_[trees](x).csv"
    path.write_text("\n".join(["id,width,height,kind", *ROWS]))
    return path


def named(path: Path):
    test = app("pages/data.py")
    test.text_input(key="own.0.path").set_value(str(path)).run()
    assert not test.exception
    return test


def button(test, label: str):
    return next(one for one in test.button if one.label == label)


def test_from_a_path_to_the_list_of_data_sets(table):
    test = named(table)
    shown = test.dataframe[0].value
    assert shown["column"].tolist() == ["id", "width", "height", "kind"]
    assert shown["missing"].tolist() == [0, 0, 1, 0]
    assert shown["first rows"][3] == "*elm* · ‹b›oak‹/b› · ‹b›oak‹/b› · *elm*"
    assert test.multiselect[0].value == ["id"]
    assert any(
        "29 points of 2 features · 2 classes · 1 row with a missing value dropped" in m.value for m in test.markdown
    )
    test.text_input(key=f"own.0.title.{table.name}").set_value("<i>trees").run()
    button(test, "Use it").click().run()
    assert not test.exception
    (kept,) = stored_datasets()
    key = f"own-{kept.id}"
    assert test.session_state["data"] == key
    assert test.subheader[0].value == "‹i›trees"
    assert [metric.value for metric in test.metric][:3] == ["29", "2", "2"]
    assert not test.dataframe  # the form has begun anew
    test = app(data="‹i›trees")
    assert test.selectbox(key="data").value == key
    assert test.number_input(key=f"{key}.clusters").value == 2
    test.button(key="play").click().run()
    assert Run(test.query_params["run"]).title == "DEC on ‹i›trees, k = 2, seed 0"


def test_what_data_are_is_said_with_the_scaling_and_shown(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "cells.npy"
    np.save(path, rng.poisson(rng.gamma(0.4, 2, (50, 40)) * rng.lognormal(0, 0.5, (50, 1))))
    test = named(path)
    scaling = test.selectbox(key="own.0.scaling.cells.npy")
    assert scaling.value == "recommended"
    sentence = next(one.value for one in test.caption if one.value.startswith("Recommended scaling"))
    assert "Recognized as counts, since they are whole numbers of 0 or more" in sentence
    button(test, "Use it").click().run()
    (kept,) = stored_datasets()
    key = f"own-{kept.id}"
    assert test.selectbox(key=f"{key}.scaling").value == kept.scaling == COUNTS
    assert any("Recognized as counts" in one.value and "as recommended" in one.value for one in test.markdown)
    assert {"values-before", "values-after", "values-sums"} <= set(still_charts(test))
    test.selectbox(key=f"{key}.scaling").set_value("standardize").run()
    assert any("Scaling: **standardize**; recommended is **counts" in one.value for one in test.markdown)
    test.selectbox(key=f"{key}.scaling").set_value("tf-idf, l2 norm").run()
    assert not test.exception
    test.selectbox(key="data").set_value("digits").run()
    assert not test.exception
    assert "values-before" not in still_charts(test)


def test_a_scaling_that_the_values_do_not_allow_is_one_sentence(tmp_path):
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).normal(size=(20, 3)))
    test = named(path)
    test.selectbox(key="own.0.scaling.points.npy").set_value(COUNTS).run()
    button(test, "Use it").click().run()
    assert not test.exception
    assert "is for values of 0 or more" in test.error[0].value


def test_other_choices_make_another_set(table):
    test = named(table)
    test.selectbox(key=f"own.0.label.{table.name}").set_value("– no labels –").run()
    test.multiselect[0].set_value(["width"]).run()
    test.selectbox(key="own.0.missing").set_value("mean of the column").run()
    test.selectbox(key=f"own.0.scaling.{table.name}").set_value("min-max to [0,1]").run()
    button(test, "Use it").click().run()
    (kept,) = stored_datasets()
    source = SOURCES[f"own-{kept.id}"]
    assert (kept.n, kept.f, kept.class_names, kept.feature_names) == (30, 2, (), ("id", "height"))
    assert source.params().flat() == {"n": 30, "seed": 0, "scaling": "min-max to [0,1]"}
    assert test.metric[2].value == "–"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\x80\x04pickle\0", "is a file of Python objects"),
        (b"a,b\n1,2\n3,4,5\n", "row 3, has 3 cells"),
    ],
)
def test_a_file_that_cannot_be_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "bad_*file*.csv"
    path.write_bytes(content)
    test = named(path)
    assert sentence in test.error[0].value
    assert r"bad\_\*file\*.csv" in test.error[0].value


def test_a_file_that_changes_is_read_again(table):
    test = named(table)
    table.write_text("a,b\n1,2\n5,4\n")
    test.run()
    assert test.dataframe[0].value["column"].tolist() == ["a", "b"]
    table.unlink()
    test.run()
    assert "cannot be read" in test.error[0].value


def test_a_single_feature_has_a_card_too(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("a\n1\n5\n4\n")
    test = named(path)
    button(test, "Use it").click().run()
    assert not test.exception
    assert len(still_charts(test)) == 4  # the points, values before and after, row sums


@pytest.mark.parametrize("user", [{}, {KEPT_AS: f"elsewhere {'b' * 64}"}])
def test_a_path_is_read_only_for_whoever_sits_at_the_machine(user):
    test = app("pages/data.py", user=user)
    assert not [one for one in test.text_input if "path" in one.label]
    assert any("only in a browser on the machine that runs" in caption.value for caption in test.caption)


def test_a_set_is_removed_after_asking_and_its_runs_can_still_be_watched(table):
    test = named(table)
    button(test, "Use it").click().run()
    (kept,) = stored_datasets()
    writer = RunWriter(RunSpec(f"own-{kept.id}", "kmeans", 2, 0), PROGRAM)
    train(writer, Control())
    assert Run(writer.id).status["state"] == "done"
    button(test, "Remove").click().run()
    assert not test.exception
    assert not list(stored_datasets())
    assert test.session_state["data"] == "digits"
    assert not test.warning
    test = app(run=writer.id)
    assert panels(test) == 7
    assert not test.error


def test_a_link_to_data_that_are_gone_says_so():
    test = app(data="my [trees]")
    assert [w.value for w in test.warning] == [
        r"There is no data set 'my \[trees\]': if it is your own, add its file on the Data page."
    ]
    assert test.selectbox(key="data").value == "digits"


def test_a_recorded_run_is_shown_and_cannot_be_played():
    from epochscope import Recorder

    with Recorder("my *loop*", k=2) as rec:
        rec.log(z=[[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]], losses=1.0)
    test = app(run=rec.run)
    assert panels(test) >= 4
    assert test.button(key="play").disabled
    assert "only that program can train it again" in test.button(key="play").help
    assert test.button(key="step").disabled
    assert any(c.value == "recorded: view only" for c in test.caption)
    assert any(r"my \*loop\*, k = 2" in block.proto.popover.label for block in test.get("popover"))
    test.button(key="close").click().run()
    assert "run" not in test.query_params
    assert not test.button(key="play").disabled


def test_a_recorded_run_can_be_named_and_exported_but_neither_continued_nor_repeated():
    from epochscope import Recorder

    with pytest.raises(KeyboardInterrupt), Recorder("my loop", k=2) as rec:  # noqa: PT012
        rec.log(z=[[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]], losses=1.0)
        raise KeyboardInterrupt
    test = select(app("pages/runs.py"), 0)
    enabled = {one.label for one in test.button if not one.disabled}
    assert "Open in Train" in enabled
    assert not {"Continue", "Duplicate"} & enabled
    assert "only that program can train it again" in button(test, "Continue").help
    with pytest.raises(EpochscopeError, match="only that program can train it again"):
        manager().resume(rec.run, PROGRAM)
    assert Run(rec.run).status["state"] == "stopped"
    test = app(run=rec.run)
    assert "resume" not in {one.key for one in test.button}


def test_what_was_recognized_is_said_and_can_be_changed(tmp_path):
    path = tmp_path / "weights.txt"
    path.write_text("# scales\na\tb\tkind\n1,234\t5\tx\n2,345\t6\ty\n3,456\t8\tx\n")
    test = named(path)
    said = next(caption.value for caption in test.caption if caption.value.startswith("Recognized"))
    for part in (
        "cells apart by tabs",
        "1 comment line left out",
        "thousands separators",
        r"label kind\: few different",
    ):
        assert part in said
    (decimals,) = [one for one in test.selectbox if one.label == "Decimals"]
    assert decimals.value == "1.5 (point)"
    decimals.set_value("1,5 (comma)").run()
    assert not test.exception
    assert any("decimal commas" in caption.value for caption in test.caption)
    assert test.dataframe[0].value["first rows"][0] == "1.234 · 2.345 · 3.456"
    button(test, "Use it").click().run()
    (kept,) = stored_datasets()
    assert (kept.n, kept.f, kept.class_names) == (3, 2, ("x", "y"))


def test_points_without_a_label_and_features_of_a_matrix_are_asked_about(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "words.svm"
    terms = [sorted(set(rng.integers(1, 2_500, 9).tolist())) for _ in range(12)]
    lines = [f"{i % 3 - 1} " + " ".join(f"{term}:1" for term in some) for i, some in enumerate(terms)]
    path.write_text("\n".join([*lines, "1 2500:3"]))
    test = named(path)
    assert any(
        "9 points of 2,500 features · 2 classes · 4 rows without a label dropped" in m.value for m in test.markdown
    )
    test.selectbox(key="own.0.features").set_value("the 2,000 most variable features").run()
    test.selectbox(key="own.0.unlabeled").set_value("-1 is a class").run()
    assert not test.exception
    assert any("13 points of 2,000 features · 3 classes" in m.value for m in test.markdown)
