"""The card of the adversarial autoencoder."""

from epochscope.cards.adversarial_path import adversarial_path
from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="aae",
    words="An autoencoder whose codes must look like draws from a chosen distribution: a discriminator learns to tell "
    "codes from such draws, and the encoder learns to deceive it. There are two ways from there to clusters. As a "
    "baseline in other papers, all codes z are pressed into one normal distribution, and clusters are searched among "
    "them afterwards. The paper's own way splits the code: y says which of k kinds the point is, z holds everything "
    "else, its style. A second discriminator knows pure choices (exactly one of k, all equally often) and calls out a "
    "y that is undecided. So y has nowhere to go but to the corners, and what distinguishes kinds of points best ends "
    "up there. The cluster of a point is then the largest entry of y.",
    formulas=(
        Formula(
            r"\begin{gathered} (y_i, z_i) = f_\theta(x_i), \qquad \hat{x}_i = g(y_i, z_i) \\ "
            r"y_{ik} \ge 0, \qquad \sum_{k} y_{ik} = 1 \end{gathered}",
            "The paper's own way: two heads, a softmax for the kind and a linear one for the style; the decoder takes "
            "both.",
        ),
        Formula(
            r"L_r = \frac{1}{n} \sum_{i} \lVert x_i - \hat{x}_i \rVert^2",
            "Phase 1 of each batch: encoder and decoder lower the reconstruction error (its scale is a matter of "
            "choice).",
        ),
        Formula(
            r"V_y = \mathbb{E}_{y' \sim \operatorname{Cat}(1/k)}\big[ \ln D_y(y') \big] "
            r"+ \mathbb{E}_{x}\big[ \ln( 1 - D_y(y) ) \big]",
            "Phase 2: the discriminator of y raises this on pure choices (true) and on the encoder's y (false).",
        ),
        Formula(
            r"V_z = \mathbb{E}_{z' \sim \mathcal{N}(0, I)}\big[ \ln D_z(z') \big] "
            r"+ \mathbb{E}_{x}\big[ \ln( 1 - D_z(z) ) \big]",
            "Phase 2: the discriminator of z raises this on normal noise (true) and on the encoder's z (false).",
        ),
        Formula(
            r"L_G = -\mathbb{E}_{x}\big[ \ln D_y(y) \big] - \mathbb{E}_{x}\big[ \ln D_z(z) \big]",
            "Phase 3: the encoder lowers this, that is, it learns to deceive both. The baseline has the part of z "
            "alone.",
        ),
        Formula(
            r"c_i = \operatorname*{arg\,max}_{k}\, y_{ik}",
            "The cluster of point i; the baseline has k-means or a mixture on z instead.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("y_i", "kind: how much point i belongs to each cluster; rows sum to 1", "n × k", "q"),
        Symbol("z_i", "style", "n × d", "z"),
        Symbol(r"f_\theta", "encoder with two heads", "a network"),
        Symbol("g", "decoder", "a network", "samples"),
        Symbol(r"\hat{x}_i", "the restored point", "n × f", "reconstructions"),
        Symbol("D_y", "discriminator of kinds", "a network"),
        Symbol("D_z", "discriminator of styles", "a network", "field"),
        Symbol("L_r", "reconstruction error", "a number", "losses"),
        Symbol("V_y", "value of the game about y", "a number", "measures"),
        Symbol("V_z", "value of the game about z", "a number", "measures"),
        Symbol("c_i", "cluster of point i", "n", "labels"),
    ),
    pitfalls=(
        Pitfall(
            "y says nothing, reconstruction is fine",
            "a wide style holds everything there is to know",
            "a small z; small weights at the start of the y head",
        ),
        Pitfall("y stays undecided", "the game has not gone on long enough", "more epochs; a larger adversarial rate"),
        Pitfall(
            "some clusters are never used",
            "a discriminator sees only whether a y is pure, not whether all kinds occur: modes are dropped",
            "larger batches; another seed; watch cluster sizes",
        ),
        Pitfall("a rare class is lost", "the prior 1/k asks for clusters of equal size", "another prior, or VaDE"),
        Pitfall(
            "the paper's errors, 9.55 % and 4.10 %, are far away",
            "they are for 16 and 30 clusters, each named after its majority: not our ACC with 10",
            "compare ACC with ACC only",
        ),
    ),
    sources=(
        Source(
            "A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow, B. Frey. Adversarial Autoencoders. 2015",
            "https://arxiv.org/abs/1511.05644",
        ),
    ),
    diagram=adversarial_path(
        "Is z from the prior?", made_from="x", by="G · encoder", made="z ~ q(z | x)", real="z ~ p(z), the prior"
    ),
)
