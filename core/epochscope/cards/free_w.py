"""The card of Free W."""

from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="free_w",
    words="Here the weights are not computed from the distances: they are variables of their own, one for each point "
    "and cluster, and gradient steps move them together with the centers. It sounds more general than soft k-means "
    "and fails, which is why it is here. From equal weights every center feels the pull of all points alike, so all "
    "centers run to the middle; once they are there, all distances are equal and nothing is left that could tell the "
    "weights apart. Switches show what would have saved it: another start, other step sizes, an entropy term.",
    formulas=(
        Formula(
            r"L = \sum_{i} \sum_{k} d_{ik}\, w_{ik}, \qquad d_{ik} = \lVert x_i - u_k \rVert^2",
            "The loss of soft k-means, with weights that are free.",
        ),
        Formula(
            r"w_{ik} = \frac{e^{a_{ik}}}{\sum_{l} e^{a_{il}}}",
            "Weights from logits, so that they stay positive and sum to 1. Without that, L is linear in w and has no "
            "minimum.",
        ),
        Formula(
            r"\frac{\partial L}{\partial a_{ik}} = w_{ik} (d_{ik} - \bar{d}_i), \qquad "
            r"\bar{d}_i = \sum_{k} w_{ik} d_{ik}",
            "A logit moves only when its own point is visited, and not at all where all distances are equal.",
        ),
        Formula(
            r"\frac{\partial L}{\partial u_k} = 2 \sum_{i} w_{ik} (u_k - x_i)",
            "With equal weights this is the same for every k but for where the center stands: all meet in the mean.",
        ),
        Formula(
            r"\begin{gathered} \min_{w}\; \sum_{i} \sum_{k} \Big[ d_{ik}\, w_{ik} + \frac{1}{\alpha} w_{ik} \ln w_{ik} "
            r"\Big] \\ \text{is reached at }\; w_{ik} = \frac{e^{-\alpha d_{ik}}}{\sum_{l} e^{-\alpha d_{il}}} "
            r"\end{gathered}",
            "An entropy term turns it back into soft k-means; without one the best weights are 0 and 1: k-means.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point: the data themselves", "n × f", "z"),
        Symbol("u_k", "center of cluster k", "k × f", "centers"),
        Symbol("d_{ik}", "SQUARED distance from point to center", "n × k"),
        Symbol("a_{ik}", "logit: the free variable behind the weight", "n × k"),
        Symbol("w_{ik}", "weight of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol(r"\bar{d}_i", "average distance of point i under its weights", "n"),
        Symbol(r"\alpha", "sharpness that the entropy term asks for", "a number"),
        Symbol("L", "weighted distance", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "all points in one cluster, ACC does not move",
            "the centers have met: a stationary point, and tiny leftovers decide the largest weight",
            "k-means++ centers AND logits that begin at −α d; or the exact weights in turn with the centers",
        ),
        Pitfall(
            "the weights hardly change",
            "a logit is visited once an epoch, a center at every step",
            "a learning rate for the logits larger by about n / batch",
        ),
        Pitfall("a new point cannot be assigned", "there is no rule from x to w, only n × k numbers", "nearest center"),
    ),
    sources=(Source("Z. Chen. CIS 5525 Project 1, task 1, second method (course report), 2020: ACC stays at 0.15"),),
)
