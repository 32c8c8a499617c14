"""Estimators: scikit-learn's own checks, in a Pipeline, in a search, and the same results as epochscope.train."""

import copy
import inspect
import pickle

import epochscope
import numpy as np
import pandas as pd
import pytest
from epochscope.api.estimators import class_name, estimator
from epochscope.api.settings import keyword
from epochscope.methods import METHODS
from epochscope.runs.library.catalog import entries
from epochscope.testing.trial import LONGER, digits
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_clustering, parametrize_with_checks

from tests.support.methods import EACH, FAMILIES
from tests.support.quick_values import GROUPS_SOON, first_preset, quick_values

X = digits().x.numpy()
TRUTH = digits().truth
OFTEN = ("kmeans", "dec")
"""Methods that are checked in `make test`: one on the data, one with soft assignments, one with a network."""


STEPS = {key: GROUPS_SOON[key] | {"cluster.epochs": 80} for key in ("imsat", "kingdra")} | {
    "dcc": GROUPS_SOON["dcc"] | {"cluster.epochs": 100, "cluster.batch": 16}
}
"""Fifty points are one step an epoch: values of methods that need many steps to find groups."""


def quick(key: str, **more):
    """The estimator of a method, fast on a few hundred points."""
    values = {keyword(name): value for name, value in quick_values(key).items()}
    return estimator(key)(**{"preset": first_preset(key), **values, **more})


def trained_longer(made):
    """The same estimator, trained long enough to find three groups of fifty points."""
    key, known = made._method.key, made.get_params()
    longer = LONGER if key in ("vade", "dgg") else STEPS.get(key, {})
    return quick(key, **{keyword(name): value for name, value in longer.items() if keyword(name) in known})


def keeps(made, check) -> None:
    """Runs a check of scikit-learn; only one of them asks which clusters are found."""
    check(trained_longer(made) if check.func is check_clustering else made)


ASKS_FOR_CLASSIFIER = "it looks for the tags of a classifier in everything that has predict_proba"
ROUNDING = "the last digit of a float32 sum in a network depends on how many points are computed together"


def excused(made) -> dict[str, str]:
    """Names of checks that an estimator need not pass, with the reason."""
    method = made._method
    reasons = {}
    if hasattr(made, "predict_proba"):
        reasons |= dict.fromkeys(("check_estimator_sparse_array", "check_estimator_sparse_matrix"), ASKS_FOR_CLASSIFIER)
    if "net.widths" in method.params().flat():
        invariant = ("check_methods_subset_invariance", "check_methods_sample_order_invariance")
        reasons |= dict.fromkeys(invariant, ROUNDING)
    if method.finds_k:
        reasons |= {"check_clustering": "clusters keep their ids over the epochs, so that some are unused"}
    return reasons


@parametrize_with_checks([quick(key) for key in OFTEN], expected_failed_checks=excused)
def test_checks_of_scikit_learn(estimator, check):
    keeps(estimator, check)


@pytest.mark.slow
@parametrize_with_checks(
    [quick(key) for key in METHODS if key in FAMILIES and key not in OFTEN], expected_failed_checks=excused
)
def test_checks_of_scikit_learn_for_the_other_families(estimator, check):
    keeps(estimator, check)


@pytest.mark.parametrize("key", EACH)
def test_it_is_train_with_the_words_of_scikit_learn(key):
    made = quick(key, n_clusters=10, random_state=4)
    before = len(entries())
    labels = made.fit_predict(X)
    asked = {"preset": first_preset(key), "params": quick_values(key), "scaling": "as stored"}
    run = epochscope.train(X, key, k=10, seed=4, record=False, progress=False, **asked)
    np.testing.assert_array_equal(labels, run.labels)
    assert len(entries()) == before
    assert made.n_features_in_ == 64
    assert hasattr(made, "cluster_centers_") == ("centers" in METHODS[key].provides)
    method = METHODS[key]
    assert hasattr(made, "transform") == (method.assign is not None)
    if hasattr(made, "transform"):
        np.testing.assert_array_equal(made.transform(X), run.z)
    assert hasattr(made, "predict") == (method.assign is not None and not method.no_clusters)
    if hasattr(made, "predict"):
        np.testing.assert_array_equal(made.predict(X), labels)
    assert hasattr(made, "predict_proba") == (hasattr(made, "predict") and "q" in METHODS[key].provides)
    assert list(made.history_.index) == list(range(len(run.history)))


