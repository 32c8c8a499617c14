"""The digest of an epoch of one member: that which the run with its settings stores for this epoch."""

from __future__ import annotations

import numpy as np

from epochscope.formulas.alignment import match_clusters
from epochscope.runs.training.digest import Digest
from epochscope.runs.training.snapshot_arrays import ClusterRelabeler, snapshot_arrays
from epochscope.types import Snapshot


class EpochDigests:
    """Of the snapshots of one training with k clusters, in their order: cluster ids are matched to the epoch before, as
    they are in a run.
    """

    def __init__(self, k: int) -> None:
        self._k = k
        self._previous: np.ndarray | None = None  # labels of the epoch before, ids as a run would store them
        self._relabeler, self._digest = ClusterRelabeler(), Digest()

    def __call__(self, s: Snapshot) -> str:
        """The digest of the next epoch."""
        arrays = snapshot_arrays(s)
        if s.labels is not None and self._previous is not None:
            both = (self._previous >= 0) & (s.labels >= 0)
            new_id = match_clusters(previous=self._previous[both], labels=s.labels[both], k=self._k)
            arrays = self._relabeler(arrays, new_id)
        self._previous = arrays.get("labels", self._previous)
        return self._digest(arrays)
