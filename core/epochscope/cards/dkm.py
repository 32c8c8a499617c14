"""The card of deep k-means (DKM)."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dkm",
    words="DKM puts soft k-means into the code of an autoencoder and trains encoder, decoder and centers together: "
    "points must be restored from their codes, and codes must lie close to centers. The weights of the clusters are a "
    "softmax, so that a gradient flows through the choice of a center. Its sharpness α decides how: small at first, "
    "so that all points attract each center, then grows until the choice is hard (the annealed schedule, "
    "without any pretraining); or very large from the start, on pretrained codes.",
    formulas=(
        Formula(
            r"L = \frac{1}{n} \sum_{i} \lVert x_i - g(f_\theta(x_i)) \rVert^2 "
            r"+ \frac{\lambda}{n} \sum_{i} \sum_{k} d_{ik}\, w_{ik}",
            "What is lowered: reconstruction, summed over features, and λ times the weighted distance to the centers.",
        ),
        Formula(
            r"\begin{gathered} w_{ik} = \frac{e^{-\alpha d_{ik}}}{\sum_{l} e^{-\alpha d_{il}}} \\ "
            r"d_{ik} = \lVert z_i - \mu_k \rVert^2, \qquad z_i = f_\theta(x_i) \end{gathered}",
            "The weight of cluster k for point i; α → ∞ is k-means.",
        ),
        Formula(
            r"\begin{gathered} \alpha_m = 2^{1/(\ln m)^2}\, \alpha_{m-1}, \qquad m = 2, \dots, 40 \\ "
            r"\alpha_1 = 0.1 \end{gathered}",
            "Annealing: 40 values, five epochs each: 0.1, 0.42, 0.75, 1.08, ..., 28.1.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol(r"f_\theta", "encoder", "a network"),
        Symbol("g", "decoder", "a network", "decoded_centers"),
        Symbol("z_i", "code of point i", "n × d", "z"),
        Symbol(r"\mu_k", "center of cluster k; trained like a weight", "k × d", "centers"),
        Symbol("d_{ik}", "SQUARED distance from code to center", "n × k"),
        Symbol("w_{ik}", "weight of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol(r"\alpha", "sharpness of the softmax", "a number", "measures"),
        Symbol(r"\lambda", "weight of clustering beside reconstruction", "a number"),
        Symbol("L", "loss", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "MaziarMF/deep-k-means",
            "the authors' code: an epoch draws each batch at random on its own, so it does not visit every point, and "
            "labels come from distances kept from the last visit (cluster 0 for a point not yet drawn). The code has "
            "k numbers instead of 10. Its command line takes λ = 1.",
        ),
        Implementation("collinleiber/ClustPy", "weighs clustering with 0.1 by default, at α = 1000."),
    ),
    pitfalls=(
        Pitfall(
            "NaN, or labels that are all the same",
            "softmax of −α d without taking off the smallest distance: 0/0",
            "compute it shifted (here always)",
        ),
        Pitfall(
            "the codes shrink, the clustering term falls, ACC does not rise",
            "smaller codes are closer to centers, and the decoder can undo any scale",
            "watch the norm of z; a smaller λ",
        ),
        Pitfall(
            "the λ of the paper does nothing",
            "reconstruction is a sum over features there: a mean over 784 features makes λ 784 times as strong",
            "compare the two curves of the loss, not the λ",
        ),
        Pitfall(
            "α = 1000 behaves like k-means",
            "it is hard k-means in all but name",
            "anneal, or choose α by the gap between the nearest two centers",
        ),
    ),
    sources=(
        Source(
            "M. M. Fard, T. Thonet, E. Gaussier. Deep k-Means: Jointly clustering with k-Means and learning "
            "representations. Pattern Recognition Letters, 2020",
            "https://arxiv.org/abs/1806.10069",
        ),
        Source("The authors' code: MaziarMF/deep-k-means", "https://github.com/MaziarMF/deep-k-means"),
    ),
)
