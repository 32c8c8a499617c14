"""The card of one-step VAE clustering."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="one_step_vae",
    words="Most methods here first train a network, then look for clusters, then train both. This one has no steps: a "
    "variational autoencoder gets one normal distribution for each cluster in place of its single prior, and a small "
    "network that reads a code and says which cluster it is. The loss wants three things at once: points must be "
    "restored, a code must look like the distribution of its cluster, and the reader must stay undecided unless a "
    "decision pays. VaDE has the same bound but computes the cluster of a code by Bayes' rule; DGG has a reader, too "
    "(f₂), but trains it on k-means first. At any codes the best reader IS Bayes' rule: so Q, the reader, beside P, "
    "the rule, shows how far it has learned it.",
    formulas=(
        Formula(
            r"\begin{aligned} p(x, z, y) &= p(x \mid z)\, \mathcal{N}(z; \mu_y, I)\, \tfrac{1}{k} \\ "
            r"q(z, y \mid x) &= q(z \mid x)\, p(y \mid z) \end{aligned}",
            "A cluster is drawn, from its distribution a code, from the code the point; and the way back.",
        ),
        Formula(
            r"\begin{aligned} L(x_i) &= -\lambda\, \mathbb{E}_q \big[ \ln p(x_i \mid z_i) \big] \\ &\quad + \sum_{y} "
            r"p(y \mid z_i)\, d_{iy} \\ &\quad + \beta\, \mathrm{KL}\big( p(y \mid z_i) \,\Vert\, \tfrac{1}{k} \big) "
            r"\end{aligned}",
            "What is lowered, with one draw of each code; λ = β = 1 is minus the bound on the likelihood.",
        ),
        Formula(
            r"\begin{aligned} d_{iy} &= \mathrm{KL}\big( q(z \mid x_i) \,\Vert\, \mathcal{N}(\mu_y, I) \big) \\ &= "
            r"\tfrac{1}{2} \sum_{j} \big( s_{ij}^2 + (m_{ij} - \mu_{yj})^2 \\ &\qquad - \ln s_{ij}^2 - 1 \big) "
            r"\end{aligned}",
            "How far a code is from a cluster, in closed form; all clusters have the width 1.",
        ),
        Formula(
            r"p^{*}_{iy} = \frac{e^{-\frac{1}{2} \lVert m_i - \mu_y \rVert^2}}{\sum_{l} e^{-\frac{1}{2} \lVert m_i - "
            r"\mu_l \rVert^2}}",
            "The assignment that lowers the last two terms most at given codes, for β = 1: Bayes' rule.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("z_i", "a draw of its code", "n × d"),
        Symbol("m_i", "middle of its code", "n × d", "z"),
        Symbol("s_i", "deviation of its code", "n × d", "measures"),
        Symbol("d_{iy}", "how far a code is from cluster y", "n × k"),
        Symbol(r"p(y \mid z)", "the classifier: assignment of a code", "n × k", "q"),
        Symbol("p^{*}", "what Bayes' rule says of the same code", "n × k", "p"),
        Symbol(r"\mu_y", "mean of cluster y", "k × d", "centers"),
        Symbol(r"\lambda", "weight of reconstruction", "a number"),
        Symbol(r"\beta", "weight of even clusters", "a number"),
    ),
    pitfalls=(
        Pitfall(
            "all clusters lie on one heap, Q is 1/k for every point",
            "the means begin at the same place: every assignment is as good as any other, and nothing tells clusters "
            "apart but the classifier's first weights, for tens of thousands of steps",
            "a larger deviation of the first means",
        ),
        Pitfall(
            "a few clusters have everything",
            "the first codes lie near a few of the means, and the others get no gradient",
            "a larger β, another seed; a start by k-means, as in VaDE, is what this method does without",
        ),
        Pitfall(
            "P and Q disagree",
            "the classifier is slower than the means, or reads draws of codes that are wide",
            "more hidden neurons, a longer run; the labels are those of Q",
        ),
    ),
    implementations=(
        Implementation(
            "bojone/vae",
            "convolutions, all means at 0, weight 5 on half the squared error of pixels; what it prints as accuracy "
            "is the share of the largest class of each cluster (a purity).",
        ),
    ),
    sources=(
        Source(
            "J. Su. Variational autoencoders (IV): a one-step clustering scheme. Scientific Spaces, 2018 (in Chinese)",
            "https://kexue.fm/archives/5887",
        ),
        Source(
            "Z. Jiang et al. Variational Deep Embedding. IJCAI 2017 (the same bound with Bayes' rule)",
            "https://arxiv.org/abs/1611.05148",
        ),
    ),
)
