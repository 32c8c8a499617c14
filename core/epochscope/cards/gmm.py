"""The card of the Gaussian mixture."""

from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="gmm",
    words="A mixture of Gaussians says how the data might have come about: choose a cluster by its weight, then draw "
    "a point from that cluster's normal distribution. Expectation maximization (EM) finds weights, centers and widths "
    "that make the data likely: first each point is shared out among the clusters by how likely they are to have made "
    "it, then each cluster is fitted to its shares. Unlike k-means it lets clusters be wide or narrow and of "
    "different size.",
    formulas=(
        Formula(
            r"\ln p(X) = \sum_{i} \ln \sum_{k} \pi_k\, \mathcal{N}(x_i;\, \mu_k, \operatorname{diag} \sigma_k^2)",
            "What rises with every iteration: the log likelihood of the data.",
        ),
        Formula(
            r"\gamma_{ik} = \frac{\pi_k\, \mathcal{N}(x_i;\, \mu_k, \operatorname{diag} \sigma_k^2)}"
            r"{\sum_{l} \pi_l\, \mathcal{N}(x_i;\, \mu_l, \operatorname{diag} \sigma_l^2)}",
            "E step: the responsibility of cluster k for point i, by Bayes' rule.",
        ),
        Formula(
            r"n_k = \sum_{i} \gamma_{ik}, \quad\; \pi_k = \frac{n_k}{n}, \quad\; "
            r"\mu_k = \frac{1}{n_k} \sum_{i} \gamma_{ik}\, x_i",
            "M step: weight and center of each cluster from its shares of the points.",
        ),
        Formula(
            r"\sigma_{kd}^2 = \frac{1}{n_k} \sum_{i} \gamma_{ik} (x_{id} - \mu_{kd})^2",
            "M step: the variance in each direction d (kept above a floor, so that none reaches 0).",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point: the data as they are", "n × f", "z"),
        Symbol(r"\pi_k", "mixing weight of cluster k; they sum to 1", "k", "mixing"),
        Symbol(r"\mu_k", "center of cluster k", "k × f", "centers"),
        Symbol(r"\sigma_k", "standard deviation of cluster k in each direction", "k × f", "spread"),
        Symbol(r"\gamma_{ik}", "responsibility of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol("n_k", "soft size of cluster k", "k"),
        Symbol(r"\ln p(X)", "log likelihood", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "the likelihood jumps to infinity, a cluster holds one point",
            "a variance has run to 0 on a single point or on a constant feature",
            "a floor under the variances; drop constant features",
        ),
        Pitfall(
            "worse than k-means on pictures",
            "in hundreds of dimensions the densities differ so much that every share is 0 or 1 from the start, and "
            "pixels that never change have no variance",
            "fewer dimensions: codes of an autoencoder (AE + GMM)",
        ),
        Pitfall("another result with each seed", "EM climbs to the nearest maximum", "several starts, from k-means"),
        Pitfall(
            "exactly 0/0 in an own program",
            "all densities of a far point underflow",
            "compute with logarithms and logsumexp, as here",
        ),
    ),
    sources=(
        Source(
            "A. Dempster, N. Laird, D. Rubin. Maximum likelihood from incomplete data via the EM algorithm. Journal "
            "of the Royal Statistical Society B 39(1), 1977"
        ),
    ),
)
