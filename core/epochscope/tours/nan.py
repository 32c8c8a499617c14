"""Soft k-means whose naive softmax ends at 0/0, and the same with the stable one."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

NAN = Story(
    key="nan",
    title="Why α = 10 gives NaN",
    learn="How exp(−α d) becomes 0/0 far from all centers, and why subtracting one number cures it.",
    minutes=3,
    runs={"a": "tour-naive", "b": "tour-stable"},
    steps=(
        Step(
            "Soft k-means with α = {a.old}",
            "Each point belongs to all {a.k} centers with weights exp(−α d), divided by their sum. With α = {a.old}"
            " that goes well for {a.end} epochs, although a few points lie far away from every center.",
            "",
            "embedding",
            "a",
            START,
            {"projection": "Raw", "show": "regions"},
        ),
        Step(
            "Then somebody moves α to {a.new}",
            "After epoch {a.moved} the slider goes to {a.new}, and the run ends with one sentence: the largest term"
            " of a row is smaller than any number that 32 bits can hold. All terms of that row are 0, so its "
            "weights are 0/0.",
            "",
            "tiles",
            "a",
            END,
        ),
        Step(
            "The points that did it",
            "They are the small cloud far off: there even the nearest center is so far that α times the squared "
            "distance passes 90, where the exponential is 0 for the computer. What counts is α times d, so the same α "
            "is harmless on other data.",
            "",
            "embedding",
            "a",
            END,
            {"projection": "Raw", "color": "class"},
        ),
        Step(
            "The same run with the stable softmax",
            "It subtracts the least α d of each row first: the same weights on paper, and the largest term is "
            "always 1. It counts {b.measure_moved[rows that would underflow]} rows that would have broken the "
            "other, goes on to epoch {b.end} and reaches ACC {b.acc_end}.",
            "compare",
            "compare",
            "ab",
            query={"number": "rows that would underflow", "projection": "Raw"},
        ),
        Step(
            "What to remember",
            "NaN was no fault of the method, only of the order of operations. Compute a softmax from differences, "
            "never from bare exponentials; the table shows that nothing else was changed.",
            "compare",
            "settings",
            "ab",
            query={"number": "ACC", "projection": "Raw"},
        ),
    ),
)
