"""Selected points, counted by hand, and the table that somebody may take away."""

import csv
import io

import numpy as np
import pytest
from epochscope.inspect import selection

ROWS = np.array([0, 2, 3])
LABELS = np.array([4, 0, 4, 1])
TRUTH = np.array([1, 1, 0, -1])


def test_counts_by_class_and_cluster():
    found = selection.counts(ROWS, LABELS, TRUTH)
    assert (found.classes, found.clusters) == ([-1, 0, 1], [1, 4])
    assert found.counts.tolist() == [[1, 0], [0, 1], [0, 1]]
    assert selection.counts(ROWS, LABELS, None).counts.tolist() == [[1, 2]]


def test_shares_over_the_epochs():
    found = selection.shares(ROWS, [None, LABELS, np.array([1, 1, 1, 1])], 5)
    assert found.epochs == [1, 2]
    assert found.shares[0] == pytest.approx([0, 1 / 3, 0, 0, 2 / 3])
    assert found.shares[1] == pytest.approx([0, 1, 0, 0, 0])
    assert selection.shares(ROWS, [None], 5).shares.shape == (0, 5)


def test_the_table_holds_one_line_a_point_and_no_formula():
    sure = np.array([0.5, np.nan, 0.25, np.nan])
    names = ('=HYPERLINK("http://x")', "a, b\nc")
    text = selection.as_csv(ROWS, epoch=7, labels=LABELS, truth=TRUTH, classes=names, confidence=sure)
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["row", "epoch", "class", "cluster", "confidence"]
    assert lines[1] == ["0", "7", "a, b\nc", "4", "0.5000"]
    assert lines[2] == ["2", "7", "'" + names[0], "4", "0.2500"]
    assert lines[3] == ["3", "7", "", "1", ""]
    bare = selection.as_csv(ROWS, epoch=0, labels=None, truth=None, classes=(), confidence=None)
    assert bare.splitlines()[1] == "0,0,,,"
