"""The card of soft k-means."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="soft_kmeans",
    words="k-means gives a point to one center. Soft k-means gives it to all of them, most to the nearest: the "
    "weights are a softmax of the negative squared distances, and α says how sharp it is. With α near 0 all weights "
    "are equal and every center drifts to the middle of the data; with a large α it is k-means. The loss is the "
    "distance of a point to the centers, averaged with these weights, and the centers go downhill on it, batch by "
    "batch. It works on the data themselves, in the plane or as pictures: a place to look at what the clustering loss "
    "of deeper methods does.",
    formulas=(
        Formula(
            r"w_{ik} = \frac{e^{-\alpha d_{ik}}}{\sum_{l} e^{-\alpha d_{il}}}, "
            r"\qquad d_{ik} = \lVert x_i - u_k \rVert^2",
            "The weight of cluster k for point i.",
        ),
        Formula(
            r"\alpha = \frac{a}{\operatorname{median}_i\, (d_{i(2)} - d_{i(1)})}",
            "A sharpness without a unit: a counts in the usual gap between the nearest and the second nearest center.",
        ),
        Formula(
            r"L = \sum_{i} \sum_{k} d_{ik}\, w_{ik}",
            "The loss: squared distances averaged with the weights. Batches take the mean over their points.",
        ),
        Formula(
            r"\begin{gathered} \frac{\partial L}{\partial u_k} = 2 \sum_{i} w_{ik} "
            r"\big[ 1 - \alpha (d_{ik} - \bar{d}_i) \big] (u_k - x_i) \\ \bar{d}_i = \sum_{k} w_{ik} d_{ik} "
            r"\end{gathered}",
            "Its gradient, through the weights, too. The bracket is NEGATIVE where a center is farther than "
            r"$\bar{d}_i + 1/\alpha$: such a point pushes the center away.",
        ),
        Formula(
            r"\begin{gathered} F = -\frac{1}{\alpha} \sum_{i} \ln \sum_{k} e^{-\alpha d_{ik}} \\ "
            r"\frac{\partial F}{\partial u_k} = 2 \sum_{i} w_{ik} (u_k - x_i) \end{gathered}",
            "A relative that only attracts, the free energy: L minus the entropy of the weights over α.",
        ),
        Formula(
            r"w_{ik} = \frac{e^{-\alpha (d_{ik} - m_i)}}{\sum_{l} e^{-\alpha (d_{il} - m_i)}}, "
            r"\qquad m_i = \min_{l} d_{il}",
            "The same weights without 0/0: the smallest distance is taken off first.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point: the data, each feature with mean 0 and deviation 1", "n × f", "z"),
        Symbol("u_k", "center of cluster k", "k × f", "centers"),
        Symbol("d_{ik}", "SQUARED distance from point to center", "n × k"),
        Symbol(r"\alpha", "sharpness of the softmax, in units of 1/distance²", "a number"),
        Symbol("a", "sharpness in median gaps; 0.1 is soft, 30 is hard", "a number"),
        Symbol("w_{ik}", "weight of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol(r"\bar{d}_i", "average distance of point i under its weights", "n"),
        Symbol("m_i", "smallest distance of point i", "n"),
        Symbol("L", "weighted distance", "a number", "losses"),
        Symbol("F", "free energy", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "MaziarMF/deep-k-means",
            "uses the same weights inside a deep method and takes off the smallest distance first, with a comment on "
            "0/0. The report that this method comes from met NaN at large α and suspected the gradients.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "NaN at once",
            "not an overflow of gradients but 0/0: in float32 exp(−t) is exactly 0 from t = 104 on. One point farther "
            "than √(104/α) from ALL centers is enough (3.2 units at α = 10)",
            "take off the row's smallest distance first (last formula)",
        ),
        Pitfall(
            "a center never moves again",
            "with a large α the weights are exactly 0 or 1, and a center that wins no point feels no gradient",
            "raise α step by step; k-means++ starts; put a dead center on the farthest point",
        ),
        Pitfall(
            "a center walks away from points nearby",
            "the negative bracket: this loss repels as well",
            "not a bug; the free energy only attracts",
        ),
        Pitfall("all centers in one place", "α so small that all weights are equal", "a larger α"),
        Pitfall(
            "the same α works on one data set and not on another",
            "α has a unit, 1/distance²; in 784 dimensions distances are of the order of 1,000",
            "measure α in the gap between the nearest and the second center",
        ),
    ),
    sources=(
        Source("Z. Chen. CIS 5525 Project 1, tasks 0 and 1 (course report), 2020: the loss, α = 1 and α = 10, NaN"),
        Source(
            "M. M. Fard, T. Thonet, E. Gaussier. Deep k-Means. Pattern Recognition Letters, 2020 (the same weights)",
            "https://arxiv.org/abs/1806.10069",
        ),
    ),
)
