"""DEC with P as a constant and with P differentiated too, side by side."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

DETACH = Story(
    key="detach",
    title="Why the detach matters",
    learn="Why P must be a constant in the gradient, and how to notice a missing detach although the loss looks fine.",
    minutes=4,
    runs={"a": "tour-detached", "b": "tour-not-detached"},
    steps=(
        Step(
            "Two runs, one line apart",
            "Same data, same seed, same start: on the left P is a constant, on the right it is differentiated too, "
            "as if .detach() had been forgotten. The table of settings shows that nothing else differs.",
            "compare",
            "settings",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The loss looks better",
            "Without the detach the loss KL(P‖Q) falls from {b.loss_first[kl]} to {b.loss_last[kl]}; with it, it "
            "ends at {a.loss_last[kl]}. Judging by the loss alone, one would choose the broken run.",
            "compare",
            "compare",
            "ab",
            END,
            {"number": "loss: kl"},
        ),
        Step(
            "The clusters do not",
            "ACC of the broken run goes from {b.acc_start} to {b.acc_next} within one epoch and ends at "
            "{b.acc_end}; the other one ends at {a.acc_end}. P moved toward Q: the two agree best where clusters are "
            "no longer distinguished.",
            "compare",
            "embedding1",
            "ab",
            "b.fell",
            {"number": "ACC"},
        ),
        Step(
            "The same on a dozen points",
            "On the left the arrows point to the centers; on the right, where P is differentiated too, they point "
            "almost the other way (the cosine of the two gradients is shown below). Press Run and see where each ends.",
            "lab_pull",
            "free",
            query={"start": "three groups"},
        ),
        Step(
            "How the app tells you",
            "The Inspect page looks at neither code nor settings and still finds it: "
            "{b.note[swallowed].sentence}. A loss that falls while clusters vanish is a reason to look for a "
            "missing detach.",
            "inspect",
            "inspect-notes",
            "b",
            "swallowed",
            {"focus": "flow"},
        ),
    ),
)
