"""The contract of a data set."""

import numpy as np
from epochscope.data.base import Source
from epochscope.types import Dataset


def check(dataset: Dataset, source: Source) -> None:
    """What every data set promises, whatever its source."""
    n, f = dataset.x.shape
    assert (dataset.key, dataset.title) == (source.key, source.title)
    assert dataset.x.dtype == np.float32
    assert np.isfinite(dataset.x).all()
    assert not dataset.x.flags.writeable
    assert dataset.truth.dtype == np.int64
    assert len(dataset) == len(dataset.truth) == n
    assert set(np.unique(dataset.truth)) == set(range(len(dataset.class_names)))
    assert len(dataset.feature_names) in {0, f}
    assert dataset.origin
    assert dataset.license
    if dataset.likelihood == "unit interval":
        assert dataset.x.min() >= 0
        assert dataset.x.max() <= 1
    if dataset.pictures is not None:
        assert len(dataset.pictures) == n
        assert dataset.pictures.dtype == np.uint8
