"""The stories. Whoever adds one: its runs to recipes.py, then `python -m assets.tours`."""

from __future__ import annotations

from core.tours.base import END, START, Step, Story

_INSPECT, _COMPARE = "inspect", "compare"

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
            "A row of Q is one digit, a column one cluster, and the row sums to 1. At the start few cells are "
            "bright: most points lie between several centers, and Q admits it.",
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
            "In the first epoch of clustering {a.changed_first} of the digits changed their cluster, in the last "
            "one {a.changed_last}. When fewer change than a limit δ, DEC is content: it has come to agree with "
            "itself, which need not mean that it is right.",
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
            _INSPECT,
            "focus",
            "a",
            END,
            {"focus": "confusion", "color": "mistakes"},
        ),
    ),
)

DETACH = Story(
    key="detach",
    title="Why the detach matters",
    learn="Why P must be a constant in the gradient, and how a forgotten detach shows although the loss looks fine.",
    minutes=4,
    runs={"a": "tour-detached", "b": "tour-not-detached"},
    steps=(
        Step(
            "Two runs, one line apart",
            "Same data, same seed, same start: on the left P is a constant, on the right it is differentiated too, "
            "as if somebody had forgotten .detach(). The table beside the curves shows that no other setting "
            "differs.",
            _COMPARE,
            "settings",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The loss looks better",
            "Without the detach the loss KL(P‖Q) falls from {b.loss_first[kl]} to {b.loss_last[kl]}; with it, it "
            "stays near {a.loss_last[kl]}. Who looks at the loss alone would choose the broken run.",
            _COMPARE,
            "compare",
            "ab",
            END,
            {"number": "loss: kl"},
        ),
        Step(
            "The clusters do not",
            "ACC of the broken run goes from {b.acc_start} to {b.acc_next} within one epoch and ends at "
            "{b.acc_end}, the other one ends at {a.acc_end}. P gave way to Q: the two agree best where nothing is "
            "told apart any more.",
            _COMPARE,
            "embedding1",
            "ab",
            "b.fell",
            {"number": "ACC"},
        ),
        Step(
            "The same on a dozen points",
            "Press Run and compare: on the right P follows Q, and the arrows no longer lead each point to its "
            "center. The line below says how far the two gradients are apart here and now.",
            "lab_pull",
            "free",
            query={"start": "three groups"},
        ),
        Step(
            "How the app tells you",
            "The Inspect page knows neither code nor settings and finds it all the same: "
            "{b.note[swallowed].sentence}. A loss that falls while clusters vanish is a reason to look for a "
            "missing detach.",
            _INSPECT,
            "inspect-notes",
            "b",
            "swallowed",
            {"focus": "flow"},
        ),
    ),
)

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
            "distance passes what 32 bits can hold (exp(−104) is 0). What counts is α times d, so the same α is "
            "harmless on other data.",
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
            _COMPARE,
            "compare",
            "ab",
            query={"number": "rows that would underflow", "projection": "Raw"},
        ),
        Step(
            "What to remember",
            "NaN was no fault of the method, only of the order of operations. Compute a softmax from differences, "
            "never from bare exponentials; the table shows that nothing else was changed.",
            _COMPARE,
            "settings",
            "ab",
            query={"number": "ACC", "projection": "Raw"},
        ),
    ),
)

NEIGHBORS = Story(
    key="neighbors",
    title="VaDE against DGG: what do neighbors add?",
    learn="What a graph of neighbors can tell a model that sees each point alone, and what it cannot.",
    minutes=4,
    runs={"a": "tour-vade", "b": "tour-dgg"},
    steps=(
        Step(
            "Two moons, two methods",
            "Both learn a network and a mixture of Gaussians for its codes; DGG also asks the neighbors of each "
            "point. The moons interlock, so that no straight line parts them.",
            _COMPARE,
            "embedding1",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The start already differs",
            "VaDE begins from a mixture fitted to the codes, with ACC {a.acc_start}; DGG from groups of its graph, "
            "with {b.acc_start}. Walking from neighbor to neighbor one stays on one moon, however bent it is.",
            _COMPARE,
            "compare",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The graph",
            "An edge joins a point to its nearest points in the data. Of the weight of all edges a share of "
            "{b.score_first[purity]} joins points of one class (purity), though no label was used to draw them.",
            "",
            "embedding",
            "b",
            START,
            {"show": "graph", "color": "class", "projection": "PCA"},
        ),
        Step(
            "π: what the neighbors say",
            "In VaDE the prior of a cluster is one number for all points; in DGG each point has a row π of its own,"
            " formed by the Q of its neighbors. Where π and Q differ, the neighbors object.",
            "",
            "place0",
            "b",
            START,
            {"figures": "pi"},
        ),
        Step(
            "Did it help?",
            "At the end VaDE has ACC {a.acc_end} and DGG {b.acc_end}, which is below its own start: the graph gave "
            "the start, the training kept most of it. One data set and one seed show how it works, not which one is"
            " better.",
            _COMPARE,
            "compare",
            "ab",
            END,
            {"number": "ACC"},
        ),
    ),
)

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
            "The Inspect page looks for kinds of trouble and names the epoch of each. The first to happen is often "
            "the cause, the others follow: here, {a.note[grown].sentence}.",
            _INSPECT,
            "inspect-notes",
            "a",
            "grown",
        ),
        Step(
            "The codes fly apart",
            "The spread of the codes explodes: each step of the network overshoots, and the next one answers with a"
            " larger one. A smaller learning rate is the first thing to try.",
            _INSPECT,
            "focus",
            "a",
            "grown",
            {"focus": "spread"},
        ),
        Step(
            "Q knows nothing any more",
            "{a.note[flat].sentence}. From so far away all centers look alike, and P, made of Q, cannot ask for "
            "anything else.",
            _INSPECT,
            "focus",
            "a",
            "flat",
            {"focus": "entropy"},
        ),
        Step(
            "Clusters run empty",
            "At the end {a.note[unused].sentence}. What nobody belongs to gets no pull, so it does not come back by"
            " itself.",
            _INSPECT,
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

STORIES: dict[str, Story] = {story.key: story for story in (DEC, DETACH, NAN, NEIGHBORS, COLLAPSE)}
