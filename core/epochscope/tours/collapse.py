"""A run with a learning rate that is far too large, analyzed by its findings."""

from __future__ import annotations

from epochscope.tours.base import END, Step, Story

COLLAPSE = Story(
    key="collapse",
    title="Reading a collapse",
    learn="How to see when clustering broke, in which order, and what the likely cause is.",
    minutes=4,
    runs={"a": "tour-collapse"},
    steps=(
        Step(
            "Something is wrong here",
            "DEC starts with ACC {a.acc_start} and ends with {a.acc_end}. The curve shows that this happened at once, "
            "not gradually: look at the step from epoch {a.start} to the next.",
            "",
            "place3",
            "a",
            "fell",
        ),
        Step(
            "Ask the app",
            "The Inspect page looks for known problems and gives the epoch of each. The earliest one is often the "
            "cause of the others; here: “{a.note[grown].sentence}”.",
            "inspect",
            "inspect-notes",
            "a",
            "grown",
        ),
        Step(
            "The codes diverge",
            "Within one epoch the spread of the codes grows many times over: steps this large overshoot any minimum "
            "of the loss. A smaller learning rate is the first thing to try.",
            "inspect",
            "focus",
            "a",
            "grown",
            {"focus": "spread"},
        ),
        Step(
            "Q no longer distinguishes clusters",
            "{a.note[flat].sentence}. From so far away all centers are nearly equally distant, and P, computed from Q, "
            "is nearly uniform, too.",
            "inspect",
            "focus",
            "a",
            "flat",
            {"focus": "entropy"},
        ),
        Step(
            "Clusters become empty",
            "At the end {a.note[unused].sentence}. Where Q is nearly uniform, tiny differences decide which cluster "
            "has the largest share of a point, and some never have it.",
            "inspect",
            "focus",
            "a",
            "unused",
            {"focus": "shares"},
        ),
        Step(
            "The cause is in the settings",
            "The learning rate of clustering was {a.lr}; the preset has {a.preset_lr}. Press Again, lower it, and "
            "see whether the findings disappear.",
            "",
            "toolbar",
            "a",
            END,
        ),
    ),
)
