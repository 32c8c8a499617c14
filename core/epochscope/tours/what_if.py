"""A recorded run, asked: a branch of it, other seeds, the move of one point, and what helps against a collapse."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

WHAT_IF = Story(
    key="what-if",
    title="What if?",
    learn=(
        "How to question a run: what a change does, what luck did, why a point moved, and what helps against a "
        "collapse."
    ),
    minutes=6,
    runs={"a": "tour-what-if", "b": "tour-what-if-nu", "c": "tour-cured"},
    futures={"f": "tour-seeds"},
    steps=(
        Step(
            "Ask at any epoch",
            "At epoch {a.start} this run begins to cluster. Branch offers whatever can still change at the cursor's "
            "epoch; a new run then goes on from exactly this state, and this one stays as it is.",
            "",
            "toolbar",
            "a",
            START,
            {"projection": "PCA", "color": "cluster"},
        ),
        Step(
            "A branch, and what it changed",
            "Here that was done: from epoch {a.start} on, {b.changed}. The tree shows both runs, with the change "
            "at the branch. Click a dot to open the other one.",
            "",
            "family",
            "b",
            END,
            {"projection": "PCA", "color": "cluster"},
        ),
        Step(
            "What did the change do?",
            "The common past is drawn once, then the curves part. The branch ends with ACC {b.acc_end} instead of "
            "{a.acc_end}, a difference of {b.acc_apart}. Is that a lot?",
            "compare",
            "compare",
            "ab",
            "a.end",
            {"number": "ACC", "projection": "PCA", "color": "cluster"},
        ),
        Step(
            "One seed proves nothing",
            "The same settings with {f.count} seeds, trained as one computation. ACC ends between {f.low} and "
            "{f.high}: seeds differ by up to {f.range}, the branch by {b.acc_apart}. Press Space and watch.",
            "futures",
            "multiples",
            query={"futures": "tour-seeds"},
        ),
        Step(
            "Other starts, other ends",
            "Each line leads from the first clusters of a seed to its last. Training brings two seeds closer, from an "
            "ARI of {f.starts} to {f.ends}; yet an end agrees more with its own start, by {f.own}.",
            "futures",
            "futures-map",
            query={"futures": "tour-seeds"},
        ),
        Step(
            "Why did this digit move?",
            "From epoch {a.move.since} to {a.move.until} it came to the right cluster. {a.move.own} of its way is what "
            "the loss wanted of it, {a.move.others} came through the weights that all share, and no part explains "
            "the other {a.move.left}.",
            "inspect",
            "why",
            "a",
            query={
                "view": "point",
                "point": "{a.move.point}",
                "epoch": "{a.move.until}",
                "projection": "PCA",
                "color": "cluster",
            },
        ),
        Step(
            "A finding that tests its cure",
            "{c.note[fell].sentence}. From before that, “Try it” started {c.trial[fell].branches} branches: no fall in "
            "{c.trial[fell].free} of {c.trial[fell].runs} with “{c.trial[fell].best}”, in {c.trial[fell].else_free} "
            "without a change.",
            "inspect",
            "inspect-notes",
            "c",
            "fell",
            {"projection": "PCA", "color": "cluster"},
        ),
        Step(
            "Your turn",
            "“Branch”, “Explain” and “Try it” compute a run again, bit for bit. Where this machine rounds "
            "differently from the one that recorded it, they say so: train the run again here, then ask about that "
            "one.",
            "",
            "toolbar",
            "a",
            END,
            {"projection": "PCA", "color": "cluster"},
        ),
    ),
)
