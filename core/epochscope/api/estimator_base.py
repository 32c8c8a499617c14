"""What all estimators share: `fit` trains by `epochscope.train`, so that a fit is a run like any other."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float, Int
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from epochscope.api.rule import NewPoints
from epochscope.api.settings import keyword
from epochscope.api.train import train
from epochscope.methods.base import Method
from epochscope.types import EpochscopeError

OWN = {"n_clusters": 8, "preset": None, "random_state": None, "record": False}
"""The arguments of each estimator beside the parameters of its method, with their defaults."""


class InputError(EpochscopeError, ValueError):
    """A fit that is impossible, as the ValueError that programs around scikit-learn expect."""


def _assigns(estimator: MethodEstimator) -> bool:
    return estimator._method.assign is not None and not estimator._method.no_clusters


def _has_fit(estimator: MethodEstimator) -> bool:
    return bool(estimator._method.fit_is)


def _is_soft(estimator: MethodEstimator) -> bool:
    return _assigns(estimator) and "q" in estimator._method.provides


class MethodEstimator(ClusterMixin, BaseEstimator):
    """One method of epochscope as a clusterer of scikit-learn.

    `n_clusters`, `random_state` as in scikit-learn; `preset`: the title of a preset, by default the one for any data;
    `record`: whether the app lists the fit as a run. X is taken as it is: a Pipeline scales it. All others are
    parameters of the method, with _ for the dot of their names; None takes the value of the preset.
    """

    _method: ClassVar[Method]
    labels_: Int[np.ndarray, " n"]

    def fit(self, X: Any, y: Any = None) -> Self:
        """Trains on X (n x f; arrays, tables, sparse matrices, which become dense). y is not used.

        Sets labels_ (n), history_ (a DataFrame, a row an epoch), rule_ (what new points need), n_features_in_, and
        cluster_centers_ (k x d, in the space of the codes) where the method has centers. Raises ValueError.
        """
        X = validate_data(self, X, accept_sparse=True, dtype=np.float32, ensure_min_samples=2)
        given = {keyword(name): name for name in self._method.params().flat()}
        values = {name: getattr(self, key) for key, name in given.items() if getattr(self, key) is not None}
        try:
            run = train(
                X,
                self._method.key,
                k=self.n_clusters,  # type: ignore[attr-defined]
                seed=_seed(self.random_state),  # type: ignore[attr-defined]
                preset=self.preset,  # type: ignore[attr-defined]
                params=values,
                name=type(self).__name__,
                record=self.record,  # type: ignore[attr-defined]
                scaling="as stored",
                progress=False,
            )
        except EpochscopeError as error:
            raise InputError(str(error)) from None
        if run.labels is None or run.z is None or run.state == "stopped":
            raise KeyboardInterrupt  # Ctrl-C: `train` has ended in order, but a stopped fit is none
        self.labels_, self.history_ = run.labels, run.history
        self.rule_ = run.rule() if self._method.assign else None
        self._n_features_out = run.z.shape[1]
        if run.centers is not None:
            self.cluster_centers_ = run.centers
        return self

    def _assigned(self, X: Any) -> NewPoints:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=True, dtype=np.float32, reset=False)
        assert self.rule_ is not None
        return self.rule_(X.toarray() if hasattr(X, "toarray") else X)

    @available_if(_assigns)
    def predict(self, X: Any) -> Int[np.ndarray, " m"]:
        """The cluster of each of m points; on those of the training, labels_."""
        labels = self._assigned(X).labels
        assert labels is not None
        return labels

    @available_if(_is_soft)
    def predict_proba(self, X: Any) -> Float[np.ndarray, "m k"]:
        """Soft assignments Q of m points: rows sum to 1."""
        q = self._assigned(X).q
        assert q is not None
        return q

    @available_if(_has_fit)
    def score(self, X: Any, y: Any = None) -> float:
        """How well m points fit, on average: the mean log likelihood of a Gaussian mixture, minus the mean squared
        distance to the nearest center of k-means. Methods with a network have no score: the unit of codes is their own,
        so a search needs `scoring`. y is not used.
        """
        fit = self._assigned(X).fit
        assert fit is not None
        return float(fit.mean(dtype=np.float64))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class EncodingEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, MethodEstimator):
    """A clusterer that also transforms points into codes: the method has a rule for new ones."""

    def transform(self, X: Any) -> Float[np.ndarray, "m d"]:
        """The codes z of m points: what is clustered."""
        return self._assigned(X).z

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _seed(random_state: Any) -> int:
    """A seed of a run: the number itself, or one that is drawn."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
