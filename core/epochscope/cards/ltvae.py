"""The card of LTVAE."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="ltvae",
    words="Things can be grouped in more than one way: handwritten digits by their kind, or by their slant. LTVAE is a "
    "variational autoencoder that allows for this. Its code has parts, called facets, and each facet has a discrete "
    "variable of its own with a Gaussian for each value. These variables are joined by a tree, so that one facet may "
    "say something of another. Training makes the data likely under such codes, and each facet becomes a clustering of "
    "its own. The paper also searches for the facets and the tree. Here they are given: two facets of half the code "
    "each, with one edge between them. Labels are those of the first facet; the second is a color of the points.",
    formulas=(
        Formula(
            r"p(z) = \sum_{y} \sum_{v} P(y, v)\, \mathcal{N}(z_1;\, \mu_y, \sigma_y^2)\, \mathcal{N}(z_2;\, \mu_v, "
            r"\sigma_v^2)",
            "The prior of a code $z = [z_1, z_2]$: two facets, joined by the table P.",
        ),
        Formula(
            r"p(y, v|z) = \frac{P(y, v)\, \mathcal{N}(z_1;\, \mu_y, \sigma_y^2)\, \mathcal{N}(z_2;\, \mu_v, "
            r"\sigma_v^2)}{p(z)}",
            "What a code says of both variables. Its sums are the two clusterings.",
        ),
        Formula(
            r"L = -\mathbb{E}_{q}\big[ \ln p(x|z) + \ln p(z) \big] - \tfrac{1}{2} \sum_{j} (1 + \ln s_j^2)",
            "The negative bound, from one draw of each code; its gradient trains encoder and decoder.",
        ),
        Formula(
            r"S \to (1 - \rho)\, S + \rho\, \hat{S}",
            "Stepwise EM: the statistics of the prior (shares, sums and squares of codes by their beliefs) move toward "
            "those of each batch, and the prior follows from them.",
        ),
        Formula(
            r"I(Y; V) = \sum_{y} \sum_{v} P(y, v) \ln \frac{P(y, v)}{P(y)\, P(v)}",
            "How much the facets say of each other; 0 if they are independent.",
        ),
    ),
    symbols=(
        Symbol("z", "code of a point, shown as its mean", "n × d", "z"),
        Symbol("z_1", "its first facet", "n × d/2", "z"),
        Symbol("z_2", "its second facet", "n × d/2", "z"),
        Symbol("p(y, v|z)", "beliefs about both variables; their sum over v is shown", "n × k × v", "q"),
        Symbol("P(y, v)", "table of the edge; its sums are the shares of the clusters", "k × v", "mixing"),
        Symbol(r"\mu_y", "center of a cluster of the first facet", "k × d/2", "centers"),
        Symbol(r"\sigma_y^2", "its variance in each direction", "k × d/2", "spread"),
        Symbol(r"\mu_v", "center of a cluster of the second facet", "v × d/2"),
        Symbol("s_j^2", "variance of the code of a point", "n × d"),
        Symbol("S", "statistics of the prior", "sums over the points"),
        Symbol(r"\rho", "rate of stepwise EM", "a number"),
        Symbol("L", "negative bound", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "eelxpeng/UnsupervisedDeepLearning-Pytorch",
            "by an author of LTVAE, for the methods it is compared with; the search for structure is a Java program of "
            "its own that the released code of LTVAE calls.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "both facets show the same clustering",
            "the class is in all directions of the code; then the facets share much information",
            "watch I(Y; V); fewer clusters in the second facet",
        ),
        Pitfall(
            "the first facet is not the one of the classes",
            "nothing tells the facets which of them is meant; no labels take part",
            "color by the second facet, and compare",
        ),
        Pitfall("clusters vanish", "the prior follows the codes too fast", "a smaller rate of stepwise EM"),
    ),
    sources=(
        Source(
            "X. Li, Z. Chen, L. Poon, N. Zhang. Learning Latent Superstructures in Variational Autoencoders for Deep "
            "Multidimensional Clustering. ICLR 2019",
            "https://arxiv.org/abs/1803.05206",
        ),
        Source("O. Cappe, E. Moulines. On-line Expectation-Maximization for Latent Data Models. 2009 (stepwise EM)"),
    ),
)
