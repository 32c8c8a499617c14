"""VaDE and DGG on two moons."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

NEIGHBORS = Story(
    key="neighbors",
    title="VaDE against DGG: what do neighbors add?",
    learn="What a neighborhood graph adds to a model that sees each point alone, and what it cannot add.",
    minutes=4,
    runs={"a": "tour-vade", "b": "tour-dgg"},
    steps=(
        Step(
            "Two moons, two methods",
            "Both train a network and a mixture of Gaussians for its codes; DGG also uses the neighbors of each "
            "point. In the data the moons interlock, so no straight line separates them.",
            "compare",
            "embedding1",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The start already differs",
            "VaDE starts from a mixture fitted to the codes, with ACC {a.acc_start}; DGG from clusters of its graph, "
            "with {b.acc_start}. A path from neighbor to neighbor stays on one moon, however curved it is.",
            "compare",
            "compare",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The graph",
            "Edges connect each point to its nearest points in the data. A share of {b.score_first[purity]} of the "
            "total edge weight connects points of the same class (purity), although no labels were used.",
            "",
            "embedding",
            "b",
            START,
            {"show": "graph", "color": "class", "projection": "PCA"},
        ),
        Step(
            "π: what the neighbors say",
            "In VaDE the prior of a cluster is the same for all points; in DGG each point has its own row π,"
            " computed from the Q of its neighbors. Where π and Q differ, the neighbors disagree.",
            "",
            "place0",
            "b",
            START,
            {"figures": "pi"},
        ),
        Step(
            "Did it help?",
            "At the end VaDE has ACC {a.acc_end} and DGG {b.acc_end}, which is below its own start: the graph gave "
            "a good start, and training kept most of it. One data set and one seed show how it works, not which "
            "method is better.",
            "compare",
            "compare",
            "ab",
            END,
            {"number": "ACC"},
        ),
    ),
)
