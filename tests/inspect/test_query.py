"""The line that selects points: its grammar, what it finds, and one clear sentence for everything else."""

import numpy as np
import pytest
from epochscope.inspect.query import MOST_LETTERS, Column, matching
from epochscope.types import EpochscopeError

COLUMNS = {
    "class": Column(np.array([0, 1, 2, np.nan, 1]), ("4", "coat", "Ankle boot")),
    "cluster": Column(np.array([9, 9, -1, 3, 0.0])),
    "confidence": Column(np.array([0.5, 0.9, np.nan, 0.2, 0.6])),
    "moved": Column(np.array([2, 0.5, 1.5, np.nan, 3.0])),
    "wrong": Column(np.array([True, False, False, True, True]), flag=True),
}


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("class = 4 and cluster = 9 and confidence < 0.6 and moved > 1", [0]),
        ("class == 4", [0]),
        ("class = coat", [1, 4]),
        ("CLASS = Coat AND NOT cluster = 9", [4]),
        ("class = 'Ankle boot'", [2]),
        ('class = "ankle boot"', [2]),
        ("class != coat", [0, 2]),  # not point 3, whose class is not known
        ("class in (4, coat)", [0, 1, 4]),
        ("cluster in (0,3, -1)", [2, 3, 4]),
        ("cluster = -1", [2]),
        ("cluster=9", [0, 1]),
        ("cluster >= 3 and cluster <= 9", [0, 1, 3]),
        ("confidence > .55", [1, 4]),
        ("confidence != 0.5", [1, 3, 4]),  # 2 is not known
        ("moved > 1e0", [0, 2, 4]),
        ("moved > 5e-1", [0, 2, 4]),
        ("wrong", [0, 3, 4]),
        ("not wrong", [1, 2]),
        ("not not wrong", [0, 3, 4]),
        ("wrong and moved > 1 or cluster = -1", [0, 2, 4]),
        ("wrong and (moved > 1 or cluster = 3)", [0, 3, 4]),
        ("cluster = 3 or cluster = 9 and wrong", [0, 3]),  # `and` binds stronger
        ("  wrong  ", [0, 3, 4]),
        ("((((wrong))))", [0, 3, 4]),
        ("cluster = 77", []),
    ],
)
def test_a_line_finds_the_points_that_fit(line, rows):
    assert np.flatnonzero(matching(line, COLUMNS)).tolist() == rows


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Type what the points have in common, such as"),
        ("   ", "Type what the points have in common"),
        ("clas = 4", "There is no `clas` here; there are class, cluster, confidence, moved, wrong"),
        ("class = shoe", "There is no class `shoe`; there are 4, coat, Ankle boot"),
        ("class = 5", "There is no class `5`"),
        ("class < coat", "`class` is compared by = or != only"),
        ("cluster = nine", "`cluster` is a number, so it cannot be compared with `nine`"),
        ("cluster", "expected a comparison after `cluster`, such as cluster > 1, but the line ends"),
        ("cluster =", "expected a value to compare `cluster` with, but the line ends"),
        ("cluster = )", r"expected a value .* but there is `\)` \(letter 11\)"),
        ("cluster 9", r"expected a comparison after `cluster`.* there is `9` \(letter 9\)"),
        ("cluster = 9 moved > 1", r"expected `and`, `or` or the end, but there is `moved` \(letter 13\)"),
        ("cluster = 9 and", "expected a name, but the line ends"),
        ("and cluster = 9", r"expected a name, but there is `and` \(letter 1\)"),
        ("(wrong", r"expected `\)`, but the line ends"),
        ("wrong)", "expected `and`, `or` or the end"),
        ("cluster in 3", r"expected `\(` after `cluster in`"),
        ("cluster in (3", r"expected `,` or `\)`"),
        ("cluster in ()", "expected a value"),
        ("9 = cluster", r"expected a name, but there is `9`"),
        ("wrong = 1", "expected `and`, `or` or the end"),
        ("cluster = 9; drop", r"cannot be read from `; drop` on \(letter 12\)"),
        ("class = 'coat", r"cannot be read from `'coat` on \(letter 9\)"),
        ("cluster = 9abc", r"cannot be read from `9abc` on"),
        ("moved > 1 && wrong", "cannot be read from `&& wrong`"),
        ("cluster.__class__ = 1", r"cannot be read from `.__class__"),
        ("__import__('os')", "There is no `__import__` here"),
        ("cluster = 9" + " or wrong" * 60, f"too long: {MOST_LETTERS} letters are the most"),
        ("(" * 40 + "wrong" + ")" * 40, "More than 20 parentheses"),
        ("not " * 40 + "wrong", "More than 20 parentheses and `not`"),
    ],
)
def test_anything_else_is_one_clear_sentence(line, said):
    with pytest.raises(EpochscopeError, match=said) as caught:
        matching(line, COLUMNS)
    assert "\n" not in str(caught.value)


def test_no_line_does_anything_but_end_in_points_or_a_sentence():
    """Random rows of tokens and letters: never another error, never anything else than a mask."""
    rng = np.random.default_rng(0)
    tokens = [*COLUMNS, "and", "or", "not", "in", "(", ")", ",", "=", "<", ">=", "!=", "9", "-1", "0.5", "coat", "'4'"]
    tokens += ["$", "\\", "é", "0x1", "1e999", "nan", "\x00", "`", "{", "lambda"]
    read = 0
    for _ in range(3000):
        line = " ".join(rng.choice(tokens, rng.integers(1, 9)))
        try:
            mask = matching(line, COLUMNS)
        except EpochscopeError:
            continue
        read += 1
        assert mask.shape == (5,)
        assert mask.dtype == bool
    assert read > 10
