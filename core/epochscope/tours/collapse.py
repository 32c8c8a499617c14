"""A run with far too large a learning rate, read by its findings."""

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
            "DEC starts with ACC {a.acc_start} and ends with {a.acc_end}. The curve says that it happened at once, "
            "not bit by bit: look at the step from epoch {a.start} to the next.",
            "",
            "place3",
            "a",
            "fell",
        ),
        Step(
            "Ask the app",
            "The Inspect page looks for kinds of trouble and names the epoch of each. The first to happen is "
            "often the cause, the others follow; here: “{a.note[grown].sentence}”.",
            "inspect",
            "inspect-notes",
            "a",
            "grown",
        ),
        Step(
            "The codes fly apart",
            "Within one epoch the spread of the codes grows many times over: steps as large as these carry the "
            "network far beyond where the loss pointed. A smaller learning rate is the first thing to try.",
            "inspect",
            "focus",
            "a",
            "grown",
            {"focus": "spread"},
        ),
        Step(
            "Q knows nothing any more",
            "{a.note[flat].sentence}. From so far away all centers look alike, and P, made of Q, cannot ask for "
            "anything else.",
            "inspect",
            "focus",
            "a",
            "flat",
            {"focus": "entropy"},
        ),
        Step(
            "Clusters run empty",
            "At the end {a.note[unused].sentence}. Where Q is so even, which cluster has the largest share of a "
            "point is decided by a hair, and some never have it.",
            "inspect",
            "focus",
            "a",
            "unused",
            {"focus": "shares"},
        ),
        Step(
            "The cause stands in the settings",
            "The learning rate of clustering was {a.lr}; the preset has {a.preset_lr}. Press Again, lower it, and "
            "see whether the findings vanish.",
            "",
            "toolbar",
            "a",
            END,
        ),
    ),
)
