"""The card of DC-GMM."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dcgmm",
    words="Training a network and a mixture at the same time is hard: the mixture chases codes that move. DC-GMM "
    "gives each point a second code, a free variable, and fits the mixture to these. The free codes are asked to equal "
    "those of the network, first gently: they may lie a little nearer to the centers. What they are still apart is "
    "written down for each point, and from round to round it counts more, so that the network is drawn toward the "
    "clusters until both agree. Each of the four parts has its own simple step; only the network needs gradients. Any "
    "clustering with such steps can take the place of the mixture: with hard assignments it is k-means.",
    formulas=(
        Formula(
            r"\begin{gathered} \min \; \tfrac{1}{2} \lVert x - g(f(x)) \rVert^2 - \lambda \ln p(Y) \\ "
            r"\text{with} \quad Y = f(X) \end{gathered}",
            "What is to be solved: reconstruction, and a mixture of free codes that equal the codes.",
        ),
        Formula(
            r"L = \mathrm{MSE} + \lambda\, \tfrac{\rho}{2}\, \lVert Y - f(X) + U \rVert^2",
            "Step 1, the network: one pass over the data by gradient.",
        ),
        Formula(
            r"\gamma_{ik} = \frac{\pi_k\, \mathcal{N}(y_i;\, \mu_k, \sigma_k^2)}{\sum_{l} \pi_l\, \mathcal{N}(y_i;\, "
            r"\mu_l, \sigma_l^2)}",
            "Responsibilities of the free codes.",
        ),
        Formula(
            r"y_i = \frac{\rho\, (f(x_i) - u_i) + \sum_{k} \gamma_{ik}\, \mu_k / \sigma_k^2}{\rho + \sum_{k} "
            r"\gamma_{ik} / \sigma_k^2}",
            "Step 2, the free codes: a mean of the code and the centers, each with its own weight.",
        ),
        Formula(
            r"\begin{gathered} \mu_k = \frac{\sum_{i} \gamma_{ik}\, y_i}{\sum_{i} \gamma_{ik}}, \qquad "
            r"\pi_k = \frac{1}{n} \sum_{i} \gamma_{ik} \\ \sigma_k^2 = \frac{\sum_{i} \gamma_{ik}\, "
            r"(y_i - \mu_k)^2}{\sum_{i} \gamma_{ik}} \end{gathered}",
            "Step 3, the mixture: an M step on the free codes.",
        ),
        Formula(
            r"u_i \to u_i + \eta\, (y_i - f(x_i))",
            "Step 4, the multipliers add up what is still apart.",
        ),
    ),
    symbols=(
        Symbol("f(x_i)", "code of point i", "n × d", "z"),
        Symbol("g", "decoder", "a network"),
        Symbol("y_i", "its free code; arrows lead from the code to it", "n × d", "forces"),
        Symbol("u_i", "multipliers of point i, over ρ", "n × d", "measures"),
        Symbol(r"\gamma_{ik}", "responsibility of cluster k", "n × k", "q"),
        Symbol(r"\mu_k", "center of cluster k", "k × d", "centers"),
        Symbol(r"\sigma_k^2", "its variance in each direction", "k × d", "spread"),
        Symbol(r"\pi_k", "its share", "k", "mixing"),
        Symbol(r"\rho", "stiffness of the tie", "a number"),
        Symbol(r"\lambda", "weight of the tie in the network's loss", "a number"),
        Symbol(r"\eta", "dual step", "a number"),
    ),
    implementations=(
        Implementation(
            "JennyQQL/DeepClusterADMM-Release",
            "the authors' MATLAB code: sigmoid layers and codes, full covariances, ρ = 1,000 on MNIST, the tie weighs "
            "0.01 in the network's loss, AdaDelta, one pass a round, dual step 0.5, 300 rounds. It prints the best ACC "
            "of all rounds, which needs the true labels.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "a cluster shrinks to a point",
            "free codes that lie on their center make its variance 0, and 1 / variance pulls without bound",
            "a floor of the variances; a larger ρ",
        ),
        Pitfall(
            "the residual does not shrink",
            "a tie that the network hardly feels, or no dual step",
            "a larger λ; look at residual and multipliers together",
        ),
        Pitfall(
            "multipliers keep growing",
            "reconstruction forbids what the mixture wants",
            "a smaller λ; more rounds, and watch the agreement of neighbors",
        ),
    ),
    sources=(
        Source("K. Tian, S. Zhou, J. Guan. DeepCluster: A General Clustering Framework based on Deep Learning. 2017"),
        Source("S. Boyd and others. Distributed Optimization and Statistical Learning via ADMM. 2011"),
    ),
)
