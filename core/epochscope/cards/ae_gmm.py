"""The card of autoencoder + Gaussian mixture."""

from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="ae_gmm",
    words="An autoencoder is trained first, as for every deep method here; then a mixture of Gaussians is fitted to "
    "its codes. The two never meet: the network does not know that clusters are wanted. It is the baseline that VaDE "
    "and DGG compare themselves with, for they train such a mixture and the network together.",
    formulas=(
        Formula(
            r"L_r = \frac{1}{n f} \sum_{i} \lVert x_i - g(f_\theta(\tilde{x}_i)) \rVert^2",
            r"Pretraining: restore the point from a copy $\tilde{x}_i$ with some numbers hidden.",
        ),
        Formula(r"z_i = f_\theta(x_i)", "After it: the code of each point."),
        Formula(
            r"\ln p(Z) = \sum_{i} \ln \sum_{k} \pi_k\, \mathcal{N}(z_i;\, \mu_k, \operatorname{diag} \sigma_k^2)",
            "Clustering: the log likelihood of the codes under the mixture, which EM raises.",
        ),
        Formula(
            r"\gamma_{ik} = \frac{\pi_k\, \mathcal{N}(z_i;\, \mu_k, \operatorname{diag} \sigma_k^2)}"
            r"{\sum_{l} \pi_l\, \mathcal{N}(z_i;\, \mu_l, \operatorname{diag} \sigma_l^2)}",
            "Responsibilities; the cluster of a point is the largest.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point, in units in which the data have mean square 1", "n × f", "x"),
        Symbol(r"\tilde{x}_i", "the point with some of its numbers hidden", "n × f"),
        Symbol(r"f_\theta", "encoder", "a network"),
        Symbol("g", "decoder", "a network", "decoded_centers"),
        Symbol("z_i", "code of point i", "n × d", "z"),
        Symbol(r"\pi_k", "mixing weight of cluster k; they sum to 1", "k", "mixing"),
        Symbol(r"\mu_k", "center of cluster k among the codes", "k × d", "centers"),
        Symbol(r"\sigma_k", "standard deviation of cluster k in each direction of the code", "k × d", "spread"),
        Symbol(r"\gamma_{ik}", "responsibility of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol("L_r", "reconstruction error of pretraining", "a number", "losses"),
        Symbol(r"\ln p(Z)", "log likelihood of the codes", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "two clusters share one group, another swallows two",
            "a local maximum of EM",
            "more starts; begin at k-means",
        ),
        Pitfall(
            "a cluster spreads over everything",
            "one wide Gaussian catches whatever fits nowhere else",
            "look at the spread of each cluster; more clusters, or one variance for all",
        ),
        Pitfall(
            "published numbers of this baseline differ by two points",
            "DGG's table and LTVAE's paper print 70.98 and 68.68 for Reuters-10k, 77.67 and 78.90 for UCI HAR",
            "name covariances and starts beside a number",
        ),
    ),
    sources=(
        Source(
            "Z. Jiang, Y. Zheng, H. Tan, B. Tang, H. Zhou. Variational Deep Embedding. IJCAI 2017 (as a baseline)",
            "https://arxiv.org/abs/1611.05148",
        ),
    ),
)
