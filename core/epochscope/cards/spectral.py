"""The card of spectral clustering."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="spectral",
    words="Spectral clustering asks not where a point lies but whom it is joined to. Each point is joined to its "
    "nearest neighbors; the leading eigenvectors of this graph give each point coordinates in which joined points lie "
    "close together, and k-means finds clusters there. So a cluster may have any shape, as long as a path of neighbors "
    "leads through it. There is no network and nothing is learned: a deep method that is given such a graph has to "
    "be measured against it. With half as many eigenvectors again it is also the start of some presets of DGG here, "
    "and on the digits that start is already as good (median ACC 0.938) as what DGG makes of it (0.932).",
    formulas=(
        Formula(
            r"\begin{gathered} A_{ij} = \begin{cases} w_{ij} & j \in \Omega_i \\ 0 & \text{else} "
            r"\end{cases} \\ \text{or} \quad A_{ij} = e^{-\lVert x_i - x_j \rVert^2 / (2 \sigma^2)}, "
            r"\; A_{ii} = 0 \end{gathered}",
            r"The graph (step 1): neighbors $\Omega_i$ alone (then made symmetric), or all pairs as in the paper.",
        ),
        Formula(
            r"S = D^{-1/2} A\, D^{-1/2}, \qquad D_{ii} = \sum_{j} A_{ij}",
            "Normalized by the degrees (step 2): a point with many edges counts no more than one with few.",
        ),
        Formula(
            r"S\, v_l = \lambda_l\, v_l, \qquad \lambda_1 \ge \lambda_2 \ge \dots \ge \lambda_k",
            "The k leading eigenvectors (step 3). Were the clusters not joined at all, k eigenvalues would be 1.",
        ),
        Formula(
            r"z_{il} = \frac{v_{il}}{\big( \sum_{m} v_{im}^2 \big)^{1/2}}",
            "Side by side they are the coordinates of the points, each row scaled to length 1 (step 4).",
        ),
        Formula(
            r"L = \sum_{i} \min_{j} \lVert z_i - \mu_j \rVert^2",
            "k-means on these rows (step 5).",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol(r"\Omega_i", "the nearest neighbors of point i", "n × j", "neighbors"),
        Symbol("w_{ij}", "weight of neighbor j; rows sum to 1", "n × j", "weights"),
        Symbol(r"\sigma", "width of the Gaussian; that with the tightest clusters is taken", "a number", "measures"),
        Symbol("S", "normalized affinity; eigenvalues from −1 to 1", "n × n"),
        Symbol("v_l", "an eigenvector of S", "n"),
        Symbol(
            r"\lambda_k", "the k-th eigenvalue; a gap below it says that there are k clusters", "a number", "measures"
        ),
        Symbol("z_i", "coordinates of point i among the eigenvectors", "n × k", "z"),
        Symbol(r"\mu_j", "center of cluster j among them", "k × k", "centers"),
        Symbol("L", "inertia of the rows", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "scikit-learn/scikit-learn",
            "scales the eigenvectors by the degrees instead of scaling rows to length 1, and takes the graph of "
            'neighbors only if asked (affinity="nearest_neighbors"); its Gaussian has one given width.',
        ),
    ),
    pitfalls=(
        Pitfall(
            "tiny clusters of a few points",
            "the graph has fallen apart: each part that is joined to nothing else has an eigenvector of its own",
            "more neighbors",
        ),
        Pitfall(
            "two classes in one cluster",
            "many edges cross between them",
            "fewer neighbors, weights that fall with the distance, some eigenvectors beyond k",
        ),
        Pitfall(
            "new points cannot be assigned",
            "coordinates exist only for the points of the graph",
            "a network that learns them (SpectralNet), or the cluster of the nearest known point",
        ),
    ),
    sources=(
        Source("A. Ng, M. Jordan, Y. Weiss. On Spectral Clustering: Analysis and an Algorithm. NeurIPS 2001"),
        Source(
            "U. von Luxburg. A tutorial on spectral clustering. Statistics and Computing 17, 2007",
            "https://arxiv.org/abs/0711.0189",
        ),
    ),
)
