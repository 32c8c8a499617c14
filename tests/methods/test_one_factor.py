"""The help of scalings such as "times 0.5" says that one factor for all features changes no cluster: so it is."""

import numpy as np
import pytest
from epochscope.methods import METHODS
from epochscope.nets.likelihood import GAUSSIAN
from epochscope.testing import Points

from tests.support.methods import EACH
from tests.support.quick_runs import quick, snapshots


@pytest.mark.parametrize("key", EACH)
def test_one_factor_for_all_features_changes_no_cluster(digits: Points, key: str):
    method = METHODS[key]
    hp = quick(method)
    if "likelihood" in hp.flat():
        hp = hp.but({"likelihood": GAUSSIAN})  # "by the data" takes another one where the data leave 0..1
    one, half = (
        snapshots(method, digits._replace(x=factor * digits.x[::4], truth=digits.truth[::4]), hp)[-1]
        for factor in (1, 0.5)
    )
    np.testing.assert_array_equal(one.labels, half.labels)
