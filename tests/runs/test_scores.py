"""Numbers of an epoch that are computed in blocks of rows are the same bit for bit."""

import numpy as np
import pytest
from epochscope.runs.training import scores


@pytest.mark.parametrize("k", [1, 3, 10, 300])
def test_row_entropy_does_not_depend_on_the_blocks(k, monkeypatch):
    q = np.random.default_rng(0).dirichlet(np.full(k, 0.2), 500).astype(np.float32)
    q[0] = np.eye(k, dtype=np.float32)[0]
    whole = scores.row_entropy(q)
    monkeypatch.setattr(scores, "_CELLS", 7 * k)
    assert scores.row_entropy(q).tobytes() == whole.tobytes()
    by_hand = [-(row[row > 0] * np.log(row[row > 0])).sum() for row in q.astype(np.float64)]
    assert np.allclose(whole, by_hand, atol=1e-12)
