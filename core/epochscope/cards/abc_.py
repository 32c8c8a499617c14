"""The card of ABC."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="abc",
    words="ABC is where the family begins: an autoencoder that is asked for two things at once, to restore the points "
    "and to keep the codes of a cluster together. Assignments are hard. During an epoch they and the centers stand "
    "still and the network moves codes toward their centers; then the centers become the means of their codes, and "
    "each point goes to the nearest center. Everything later answers a weakness of this: DCN lets centers move within "
    "the epoch, DKM makes the choice of a center soft so that a gradient flows through it, DEC drops the "
    "reconstruction, DCAN asks a discriminator instead of a distance. Trained from the same seed, ABC and DKM begin "
    "with the same codes and the same clusters: on the Compare page hard and soft assignments part from there.",
    formulas=(
        Formula(
            r"L = \frac{1}{n} \sum_{i} \lVert x_i - g(f(x_i)) \rVert^2 + \frac{\lambda}{n} \sum_{i} \lVert f(x_i) - "
            r"c^*_i \rVert^2",
            "What is lowered within an epoch: reconstruction, and the distance from each code to its own center.",
        ),
        Formula(
            r"c_j = \frac{1}{n_j} \sum_{i \,:\, c^*_i = c_j} f(x_i)",
            "After an epoch: each center becomes the mean of its codes.",
        ),
        Formula(
            r"c^*_i = \operatorname*{arg\,min}_{c_j}\, \lVert f(x_i) - c_j \rVert^2",
            "Then each point goes to the nearest center: one iteration of k-means an epoch.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("f(x_i)", "code of point i", "n × d", "z"),
        Symbol("g", "decoder", "a network", "reconstructions"),
        Symbol("c_j", "center of cluster j", "k × d", "centers"),
        Symbol("c^*_i", "the center of the cluster of point i", "n × d", "labels"),
        Symbol("n_j", "number of points in cluster j", "k"),
        Symbol(r"\lambda", "weight of compactness", "a number"),
        Symbol("L", "loss", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "collinleiber/ClustPy",
            "calls it AEC: reconstruction is a mean over features with a weight of 1, compactness has 0.1; Adam with "
            "1e-4 for 50 epochs; without another choice the first labels are random.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "the codes shrink",
            "compactness falls if all codes do, and the decoder can undo any scale",
            "watch the norm of the codes and the share of their spread within clusters; a smaller λ",
        ),
        Pitfall(
            "wrong clusters become tighter and stay wrong",
            "a hard assignment confirms itself: the network moves a code to the center it was given",
            "better first clusters; soft assignments (DKM)",
        ),
        Pitfall(
            "from random labels nothing comes apart for long",
            "all centers begin near the mean of the codes, so every code is drawn there",
            "first clusters by k-means on the codes",
        ),
    ),
    sources=(
        Source(
            "C. Song, F. Liu, Y. Huang, L. Wang, T. Tan. Auto-encoder Based Data Clustering. CIARP 2013",
            "https://doi.org/10.1007/978-3-642-41822-8_15",
        ),
    ),
)