def test_arguments_are_those_of_the_parameter_class():
    assert epochscope.DEC is estimator("dec")
    assert epochscope.DEC.__name__ == "DEC"
    names = list(inspect.signature(epochscope.DEC).parameters)
    assert names[:4] == ["n_clusters", "preset", "random_state", "record"]
    assert names[4:] == [keyword(name) for name, _ in METHODS["dec"].params.ranges()]
    assert "cluster_lr: Size of a gradient step" in epochscope.DEC.__doc__
    made = epochscope.DEC(3, cluster_lr=0.1)
    assert made.get_params()["cluster_lr"] == 0.1
    assert made.get_params()["n_clusters"] == 3
    assert clone(made).get_params() == made.get_params()
    assert repr(made.set_params(nu=2.0)) == "DEC(cluster_lr=0.1, n_clusters=3, nu=2.0)"
    with pytest.raises(TypeError, match="cluster_speed"):
        epochscope.DEC(cluster_speed=1)
    with pytest.raises(ValueError, match="Invalid parameter 'speed'"):
        made.set_params(speed=1)


def test_every_method_has_a_name_that_can_be_imported():
    for key in METHODS:
        assert getattr(epochscope, class_name(key)) is estimator(key)
    assert len({class_name(key) for key in METHODS}) == len(METHODS)
    with pytest.raises(epochscope.EpochscopeError, match="There is no method 'dex'"):
        estimator("dex")


def test_a_plugin_s_method_has_one_too(monkeypatch):
    monkeypatch.setitem(METHODS._things, "mine", METHODS["kmeans"]._replace(key="mine", title="Mine", assign=None))
    made = epochscope.estimator("mine")(n_clusters=4, restarts=2)
    assert made.fit_predict(X).shape == (200,)
    assert not hasattr(made, "predict")
    assert not hasattr(made, "transform")


def test_wrong_values_are_sentences_and_value_errors():
    for arguments, sentence in (
        ({"cluster_lr": "fast"}, "lr must be a number from 1e-06 to 10, but got 'fast'"),
        ({"preset": "none"}, "DEC has no preset 'none'"),
        ({"n_clusters": 500}, "whole number from 1 to the 200 points, but got 500"),
    ):
        with pytest.raises(ValueError, match=sentence):
            epochscope.DEC(**arguments).fit(X)
    with pytest.raises(ValueError, match="64 features"):
        quick("kmeans").fit(X).predict(X[:, :3])


def test_a_fitted_estimator_is_pickled_and_copied():
    made = quick("dec", n_clusters=5, random_state=0).fit(X)
    for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        np.testing.assert_array_equal(other.predict(X), made.labels_)


def test_in_a_pipeline():
    table = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    chain = make_pipeline(StandardScaler(), quick("dec", n_clusters=5, random_state=0))
    chain.set_output(transform="pandas")
    labels = chain.fit_predict(table)
    np.testing.assert_array_equal(chain.predict(table), labels)
    assert list(chain.transform(table).columns) == ["dec0", "dec1", "dec2", "dec3"]
    chain.set_params(dec__cluster_lr=0.01)
    assert chain.get_params()["dec__cluster_lr"] == 0.01


@pytest.mark.parametrize("key", ["kmeans", "dec"])
def test_in_a_search_over_a_grid(key):
    grid = {"n_clusters": [2, 10], "random_state": [0]}
    if key == "dec":
        grid["cluster_lr"] = [1e-3]
    search = GridSearchCV(quick(key), grid, scoring="adjusted_rand_score", cv=2, error_score="raise")
    search.fit(X, TRUTH)
    assert search.best_params_["n_clusters"] == 10
    assert search.best_score_ == pytest.approx(search.cv_results_["mean_test_score"].max())
    assert search.predict(X).shape == (200,)


def test_methods_on_the_data_have_a_score_and_can_be_searched_by_it():
    means = quick("kmeans", n_clusters=10, random_state=0).fit(X)
    assert means.score(X) == pytest.approx(-means.history_["loss inertia"].iloc[-1] / len(X), rel=1e-5)
    mixture = quick("gmm", n_clusters=10, random_state=0).fit(X)
    assert mixture.score(X) == pytest.approx(-mixture.history_["loss negative log likelihood"].iloc[-1], rel=1e-4)
    assert mixture.score(X + 1) < mixture.score(X)
    search = GridSearchCV(quick("kmeans", random_state=0), {"n_clusters": [2, 20]}, cv=2).fit(X)
    assert search.best_params_ == {"n_clusters": 20}
    for key, method in METHODS.items():
        assert hasattr(quick(key), "score") == bool(method.fit_is)


def test_seeds_repeat_and_differ():
    one, same, other = (quick("dec", n_clusters=10, random_state=seed).fit_predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert adjusted_rand_score(one, other) < 1
    drawn = quick("kmeans", random_state=np.random.RandomState(3)).fit_predict(X)
    np.testing.assert_array_equal(drawn, quick("kmeans", random_state=np.random.RandomState(3)).fit_predict(X))


def test_a_recorded_fit_is_a_run_of_the_app():
    quick("kmeans", n_clusters=10, record=True).fit(X)
    assert entries()[0].title.startswith("k-means on KMeans, k = 10")
