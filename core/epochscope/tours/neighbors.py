"""VaDE and DGG on two moons."""

from __future__ import annotations

from epochscope.tours.base import END, START, Step, Story

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
            "compare",
            "embedding1",
            "ab",
            START,
            {"number": "ACC"},
        ),
        Step(
            "The start already differs",
            "VaDE begins from a mixture fitted to the codes, with ACC {a.acc_start}; DGG from groups of its graph, "
            "with {b.acc_start}. Walking from neighbor to neighbor one stays on one moon, however bent it is.",
            "compare",
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
            "compare",
            "compare",
            "ab",
            END,
            {"number": "ACC"},
        ),
    ),
)
