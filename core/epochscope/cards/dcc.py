"""The card of DCC."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dcc",
    words="DCC asks for no number of clusters. Each code gets a representative that begins at the code and stays tied "
    "to it. Points that are among each other's nearest neighbors in the data share an edge, and an edge pulls the "
    "representatives of its two points together. At first edges pull over any distance. Then their reach is halved "
    "again and again: an edge whose ends did not come together lets go, the others close. In the end representatives "
    "lie in clumps. An edge that is shorter than δ joins its two points, and what is joined is a cluster. Encoder and "
    "decoder are trained all along, so that the codes follow their representatives. How many clusters come out depends "
    "on the edges: with few edges there are many small ones, and one wrong edge can join two that are not alike.",
    formulas=(
        Formula(
            r"\begin{aligned} L = {} & \frac{1}{f} \sum_{i} \lVert x_i - \hat{x}_i \rVert^2 + \frac{1}{d} \Big[ "
            r"\sum_{i} \rho_1\big( \lVert z_i - u_i \rVert \big) \\ & + \lambda \sum_{(i, j)} w_{ij}\, \rho_2\big( "
            r"\lVert u_i - u_j \rVert \big) \Big] \end{aligned}",
            "Reconstruction, codes near their representatives, representatives of neighbors near each other.",
        ),
        Formula(
            r"\rho(\delta) = \frac{\sigma\, \delta^2}{\sigma + \delta^2}",
            r"The penalty of Geman and McClure: $\delta^2$ when short, never above its scale σ: what is far apart is "
            "let go.",
        ),
        Formula(
            r"\ell_{ij} = \Big( \frac{\sigma_2}{\sigma_2 + \lVert u_i - u_j \rVert^2} \Big)^2",
            "How strongly an edge still pulls, from 1 to 0: its width on the embedding.",
        ),
        Formula(
            r"w_{ij} = \frac{\tfrac{1}{n} \sum_{l} n_l}{\sqrt{n_i\, n_j}}, \qquad \lambda = \frac{\lVert Z \rVert_2}"
            r"{1 + \mu_{\max}(D - R)}",
            "Weights by the numbers of edges $n_i$, and λ by the largest eigenvalue of their Laplacian: neither points "
            "with many edges nor the pairs together outweigh the rest.",
        ),
        Formula(
            r"\sigma_1 \to \max(\delta_1, \tfrac{1}{2} \sigma_1), \qquad \sigma_2 \to \max(\delta_2, \tfrac{1}{2} "
            r"\sigma_2)",
            "Every M epochs; $\\delta_1$ is the spread of the codes, $\\delta_2$ half of the shortest edges.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol(r"\hat{x}_i", "what the decoder makes of its code", "n × f"),
        Symbol("z_i", "its code", "n × d"),
        Symbol("u_i", "its representative; what is shown and clustered", "n × d", "z"),
        Symbol("w_{ij}", "weight of an edge in the loss", "e"),
        Symbol(r"\ell_{ij}", "how strongly an edge still pulls", "e", "weights"),
        Symbol("n_i", "number of edges of a point", "n", "neighbors"),
        Symbol(r"\sigma_1", "scale of the penalty on codes", "a number", "measures"),
        Symbol(r"\sigma_2", "scale of the penalty on edges", "a number", "measures"),
        Symbol(r"\delta_1", "where the first scale ends", "a number"),
        Symbol(r"\delta_2", "where the second scale ends", "a number"),
        Symbol(r"\lambda", "weight of the edges", "a number"),
        Symbol("M", "epochs per scale", "a number"),
    ),
    implementations=(
        Implementation(
            "shahsohil/DCC",
            "the authors' code: 10 neighbors by the cosine on the data, mutual ones and a minimum spanning tree; 128 "
            "edges per batch; Adam with β₁ = 0.99, biases at twice the rate. The first scale begins at 2,112 at least. "
            "It stops when MORE edges change than a thousandth, four times. Its graph, not its codes, carries most of "
            "the result.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "dozens of small clusters",
            "edges within a class are few: parts of it never touch",
            "more neighbors; ACC, which allows one cluster a class, is low then, NMI less so",
        ),
        Pitfall("two classes in one cluster", "a single edge between them was never let go", "fewer neighbors"),
        Pitfall(
            "no clusters at first",
            "representatives begin at their codes, and no edge is shorter than δ",
            "wait: points in clusters of their own come together as scales fall",
        ),
        Pitfall(
            "how long does it take?",
            "each scale takes M epochs, and there are ten or more scales",
            "a smaller M; the curve of edges that still pull",
        ),
    ),
    sources=(
        Source(
            "S. A. Shah, V. Koltun. Deep Continuous Clustering. arXiv 1803.01449, 2018",
            "https://arxiv.org/abs/1803.01449",
        ),
        Source("S. A. Shah, V. Koltun. Robust Continuous Clustering. PNAS 114, 2017 (without a network)"),
    ),
)
