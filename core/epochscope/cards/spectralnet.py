"""The card of SpectralNet."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="spectralnet",
    words="Spectral clustering draws a graph of neighbors and gives each point coordinates in which neighbors lie "
    "close together: the eigenvectors of the graph. They are known for these points alone, and for many points they "
    "are expensive. SpectralNet learns a network that gives the same coordinates. Without more it would map all points "
    "to one place, where neighbors are closest. So the outputs of a batch are made orthonormal before the loss is "
    "taken: each must vary, and no two may vary together. In these coordinates groups of the graph are corners, and "
    "k-means finds them. Distances come from codes of an autoencoder, or from a Siamese network that learned which of "
    "these codes belong together.",
    formulas=(
        Formula(
            r"W = \tfrac{1}{2} (A + A^{\top}), \qquad A_{il} = \exp\Big( -\frac{\lVert h_i - h_l \rVert^2}"
            r"{2 \sigma^2} \Big)",
            "Affinity of neighbors within the batch; 0 for all others. σ is the median distance to a near neighbor.",
        ),
        Formula(
            r"\begin{aligned} L & = \frac{1}{2m} \sum_{i} \sum_{l} W_{il}\, \lVert y_i - y_l \rVert^2 "
            r"\\ & = \frac{1}{m} \operatorname{tr} \big( Y^{\top} (D - W)\, Y \big) \end{aligned}",
            "Loss: neighbors should be mapped close together. D has the row sums of W.",
        ),
        Formula(
            r"Y = \tilde{Y}\, T, \quad\; T = \sqrt{m}\, (C^{-1})^{\top}, \quad\; C C^{\top} = \tilde{Y}^{\top} "
            r"\tilde{Y}",
            r"Outputs made orthonormal by a Cholesky factor: $Y^{\top} Y = m I$.",
        ),
        Formula(
            r"L \ge \sum_{j} \lambda_j",
            "No orthonormal outputs have a loss below the sum of the k smallest eigenvalues of D − W. The page shows "
            "both for the graph of all points.",
        ),
    ),
    symbols=(
        Symbol("h_i", "features in which neighbors are found: codes, or the Siamese network's", "n × e"),
        Symbol("W", "affinity", "m × m"),
        Symbol("D", "row sums of W on the diagonal", "m × m"),
        Symbol(r"\sigma", "width of the affinity", "a number"),
        Symbol(r"\tilde{Y}", "outputs of the network F", "m × k"),
        Symbol("Y", "the same, orthonormal", "n × k", "z"),
        Symbol("T", "the matrix that makes them so", "k × k"),
        Symbol("C", "Cholesky factor", "k × k"),
        Symbol("L", "loss", "a number", "losses"),
        Symbol(r"\lambda_j", "smallest eigenvalues of D − W", "k", "spectrum"),
        Symbol("m", "points of a batch", "a number"),
    ),
    implementations=(
        Implementation(
            "KlugerLab/SpectralNet",
            "the authors' code: RMSprop; a point is its own first neighbor, so that 3 neighbors are 2 others; the "
            "factor comes from a batch of its own, and the gradient passes through it; L is not normalized. Three "
            "neighbors on MNIST, 30 on Reuters.",
        ),
        Implementation(
            "shaham-lab/SpectralNet",
            "the later code in PyTorch: 30 neighbors, the 15th sets the scale, and the factor is held constant.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "the Cholesky factor does not exist",
            "outputs depend on each other: k is large for the batch, or the rate too high",
            "larger batches, a lower rate; a ridge",
        ),
        Pitfall(
            "two classes share a corner",
            "a few wrong edges join them; the loss is low nevertheless",
            "fewer neighbors, the Siamese network; look at the edges that cross",
        ),
        Pitfall(
            "the loss of training is far from that of all points",
            "neighbors within a batch are not the true neighbors",
            "larger batches",
        ),
        Pitfall(
            "a corner holds a handful of points",
            "the graph has small parts of its own: each takes an eigenvector",
            "more neighbors",
        ),
    ),
    sources=(
        Source(
            "U. Shaham, K. Stanton, H. Li, B. Nadler, R. Basri, Y. Kluger. SpectralNet: Spectral Clustering using Deep "
            "Neural Networks. ICLR 2018",
            "https://arxiv.org/abs/1801.01587",
        ),
        Source("U. von Luxburg. A Tutorial on Spectral Clustering. Statistics and Computing 17, 2007"),
    ),
)
