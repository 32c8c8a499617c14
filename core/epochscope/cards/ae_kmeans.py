"""The card of autoencoder + k-means."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="ae_kmeans",
    words="An autoencoder compresses each point into a short code and learns to reconstruct the point from it. Part of "
    "the input is hidden while it learns, so the code must hold what the parts of a point have in common and not "
    "single pixels. Then the network is left alone and plain k-means runs on the codes. Nothing in the training asks "
    "for clusters: what is found was in the code by chance. That makes it the fair baseline of every deep clustering "
    "method here: DEC and IDEC begin exactly where this one ends.",
    formulas=(
        Formula(
            r"\tilde{x}_{il} = \frac{b_{il}\, x_{il}}{1 - s}, \qquad b_{il} \sim \text{Bernoulli}(1 - s)",
            "Masking: each number is set to zero with probability $s$, the others are enlarged to make up for it.",
        ),
        Formula(
            r"L_r = \frac{1}{n f} \sum_{i} \lVert x_i - g(f_\theta(\tilde{x}_i)) \rVert^2",
            "Pretraining: restore the whole point from its masked copy. A mean over points and features.",
        ),
        Formula(r"z_i = f_\theta(x_i)", "After pretraining: the code of each point, now without a mask."),
        Formula(
            r"L = \sum_{i} \min_{j} \lVert z_i - \mu_j \rVert^2",
            "Clustering: k-means on the codes, with the network as it is.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point, in units in which the data have mean square 1", "n × f", "x"),
        Symbol(r"\tilde{x}", "the point with some of its numbers hidden", "n × f"),
        Symbol("s", "masked share; used in pretraining only", "a number"),
        Symbol("b_{il}", "0 where feature l of point i is hidden", "n × f"),
        Symbol(r"f_\theta", "encoder", "a network"),
        Symbol("g", "decoder", "a network", "decoded_centers"),
        Symbol("z_i", "code of point i", "n × d", "z"),
        Symbol(r"\mu_j", "center of cluster j among the codes", "k × d", "centers"),
        Symbol("L_r", "reconstruction error of pretraining", "a number", "losses"),
        Symbol("L", "inertia of the codes", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "piiswrong/dec",
            "trains greedily, layer by layer, then all layers together without noise (SGD 0.1, divided by 10 every "
            "20,000 steps). Hidden layers lose a fifth of their inputs, raw pixels none.",
        ),
        Implementation(
            "XifengGuo/DEC-keras",
            "trains end to end without any noise; on MNIST SGD with a learning rate of 1 for 300 epochs, for USPS and "
            "STL-10 Adam. It reports an ACC of 0.879 for this baseline on all of MNIST (mean of 10 runs).",
        ),
        Implementation(
            "vlukiyanov/pt-dec", "trains layer by layer for 300 epochs, then together for 500, masking a fifth."
        ),
    ),
    pitfalls=(
        Pitfall(
            "deep clustering on top of it goes nowhere",
            "too little pretraining: it decides the outcome more than the clustering loss does",
            "train longer, mask more, let the learning rate fall; look at this method's result first",
        ),
        Pitfall(
            "the reconstruction is excellent, the clusters are not",
            "a wide code also holds the slant and the width of a stroke, which cut across the classes",
            "a smaller code, more masking",
        ),
        Pitfall(
            "k-means complains of too few distinct points",
            "the codes have collapsed: dead ReLUs, or too large a learning rate",
            "lower η of pretraining; see whether the loss still falls",
        ),
    ),
    sources=(
        Source(
            "J. Xie, R. Girshick, A. Farhadi. Unsupervised Deep Embedding for Clustering Analysis. ICML 2016 (its "
            "baseline AE+k-means)",
            "https://arxiv.org/abs/1511.06335",
        ),
    ),
)
