"""The card of DCN."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dcn",
    words="DCN makes the codes of an autoencoder friendly to k-means: points must be restored from their codes, and "
    "codes must lie near the center of their cluster. The assignment is hard, a 1 in one place, so no gradient can "
    "flow through it; instead network, assignments and centers take turns within each batch. First the network moves "
    "the codes toward their centers, then each point of the batch looks for the nearest center, then each center is "
    "moved by its points. How far a point moves its center falls with the number of points the center has seen, as in "
    "k-means on a stream of data: each center has a learning rate of its own, 1 / c.",
    formulas=(
        Formula(
            r"\begin{gathered} \min \; \sum_{i} \Big[ \lVert g(f(x_i)) - x_i \rVert^2 + "
            r"\frac{\lambda}{2} \lVert f(x_i) - M s_i \rVert^2 \Big] \\ s_{ik} \in \{0, 1\}, \quad "
            r"\sum_{k} s_{ik} = 1 \end{gathered}",
            "What is lowered: the reconstruction error, and the distance from each code to its center.",
        ),
        Formula(
            r"\begin{gathered} (f, g) \leftarrow (f, g) - \eta\, \nabla \ell_i \\ \ell_i = \lVert "
            r"g(f(x_i)) - x_i \rVert^2 + \frac{\lambda}{2} \lVert f(x_i) - M s_i \rVert^2 "
            r"\end{gathered}",
            "The network's turn (eq. 5): a gradient step with centers and assignments held still.",
        ),
        Formula(
            r"s_{ik} = 1 \;\text{ for }\; k = \operatorname*{arg\,min}_{l}\, \lVert f(x_i) - m_l \rVert",
            "The assignments' turn (eq. 7): the nearest center.",
        ),
        Formula(
            r"c_k \leftarrow c_k + s_{ik}, \qquad m_k \leftarrow m_k - \frac{s_{ik}}{c_k} (m_k - f(x_i))",
            "The centers' turn (eq. 8): a point moves its center by 1 / c, c being the points that center has seen.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("f", "encoder; its code is what is clustered", "a network", "z"),
        Symbol("g", "decoder", "a network", "reconstructions"),
        Symbol("M", "the centers side by side", "d × k", "centers"),
        Symbol("m_k", "center of cluster k", "d", "decoded_centers"),
        Symbol("s_i", "the cluster of point i: a 1 in one place", "n × k", "labels"),
        Symbol("c_k", "number of points that center k has seen", "k", "measures"),
        Symbol(r"\lambda", "weight of clustering beside reconstruction", "a number"),
        Symbol(r"\eta", "learning rate of the network", "a number"),
    ),
    implementations=(
        Implementation(
            "boyangumn/DCN",
            "the authors' code: λ stands on the reconstruction (0.05 on raw MNIST), which is a cross-entropy; counts "
            "start at 100 and are never reset; layers are pretrained one by one and not together afterwards.",
        ),
        Implementation(
            "collinleiber/ClustPy",
            "keeps the half before λ and the counts from 100, takes the mean over features for the reconstruction, "
            "and hands out labels of one more k-means on the final codes.",
        ),
        Implementation("xuyxu/Deep-Clustering-Network", "reports an NMI of about 0.65 on MNIST as its best."),
    ),
    pitfalls=(
        Pitfall(
            "the codes shrink and clustering costs nothing",
            "all distances get smaller if all codes do, and the decoder can undo any scale",
            "watch the norm of the codes; a smaller λ",
        ),
        Pitfall(
            "centers stand still while the codes move on",
            "after many epochs c is large, and 1 / c small: a center becomes the mean of all codes it ever had",
            "look at the step of the centers; find clusters anew now and then (resets)",
        ),
        Pitfall(
            "a cluster loses all its points",
            "its center stays where it is, and nothing brings a point back",
            "a better start; the authors' later code draws a new center",
        ),
    ),
    sources=(
        Source(
            "B. Yang, X. Fu, N. Sidiropoulos, M. Hong. Towards K-means-friendly Spaces. ICML 2017",
            "https://arxiv.org/abs/1610.04794",
        ),
        Source("The authors' code: boyangumn/DCN", "https://github.com/boyangumn/DCN"),
    ),
)
