"""The methods, for tests that take each: one of every family in the quick tests, the others in the slow ones."""

import pytest
from epochscope.methods import METHODS

FAMILIES = {"kmeans", "gmm", "soft_kmeans", "dec", "vade", "dgg", "dasc", "imsat", "dcc"}
"""k-means, mixtures, soft weights, targets, variational, graphs, self-expression, information, a k that is found."""

EACH = [pytest.param(key, marks=() if key in FAMILIES else pytest.mark.slow) for key in METHODS]
"""The keys of all methods, for parametrize."""
