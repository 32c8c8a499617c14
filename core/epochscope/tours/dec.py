"""DEC on handwritten digits, from the first guess to the last mistake."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

DEC = Story(
    key="dec",
    title="DEC in five minutes",
    learn="What Q and P are, why training on one's own guesses can work, and when it ends.",
    minutes=5,
    runs={"a": "tour-dec"},
    steps=(
        Step(
            "First an autoencoder",
            "Until epoch {a.start} a network only learned to squeeze each of {a.n} digits into a few numbers, its "
            "code, and to draw the digit again. Nobody told it which digit is which, and yet pictures of one kind "
            "lie close.",
            "",
            "embedding",
            "a",
            START,
            {"projection": "PCA", "color": "class"},
        ),
        Step(
            "Then k-means gives a first guess",
            "k-means places {a.k} centers among the codes; matched to the true classes as well as possible, "
            "{a.acc_start} of the digits are in the right cluster (ACC). All that follows starts from this guess.",
            "",
            "tiles",
            "a",
            START,
            {"projection": "PCA", "color": "cluster"},
        ),
        Step(
            "Q: how much each point belongs to each center",
            "A row of Q is one digit, a column one cluster, and the row sums to 1. At the start few cells are bright: "
            "the largest of a row is on average {a.sure_start}, so Q admits that it is not sure.",
            "",
            "place0",
            "a",
            START,
            {"color": "confidence"},
        ),
        Step(
            "P: the same, sharpened",
            "P squares Q, divides by the size of each cluster and makes the rows sum to 1 again: what was likely "
            "becomes likelier. DEC takes P as the goal that Q has to reach, so the pull on each point is where P "
            "and Q differ.",
            "",
            "place1",
            "a",
            START,
            {"show": "pull"},
        ),
        Step(
            "Press Space and watch",
            "In each epoch Q runs after P, and then P is computed anew. Groups draw together and ACC goes from "
            "{a.acc_start} to {a.acc_end}, at best {a.acc_best} at epoch {a.best}.",
            "",
            "place3",
            "a",
            START,
            {"color": "class"},
        ),
        Step(
            "When it ends",
            "In the first epoch of clustering {a.changed_first} of the digits changed their cluster, in the last one "
            "{a.changed_last}. Once fewer change than a limit δ, DEC stops: it agrees with itself, which need not mean "
            "that it is right; this short run stops before that.",
            "",
            "place5",
            "a",
            END,
            {"figures": ".....changed"},
        ),
        Step(
            "Who is still wrong?",
            "Rows are true digits, columns are clusters, and what lies off the diagonal is confused with another. "
            "No amount of sharpening mends that: a point on the wrong side is pulled with as much conviction as the"
            " others.",
            "inspect",
            "focus",
            "a",
            END,
            {"focus": "confusion", "color": "mistakes"},
        ),
    ),
)
