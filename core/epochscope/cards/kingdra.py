"""The card of KINGDRA."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="kingdra",
    words="A single network that clusters without labels makes mistakes, but several networks seldom make the same "
    "one. KINGDRA trains an ensemble and asks where all of its members agree: two points are strongly tied if every "
    "network puts them into one cluster. The point with the most strong ties becomes a class together with all at "
    "their ends, then everything that is even weakly tied to it is set aside, and the next class is sought among the "
    "rest. These classes are small and nearly pure. They serve as labels: each network is trained on them beside its "
    "own loss. In the next round more points agree. Clusters come from the mean of all networks.",
    formulas=(
        Formula(
            r"a_{ij} = \sum_{m} 1\big[ c_m(x_i) = c_m(x_j) \big]",
            "Agreement: how many networks put two points into one cluster, whatever its number.",
        ),
        Formula(
            r"\begin{gathered} \text{strong: } a_{ij} = M, \quad \min_{m} \max_{y}\, p_m(y|x) > \theta "
            r"\\ \text{weak: } a_{ij} \ge w \end{gathered}",
            "Edges. Only points of which every network is certain have strong ones.",
        ),
        Formula(
            r"\begin{aligned} L_m = {} & R + \lambda \big[ H(Y|X) - \mu\, H(Y) \big] \\ & - "
            r"\frac{1}{b} \sum_{i} \ln p_m(\ell_i|x_i) \end{aligned}",
            "Loss of a network: that of IMSAT, and cross-entropy on pseudo-labels, each class equally often.",
        ),
        Formula(
            r"q_{iy} = \frac{1}{M} \sum_{m} p_m(y|x_i)",
            "The ensemble, once the clusters of all networks are matched to those of the first.",
        ),
    ),
    symbols=(
        Symbol("c_m(x_i)", "cluster of point i by network m", "n × M"),
        Symbol("a_{ij}", "agreement on two points", "n × n", "affinity"),
        Symbol("M", "number of networks", "a number"),
        Symbol(r"\theta", "certainty asked for", "a number"),
        Symbol("w", "networks for a weak edge", "a number"),
        Symbol(r"\ell_i", "pseudo-label of point i", "n", "measures"),
        Symbol("p_m(y|x_i)", "probability of cluster y by network m", "n × k"),
        Symbol("q_{iy}", "mean over the networks", "n × k", "q"),
        Symbol("R", "change of the answers under the perturbation", "a number", "losses"),
        Symbol("H(Y|X)", "mean doubt", "a number", "losses"),
        Symbol("H(Y)", "entropy of the cluster sizes", "a number", "losses"),
        Symbol(r"\lambda", "weight of information", "a number"),
        Symbol(r"\mu", "weight of equal sizes", "a number"),
    ),
    implementations=(
        Implementation(
            "divamgupta/deep-clustering-kingdra",
            "the authors' code: ten ladder networks, strong with more than 9 of 10, weak with more than 1. Only the "
            "first point of a class must be certain. It compares all pairs of points, which takes n × n; equal rows of "
            "labels taken together, as here, give the same.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "the same mistake in all networks",
            "they share the data and the loss, so they may agree on a cut through a class",
            "more networks; look at the blocks of the agreement",
        ),
        Pitfall(
            "no pseudo-labels at first",
            "networks are not certain yet, or a class finds no points left",
            "more epochs before the first round; a lower certainty",
        ),
        Pitfall(
            "a pseudo-class is split over two clusters of a network",
            "cluster numbers of networks differ and are matched anew each round",
            "that is what the matching is for",
        ),
        Pitfall("it is slow", "every network is trained in full", "fewer or smaller networks; random perturbations"),
    ),
    sources=(
        Source(
            "D. Gupta, R. Ramjee, N. Kwatra, M. Sivathanu. Unsupervised Clustering using Pseudo-semi-supervised "
            "Learning. ICLR 2020",
            "https://openreview.net/forum?id=rJlnxkSYPS",
        ),
        Source("W. Hu and others. Information Maximizing Self-Augmented Training. ICML 2017 (the loss of a network)"),
    ),
)
