"""Runs of loops that are not ours: what stands where a run of our own has the keys of its method and data set."""

KEY = "external"
