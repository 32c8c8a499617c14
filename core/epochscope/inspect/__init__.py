"""Analysis of runs: the numbers behind each view of the Inspect page, from arrays and lines of epochs."""
