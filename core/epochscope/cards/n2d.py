"""The card of N2D."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="n2d",
    words="N2D shows how far one gets without clustering inside a network. An autoencoder compresses the points; UMAP "
    "then lays the codes out anew, pulling each code toward its nearest neighbors and pushing it away from others, so "
    "that groups become islands with water between them; a Gaussian mixture clusters the islands. Each part is "
    "finished before the next begins, and none looks back. A layout is made for exactly these points: it forgets "
    "how far islands lie from each other, and may tear a group in two. A method that trains network and clusters "
    "together has to beat this.",
    formulas=(
        Formula(
            r"L_r = \frac{1}{n f} \sum_{i} \lVert x_i - g(f_\theta(x_i)) \rVert^2, \qquad z_i = f_\theta(x_i)",
            "The autoencoder, trained first and then left alone.",
        ),
        Formula(
            r"\begin{gathered} p_{ij} = p_{j \mid i} + p_{i \mid j} - p_{j \mid i}\, p_{i \mid j} \\ "
            r"p_{j \mid i} = e^{-\max(0,\, \lVert z_i - z_j \rVert - \rho_i) / \sigma_i} "
            r"\end{gathered}",
            r"UMAP's graph of neighbors: $\rho_i$ is the distance to the nearest, $\sigma_i$ makes the sum "
            r"of a row $\ln J / \ln 2$.",
        ),
        Formula(
            r"\begin{gathered} \min_{y} \; - \sum_{i \neq j} \Big[ p_{ij} \ln \phi_{ij} + (1 - p_{ij}) "
            r"\ln (1 - \phi_{ij}) \Big] \\ \phi_{ij} = \frac{1}{1 + a \lVert y_i - y_j \rVert^{2b}} "
            r"\end{gathered}",
            "Its layout: joined points near each other, others apart; by sampled edges and random pairs.",
        ),
        Formula(
            r"\gamma_{ik} = \frac{\pi_k\, \mathcal{N}(y_i;\, \mu_k, \Sigma_k)}{\sum_{l} \pi_l\, "
            r"\mathcal{N}(y_i;\, \mu_l, \Sigma_l)}",
            "The mixture on the layout, fitted by EM; the cluster of a point is the largest.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point, in units in which the data have mean square 1", "n × f", "x"),
        Symbol(r"f_\theta", "encoder", "a network"),
        Symbol("g", "decoder", "a network", "decoded_centers"),
        Symbol("z_i", "code of point i; shown while the network is pretrained", "n × d"),
        Symbol("J", "number of neighbors", "a number"),
        Symbol("p_{ij}", "how surely i and j are neighbors", "n × n"),
        Symbol("y_i", "place of point i in the layout: what is clustered", "n × e", "z"),
        Symbol("a", "with b: set by the smallest distance", "a number"),
        Symbol(r"\pi_k", "mixing weight of cluster k; they sum to 1", "k", "mixing"),
        Symbol(r"\mu_k", "center of cluster k in the layout", "k × e", "centers"),
        Symbol(r"\Sigma_k", "covariance of cluster k in the layout", "k × e × e", "spread"),
        Symbol(r"\gamma_{ik}", "responsibility of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol("L_r", "reconstruction error of pretraining", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "rymc/n2d",
            "the authors' code: UMAP with a fixed seed on the codes of a network trained for 1,000 epochs; one run. "
            "Its default is 2 dimensions and 10 neighbors, but the script for the paper's numbers sets k and 20.",
        ),
        Implementation(
            "collinleiber/ClustPy",
            "lets any layout of scikit-learn's kind stand in for UMAP, by default t-SNE in two dimensions.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "islands where there are no groups",
            "UMAP makes islands of noise, too: small distances are all it keeps",
            "look at the codes themselves; more neighbors",
        ),
        Pitfall(
            "a class in two clusters, two classes in one",
            "the layout has torn the one, and there are only k clusters",
            "more neighbors, another seed; see whether EM or the layout did it",
        ),
        Pitfall(
            "new points cannot be assigned",
            "the layout holds only the points it was made of",
            "a method with an encoder to the clusters",
        ),
        Pitfall(
            "a different result each time",
            "the layout depends on the start and on random pairs",
            "several seeds, and a range instead of a number",
        ),
    ),
    sources=(
        Source(
            "R. McConville, R. Santos-Rodriguez, R. Piechocki, I. Craddock. N2D. ICPR 2020",
            "https://arxiv.org/abs/1908.05968",
        ),
        Source("The authors' code: rymc/n2d", "https://github.com/rymc/n2d"),
        Source("L. McInnes, J. Healy, J. Melville. UMAP. 2018", "https://arxiv.org/abs/1802.03426"),
    ),
)
