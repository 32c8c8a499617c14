"""The card of IMSAT."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="imsat",
    words="IMSAT has no codes, no centers and no decoder: a network says of each point how likely each cluster is. "
    "Nothing tells it which clusters are meant, so it is asked for three things at once. It should be certain of each "
    "point, it should use all clusters equally, and it should not change its mind when a point is moved a little. The "
    "first two alone can be had by any cut through the data. The third forbids cuts through places where points lie "
    "close together, and so clusters end where the data are thin. The little move is either random (RPT) or the one "
    "that would change the answer most (VAT). For each point it is a share of the distance to its tenth neighbor.",
    formulas=(
        Formula(
            r"L = R + \lambda \big[ H(Y|X) - \mu\, H(Y) \big]",
            "What the network lowers: answers that change, doubt, and clusters of unequal size.",
        ),
        Formula(
            r"H(Y|X) = -\frac{1}{n} \sum_{i} \sum_{y} p(y|x_i) \ln p(y|x_i)",
            "Doubt: 0 if each point has one cluster, ln k if no point has any.",
        ),
        Formula(
            r"\begin{gathered} H(Y) = -\sum_{y} p(y) \ln p(y) \\ p(y) = \frac{1}{n} \sum_{i} p(y|x_i) "
            r"\end{gathered}",
            "Spread over the clusters: ln k if all are equally large. In training it is that of a batch.",
        ),
        Formula(
            r"I(X; Y) = H(Y) - H(Y|X)",
            "How much the cluster says about the point. With μ > 1 sizes count more than certainty.",
        ),
        Formula(
            r"R = \frac{1}{n} \sum_{i} \mathrm{KL}\big( \bar{p}(y|x_i) \,\Vert\, p(y|x_i + r_i) \big)",
            r"How far the answer changes when the point is moved by $r_i$; $\bar{p}$ is held constant.",
        ),
        Formula(
            r"\begin{gathered} r_i = \varepsilon_i\, \frac{g_i}{\lVert g_i \rVert}, \qquad \varepsilon_i = \alpha\, "
            r"d_t(x_i) \\ g_i = \partial_u\, \mathrm{KL}\big( \bar{p}(y|x_i) \,\Vert\, p(y|x_i + u) \big) "
            r"\;\text{at}\; u = \xi\, \varepsilon_i\, \frac{u_i}{\lVert u_i \rVert} \end{gathered}",
            "VAT: one gradient from a random trial step finds the direction of the largest change. RPT takes "
            "$g_i = u_i$, a random direction.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("p(y|x_i)", "probability of cluster y for point i; rows sum to 1", "n × k", "q"),
        Symbol("R", "change of the answers under the perturbation", "a number", "losses"),
        Symbol("H(Y|X)", "mean doubt of a point", "a number", "measures"),
        Symbol("H(Y)", "entropy of the cluster sizes", "a number", "measures"),
        Symbol("r_i", "perturbation of point i", "n × f", "perturbed"),
        Symbol("d_t(x_i)", "distance to the t-th nearest neighbor", "n"),
        Symbol(r"\varepsilon_i", "length of the perturbation", "n"),
        Symbol(r"\alpha", "its length in distances to that neighbor", "a number"),
        Symbol(r"\xi", "length of the trial step, in lengths of the perturbation", "a number"),
        Symbol("u_i", "a random direction", "n × f"),
        Symbol(r"\lambda", "weight of information", "a number"),
        Symbol(r"\mu", "weight of equal sizes", "a number"),
    ),
    implementations=(
        Implementation(
            "weihua916/imsat",
            "the authors' code, VAT alone: pixels over 128 less 1, ξ = 10 in that unit, and the distance to the "
            "eleventh neighbor where the paper says tenth. It drops the points that do not fill a batch, and scores "
            "with the remembered statistics of the batches.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "classes of unequal size are torn and merged",
            "H(Y) is largest if all clusters are equally large",
            "a smaller μ; compare with VaDE or DGG",
        ),
        Pitfall(
            "everything in one cluster, or k clusters at random",
            "μ too small, or the perturbation too short to forbid cuts",
            "look at H(Y), H(Y|X) and R together; a larger α",
        ),
        Pitfall(
            "the perturbation changes what is remembered",
            "a pass that only looks for r moves the statistics of batch normalization",
            "do not update them there",
        ),
        Pitfall(
            "seeds differ by tenths of ACC",
            "early cuts stay: certain points have no gradient",
            "several seeds; VAT rather than RPT",
        ),
    ),
    sources=(
        Source(
            "W. Hu, T. Miyato, S. Tokui, E. Matsumoto, M. Sugiyama. Learning Discrete Representations via Information "
            "Maximizing Self-Augmented Training. ICML 2017",
            "https://arxiv.org/abs/1702.08720",
        ),
        Source(
            "R. Gomes, A. Krause, P. Perona. Discriminative Clustering by Regularized Information Maximization. 2010"
        ),
        Source("T. Miyato and others. Distributional Smoothing with Virtual Adversarial Training. ICLR 2016"),
    ),
)
