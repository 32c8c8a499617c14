"""The card of DASC."""

from epochscope.cards.adversarial_path import adversarial_path
from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dasc",
    words="Pictures of one face under changing light lie near a flat subspace: each can be written as a combination "
    "of the others. DSC-Net looks for such combinations among codes: a matrix C of n × n weights restores each code "
    "from other codes, and a strong weight says that two points belong together. Clusters come from a spectral "
    "clustering of |C|. DASC adds a critic that inspects them: it looks at codes of one cluster (true) and at random "
    "combinations of them (false), which still lie in the subspace if there is one. The encoder learns to make "
    "clusters that withstand it.",
    formulas=(
        Formula(
            r"\begin{aligned} L_{\text{DSC}} = {} & \tfrac{1}{2} \lVert X - \hat{X} \rVert_F^2 + \lambda_1 \lVert C "
            r"\rVert_F^2 \\ & + \tfrac{\lambda_2}{2} \lVert C Z - Z \rVert_F^2, \qquad \hat{X} = g(C Z) \end{aligned}",
            "Self-expression: each code from the others, with small weights; the decoder sees the expressed codes.",
        ),
        Formula(
            r"A = \tfrac{1}{2} \big( |C| + |C|^{\top} \big)",
            "Affinity of points, after small weights are cut off (the authors also fit a low rank to each); its "
            "spectral clustering gives the labels.",
        ),
        Formula(
            r"\bar{z} = \sum_{i \in \mathcal{C}_k} a_i\, z_i, \qquad a_i \ge 0, \qquad \sum_{i} a_i = 1",
            "A false code: a random mixture of the codes of one cluster.",
        ),
        Formula(
            r"S = \frac{1}{m} \sum D(z) - \frac{1}{m} \sum D(\bar{z})",
            "The critic's score: how well D tells codes from mixtures. D raises it, the encoder lowers it.",
        ),
        Formula(r"L = L_{\text{DSC}} + \lambda_3\, S", "What encoder, decoder and C lower together."),
        Formula(
            r"E_k(z) = \lVert z - U_k U_k^{\top} z \rVert^2",
            "As we remember the paper (not checked against a copy), its critic holds a basis $U_k$ of each subspace "
            "and takes this distance, low for true codes.",
        ),
    ),
    symbols=(
        Symbol("X", "all points", "n × f", "x"),
        Symbol(r"\hat{X}", "what the decoder makes of the expressed codes", "n × f", "reconstructions"),
        Symbol("Z", "codes of all points", "n × d", "z"),
        Symbol("C", "self-expression: row i restores code i", "n × n", "affinity"),
        Symbol("A", "affinity of points", "n × n", "affinity"),
        Symbol("g", "decoder", "a network"),
        Symbol(r"\mathcal{C}_k", "the points of cluster k", "a set", "labels"),
        Symbol(r"\bar{z}", "a random mixture of codes of one cluster", "m × d"),
        Symbol("D", "critic", "a network"),
        Symbol("S", "the critic's score", "a number", "measures"),
        Symbol(r"\lambda_1", "weight of small C", "a number"),
        Symbol(r"\lambda_2", "weight of self-expression", "a number"),
        Symbol(r"\lambda_3", "weight of the critic", "a number"),
        Symbol("U_k", "basis of the subspace of cluster k", "d × r"),
    ),
    implementations=(
        Implementation(
            "panji1990/Deep-subspace-clustering-networks",
            "DSC-Net by its authors: all losses are sums, all points at once (Adam 1e-3, 700 steps after pretraining "
            "on ORL, λ₁ = 1, λ₂ = 0.2). Nothing forbids a point to express itself. The rank of the low-rank fit, the "
            "cut-off and a power are set for each data set.",
        ),
        Implementation(
            "hyqneuron/dsc_gan",
            "an approximation of DASC: a critic without sigmoid whose weights are clipped to ±0.02, Adam 2e-4, λ₃ = "
            "1; it begins after 1,000 epochs, and labels are renewed every 50.",
        ),
    ),
    pitfalls=(
        Pitfall("out of memory", "C has n × n entries and every step takes all points", "some 1,000 to 2,000 points"),
        Pitfall(
            "C turns into the identity",
            "each point restores itself: nothing forbids it",
            "a zero diagonal, or a larger λ₁",
        ),
        Pitfall(
            "spectral clustering finds noise",
            "|C| still holds many small weights",
            "keep the largest of each column only; look at the affinity, ordered by cluster",
        ),
        Pitfall(
            "results on digits are poor",
            "the model is one of subspaces (faces, motions), not of blobs",
            "compare with DEC; that is what the data are for",
        ),
    ),
    sources=(
        Source("P. Zhou, Y. Hou, J. Feng. Deep Adversarial Subspace Clustering. CVPR 2018, pp. 1596-1604"),
        Source("P. Ji, T. Zhang, H. Li, M. Salzmann, I. Reid. Deep Subspace Clustering Networks. NIPS 2017"),
    ),
    diagram=adversarial_path(
        "Does z fall along the subspace of its cluster?",
        made_from="codes z of one cluster",
        by="random mixture",
        made="z̄ = Σ a z",
        real="codes z of that cluster",
    ),
)
