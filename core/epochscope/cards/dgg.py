"""The card of DGG."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Step, Symbol

CARD = Card(
    key="dgg",
    words="DGG is VaDE with neighbors. Points that lie next to each other should belong to the same clusters, so the "
    "distributions that the encoder gives to neighbors are drawn together. Put into a bound, this becomes simple: "
    "decode the code of the NEIGHBOR and compare the result with the point itself. Every point also gets a prior over "
    "clusters of its own, formed by its neighbors. The cluster of a code is predicted by a small classifier "
    "network. The graph is made once, before: nearest neighbors among the data, or under a distance that a Siamese "
    "network has learned.",
    formulas=(
        Formula(
            r"\begin{gathered} \max\; \sum_{i} \Big[ \ln p(x_i) - \sum_{j} w_{ij}\, "
            r"\mathrm{JS}(q_i \,\Vert\, q_j) \Big] \\ q_i = q(z, c \mid x_i), \qquad \sum_{j} w_{ij} = 1 "
            r"\end{gathered}",
            "What is wanted: likely data, and neighbors j of i with similar codes and clusters.",
        ),
        Formula(
            r"\begin{gathered} \mathrm{JS}(q_i \,\Vert\, q_j) \le G_{ij} = \tfrac{1}{2} \mathrm{KL}(q_i \,\Vert\, p_i) "
            r"+ \tfrac{1}{2} \mathrm{KL}(q_j \,\Vert\, p_i) \\ p_i = p(z, c \mid x_i) \end{gathered}",
            "JS of mixtures has no closed form. This bound has one, and the likelihoods then cancel.",
        ),
        Formula(
            r"\max\; \tfrac{1}{2} \sum_{i} \sum_{j} w_{ij} \big[ L(x_i) + L(x_i, x_j) \big]",
            "What is left to raise: the point's own bound, and the same with the neighbor's code.",
        ),
        Formula(
            r"\begin{aligned} L & (x_i, x_j) = \ln p(x_i \mid z_j) \\[0.5em] "
            r"& - \tfrac{1}{2} \sum_{k} \gamma_{jk} \sum_{d} "
            r"\Big[ \ln \sigma_{kd}^2 + \frac{s_{jd}^2 + (m_{jd} - \mu_{kd})^2}{\sigma_{kd}^2} \Big] \\[0.5em] "
            r"& + \sum_{k} \gamma_{jk} \ln \frac{\pi_{ik}}{\gamma_{jk}} + \tfrac{1}{2} \sum_{d} (1 + \ln s_{jd}^2) "
            r"\end{aligned}",
            "Encode j, decode, score against i, with the prior of i; $j = i$ gives $L(x_i)$. The first 1/2 is 1 in "
            "the paper's eq. 21, but 1/2 in its supplement, in its code and in the derivation.",
        ),
        Formula(
            r"\pi_{ik} = \tfrac{1}{2} \Big( \gamma_{ik} + \sum_{j} w_{ij}\, \gamma_{jk} \Big)",
            "The best prior of point i: half its own opinion, half its neighbors'. The printed formula does not sum "
            "to 1; the authors' code does this.",
        ),
        Formula(
            r"w_{ij} \propto e^{-\lVert x_i - x_j \rVert^2 / (2 \tau_i^2)} \;\text{ or equal}, \qquad j \in \Omega_i",
            r"Weights of the neighbors $\Omega_i$: Gaussian in the paper ($\tau_i$ is its $s_i$), equal in its code.",
        ),
        Formula(
            r"\ell = \begin{cases} \lVert a - b \rVert^2 & \text{neighbors} \\ \max(c - \lVert a - b \rVert, 0)^2 & "
            r"\text{others} \end{cases}",
            "The Siamese network's loss for the codes a and b of a pair, with c = 3: near neighbors, distant others.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point, the anchor", "n × f", "x"),
        Symbol("x_j", "one of its neighbors", "n × j × f", "cross_reconstructions"),
        Symbol(r"\Omega_i", "the neighbors of point i", "n × j", "neighbors"),
        Symbol("w_{ij}", "weight of neighbor j; rows sum to 1", "n × j", "weights"),
        Symbol(r"\gamma_{jk}", "what the classifier says of a code: rows sum to 1", "n × k", "q"),
        Symbol(r"\pi_{ik}", "prior of point i over clusters; rows sum to 1", "n × k", "pi"),
        Symbol("m_{jd}", "mean of the code", "n × d", "z"),
        Symbol("s_{jd}", "standard deviation of the code", "n × d"),
        Symbol(r"\mu_{kd}", "center of cluster k", "k × d", "centers"),
        Symbol(r"\sigma_{kd}", "standard deviation of cluster k in each direction of the code", "k × d", "spread"),
        Symbol(r"\mathrm{JS}", "divergence between the assignments of two neighbors", "n × j", "measures"),
        Symbol("L(x_i, x_j)", "bound of point i through the code of j", "a number", "losses"),
        Symbol(r"\tau_i", "width of the Gaussian weights around point i", "n"),
        Symbol("c", "margin of the Siamese network; in $q(z,c \\mid x)$ the cluster", "a number"),
    ),
    steps=(
        Step(
            "1",
            "Make the graph: neighbors by the distance in the data or by that of the Siamese network, and a weight for "
            "each edge.",
            "graph = yield from build(",
        ),
        Step(
            "2, 9",
            "Repeat until it has converged (here: for a number of epochs, or until the watch ends it).",
            "for epoch in count():",
        ),
        Step("3", "Draw a batch of points, each with its neighbors (here: all, or some drawn ones).", "graph.drawn("),
        Step("4", "Encode the points and their neighbors: a Gaussian each.", "code = model.f1("),
        Step("5", "Draw a code from each of these Gaussians (eqs. 23 and 28).", "code.drawn(rng)"),
        Step(
            "6",
            "Evaluate the bound from these draws (eqs. 21 and 26): each point against what its own code and those of "
            "its neighbors decode to.",
            "pair_terms(",
        ),
        Step("7", "Move all networks and the mixture's μ and σ one step uphill.", "descend(steps"),
        Step(
            "8",
            "Renew the prior of the points of the batch (eq. 31). In the code this comes before line 6, so that the "
            "bound is that of today's neighbors.",
            "log_pi = prior(",
        ),
    ),
    implementations=(
        Implementation(
            "ngoc-nguyen-0/DGG",
            "the authors' code, one script a data set. All take EQUAL weights, half on the point itself and 1/40 on "
            "each of 20 neighbors, and these are a random 20 of the nearest 100. On MNIST the classifier is fed the "
            "mean instead of a draw. The UCI HAR script loads no neighbors at all; Reuters and STL-10 take them in "
            "the data, so their Siamese network is not used. Three of four Siamese losses differ from the paper's. "
            "The classifier is pretrained with a softmax on top of a softmax. Reconstruction counts 1, 100, 0.1 or "
            "0.1, depending on the data set.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "one cluster takes all",
            "π follows γ and γ follows π: the rich get richer",
            "a floor under γ; a slower classifier; k-means labels to begin with",
        ),
        Pitfall(
            "two clusters are glued together",
            "neighbors across the border of two classes",
            "look at the purity of the graph; fewer neighbors; a learned distance",
        ),
        Pitfall(
            "the score looks like a merit of the network",
            "first labels from the graph (not in the paper) are already that good: on the digits spectral clustering "
            "of the graph alone has a median ACC of 0.938 over five seeds, DGG after training 0.932",
            "compare the end with the start of clustering; start from k-means on the codes, as the paper does",
        ),
        Pitfall(
            "settings do not carry over to other data",
            "the weight of reconstruction differs by a factor of 1,000 between the authors' scripts",
            "treat it as the first thing to tune",
        ),
        Pitfall(
            "an epoch takes forever",
            "20 neighbors make 21 rows to encode and decode for each point",
            "fewer neighbors; gather rows by number instead of storing copies",
        ),
    ),
    sources=(
        Source(
            "L. Yang, N. Cheung, J. Li, J. Fang. Deep Clustering by Gaussian Mixture Variational Autoencoders with "
            "Graph Embedding. ICCV 2019"
        ),
        Source("The authors' code: ngoc-nguyen-0/DGG", "https://github.com/ngoc-nguyen-0/DGG"),
    ),
)
