"""Soft k-means whose naive softmax ends in 0/0, and the same run with the stable softmax."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

NAN = Story(
    key="nan",
    title="Why α = 10 gives NaN",
    learn="How weights exp(−α d) become 0/0 far from all centers, and why subtracting one number prevents it.",
    minutes=3,
    runs={"a": "tour-naive", "b": "tour-stable"},
    steps=(
        Step(
            "Soft k-means with α = {a.old}",
            "Each point belongs to all {a.k} centers with weights exp(−α d), divided by their sum. With α = {a.old}"
            " this works until epoch {a.moved}, although a few points are far from all centers.",
            "",
            "embedding",
            "a",
            START,
            {"projection": "Own axes", "show": "regions"},
        ),
        Step(
            "Then α is changed to {a.new}",
            "After epoch {a.moved} the slider is moved to {a.new}, and the run ends with a message: the largest term"
            " of a row is smaller than any positive 32-bit number. All terms of that row are 0, so its "
            "weights are 0/0.",
            "",
            "tiles",
            "a",
            END,
        ),
        Step(
            "The points that caused it",
            "They are the small, distant cloud: even to the nearest center α times the squared distance exceeds 88, "
            "where training counts the exponential as 0 (elsewhere 0 begins at 104). Only the product of α and d "
            "matters.",
            "",
            "embedding",
            "a",
            END,
            {"projection": "Own axes", "color": "class"},
        ),
        Step(
            "The same run with the stable softmax",
            "It subtracts the smallest α d of each row first: mathematically the same weights, but the largest term "
            "is always 1. {b.measure_moved[rows that would underflow]} rows would underflow in the naive softmax; "
            "this run continues to epoch {b.end} and reaches ACC {b.acc_end}.",
            "compare",
            "compare",
            "ab",
            query={"number": "rows that would underflow", "projection": "Own axes"},
        ),
        Step(
            "What to remember",
            "NaN was not a fault of the method, only of the order of operations. Compute a softmax from differences, "
            "never from plain exponentials; the table of settings shows that nothing else differs.",
            "compare",
            "settings",
            "ab",
            query={"number": "ACC", "projection": "Own axes"},
        ),
    ),
)
