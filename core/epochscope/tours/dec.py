"""DEC on handwritten digits, from the initial clustering to the remaining mistakes."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

DEC = Story(
    key="dec",
    title="DEC in five minutes",
    learn="What Q and P are, why training on a model's own guesses can work, and when it ends.",
    minutes=5,
    runs={"a": "tour-dec"},
    steps=(
        Step(
            "First an autoencoder",
            "Until epoch {a.start} a network only learned to compress each of {a.n} digits into a few numbers, its "
            "code, and to reconstruct the digit. It never saw a label, and yet images of the same digit are close "
            "together.",
            "",
            "embedding",
            "a",
            START,
            {"projection": "PCA", "color": "class"},
        ),
        Step(
            "Then k-means gives a first guess",
            "k-means places {a.k} centers among the codes. With clusters matched to classes in the best way, a "
            "share of {a.acc_start} of the digits is in the right cluster (ACC). DEC starts from this guess.",
            "",
            "tiles",
            "a",
            START,
            {"projection": "PCA", "color": "cluster"},
        ),
        Step(
            "Q: how much each point belongs to each center",
            "A row of Q is one digit, a column one cluster, and each row sums to 1. At the start few cells are bright: "
            "the largest of a row is {a.sure_start} on average, so Q is uncertain.",
            "",
            "place0",
            "a",
            START,
            {"color": "confidence"},
        ),
        Step(
            "P: the same, sharpened",
            "P squares Q, divides by the size of each cluster and normalizes the rows again: what was likely "
            "becomes more likely. DEC uses P as the target for Q, so the force on each point comes from the "
            "difference of P and Q.",
            "",
            "place1",
            "a",
            START,
            {"show": "pull"},
        ),
        Step(
            "Press Space and watch",
            "In each epoch Q moves toward P, and P becomes surer in turn: so the loss KL(P‖Q) rises from "
            "{a.loss_first[kl]} to {a.loss_last[kl]} while groups contract. ACC changes from {a.acc_start} to "
            "{a.acc_end}, with the best value {a.acc_best} at epoch {a.best}.",
            "",
            "place3",
            "a",
            START,
            {"color": "class"},
        ),
        Step(
            "When it ends",
            "In the first epoch of clustering {a.changed_first} of the digits changed cluster, in the last one "
            "{a.changed_last}. DEC stops when fewer than a share δ change: it agrees with itself, which does not mean "
            "that it is right. This short run ends before that.",
            "",
            "place5",
            "a",
            END,
            {"figures": ".....changed"},
        ),
        Step(
            "Which digits are still wrong?",
            "Rows are true digits, columns are clusters, and cells off the diagonal are mistakes. "
            "Sharpening cannot correct them: a point in the wrong cluster is pulled to it as strongly as the others "
            "are pulled to theirs.",
            "inspect",
            "focus",
            "a",
            END,
            {"focus": "confusion", "color": "mistakes"},
        ),
    ),
)
