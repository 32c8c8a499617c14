"""A run in one file, and files that are none."""

import json

import epochscope
import numpy as np
import pandas as pd
import pytest
from epochscope import EpochscopeError
from epochscope.methods import METHODS
from epochscope.runs.format.run import Run
from epochscope.testing.trial import digits
from safetensors.numpy import load_file, save_file

from tests.support.methods import EACH
from tests.support.quick_values import first_preset, quick_values

X = digits().x.numpy()


def trained(method: str = "dec", x=X, **more):
    given = {"k": 10, "seed": 3, "progress": False, "preset": first_preset(method), "params": quick_values(method)}
    return epochscope.train(x, method, **{**given, **more})


@pytest.fixture(scope="module")
def run():
    return trained(weights="all", scaling="standardize")


@pytest.fixture(scope="module")
def file(run, tmp_path_factory):
    return run.save(tmp_path_factory.mktemp("saved") / "run")


def test_what_was_saved_is_there_again(run, file):
    assert file.suffix == ".safetensors"
    again = epochscope.load(file)
    for name in ("labels", "q", "p", "z", "centers"):
        np.testing.assert_array_equal(getattr(again, name), getattr(run, name))
    pd.testing.assert_frame_equal(again.history, run.history, check_dtype=False)
    for name in ("id", "title", "state", "message", "settings"):
        assert getattr(again, name) == getattr(run, name)
    assert again.epochs_with_weights == run.epochs_with_weights == [4, 5, 6, 7]
    for epoch in run.epochs_with_weights:
        np.testing.assert_array_equal(again.predict(X, epoch=epoch), run.predict(X, epoch=epoch))
        np.testing.assert_array_equal(again.predict_proba(X, epoch=epoch), run.predict_proba(X, epoch=epoch))
    np.testing.assert_array_equal(again.predict(X), run.labels)
    np.testing.assert_array_equal(again.transform(X), run.z)
    np.testing.assert_array_equal(again.at(5).labels, run.at(5).labels)


@pytest.mark.parametrize("method", EACH)
def test_every_method_can_be_saved(method, tmp_path):
    made = trained(method)
    again = epochscope.load(made.save(tmp_path / "run.safetensors"))
    if METHODS[method].assign is not None:
        np.testing.assert_array_equal(again.transform(X), made.z)
    np.testing.assert_array_equal(again.labels, made.labels)


def test_without_its_folder_a_run_still_assigns_points(tmp_path):
    made = trained("kmeans", record=False)
    again = epochscope.load(made.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(X), made.labels)
    np.testing.assert_array_equal(again.at(-1).labels, made.labels)
    for ask in (lambda: again.at(0), again.show):
        with pytest.raises(EpochscopeError, match="There is no run"):
            ask()


def test_columns_are_remembered(tmp_path):
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    again = epochscope.load(trained("kmeans", table, k=2).save(tmp_path / "run"))
    with pytest.raises(EpochscopeError, match="the columns of the training in their order: a, b"):
        again.predict(table[["b", "a"]])


def header(file, change) -> dict[str, str]:
    """The metadata of a saved run, changed."""
    import safetensors

    with safetensors.safe_open(file, framework="numpy") as opened:
        known = json.loads(opened.metadata()["epochscope"])
    change(known)
    return {"epochscope": json.dumps(known)}


BROKEN = {
    "it was not written by run.save": None,
    "it has the format 99 of a newer epochscope": lambda known: known.update(format=99),
    "Expected `str`, got `int`": lambda known: known["about"].update(title=3),
    "missing required field `id`": lambda known: known["about"].pop("id"),
    "'new_id' is missing or wrong": lambda known: known.update(epochs=[3]),
    "'method' is missing or wrong": lambda known: known.update(about={**known["about"], "settings": {}}),
    "invalid literal for int": lambda known: known["history"].update(x={"first": 1.0}),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_another_file_is_refused_in_a_sentence(sentence, file, tmp_path):
    change = BROKEN[sentence]
    save_file(load_file(file), tmp_path / "other", metadata=header(file, change) if change else None)
    with pytest.raises(EpochscopeError, match=f"is no run that can be loaded: .*{sentence}"):
        epochscope.load(tmp_path / "other")


def test_what_is_no_safetensors_at_all_is_refused(tmp_path):
    (tmp_path / "text").write_text("labels")
    with pytest.raises(EpochscopeError, match="text is no run that can be loaded"):
        epochscope.load(tmp_path / "text")
    with pytest.raises(EpochscopeError, match=r"There is no file .*nothing"):
        epochscope.load(tmp_path / "nothing")
    with pytest.raises(EpochscopeError, match="cannot be written"):
        trained("kmeans").save(tmp_path / "missing" / "run")


def test_weights_that_do_not_fit_are_a_sentence(file, tmp_path):
    tensors = {name: value for name, value in load_file(file).items() if not name.endswith("centers")}
    save_file(tensors, tmp_path / "other", metadata=header(file, lambda known: None))
    with pytest.raises(EpochscopeError, match=r"The weights of this run do not fit DEC of today \('centers'\)"):
        epochscope.load(tmp_path / "other").predict(X)


def test_a_run_whose_method_is_gone_still_has_its_results(file, tmp_path):
    gone = header(file, lambda known: known["about"]["settings"].update(method="gone"))
    save_file(load_file(file), tmp_path / "other", metadata=gone)
    again = epochscope.load(tmp_path / "other")
    assert again.labels.shape == (200,)
    assert Run(again.id).title == again.title
    with pytest.raises(EpochscopeError, match="There is no method 'gone'"):
        again.predict(X)
