"""The card of k-means."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="kmeans",
    words="k-means looks for $k$ centers such that the points lie close to the center nearest to them. It repeats two "
    "steps, and neither can make the sum of squared distances larger: give each point to its nearest center, then "
    "move each center to the mean of its points. It ends when no point changes hands. Where it ends depends on where "
    "it starts, so it is run from many starts and the tightest result is kept. It draws straight borders halfway "
    "between centers: round clusters of similar size suit it, anything else does not.",
    formulas=(
        Formula(
            r"L = \sum_{i} \min_{j} \lVert x_i - \mu_j \rVert^2",
            "What is lowered, the *inertia*: the squared distance from each point to its nearest center, summed.",
        ),
        Formula(
            r"c_i = \operatorname*{arg\,min}_{j} \lVert x_i - \mu_j \rVert^2",
            "First half of an iteration: each point goes to its nearest center.",
        ),
        Formula(
            r"\mu_j = \frac{1}{|C_j|} \sum_{i \in C_j} x_i, \qquad C_j = \{\, i : c_i = j \,\}",
            "Second half: each center moves to the mean of its points.",
        ),
        Formula(
            r"\Pr(\text{next start} = x_i) = \frac{D_i^2}{\sum_{l} D_l^2}",
            "k-means++: a start is drawn the more readily, the farther a point lies from the starts drawn so far.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point: the data as they are", "n × f", "z"),
        Symbol(r"\mu_j", "center of cluster j", "k × f", "centers"),
        Symbol("c_i", "cluster of point i", "n", "labels"),
        Symbol("C_j", "the points of cluster j", "a set"),
        Symbol("L", "inertia", "a number", "losses"),
        Symbol("D_i", "distance from point i to the nearest start drawn so far", "n"),
    ),
    implementations=(
        Implementation(
            "scikit-learn/scikit-learn",
            "draws a few candidates for each k-means++ start and keeps the best one; we take its starts, so this "
            "holds here, too. An empty cluster moves to the point farthest from its center, there and here.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "another result with each seed",
            "every start leads to a local minimum",
            "more restarts; show several seeds instead of one number",
        ),
        Pitfall(
            "one feature decides everything",
            "squared distances add up features in whatever units they come",
            "scale the data first; see the scaling on the Data page",
        ),
        Pitfall(
            "two elongated or nested groups are cut in half",
            "a border between two centers is always straight and halfway",
            "a mixture with variances of its own for each cluster, or a method that learns a code first",
        ),
    ),
    sources=(
        Source("S. Lloyd. Least squares quantization in PCM. IEEE Transactions on Information Theory 28(2), 1982"),
        Source("D. Arthur, S. Vassilvitskii. k-means++: the advantages of careful seeding. SODA 2007"),
    ),
)
