"""The card of GAN."""

from epochscope.cards.adversarial_path import adversarial_path
from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="gan",
    words="Two networks play against each other. The generator makes points of noise; the discriminator sees such "
    "points and points of the data and says which are which. Each learns from the mistakes of the other, and when the "
    "game ends well the generated points are spread like the data. It is the ancestor of AAE, DASC and DCAN, which "
    "let a discriminator look at codes instead. A GAN has no codes and no clusters. Here points are grouped by what "
    "the last layer of the discriminator says of them, and each generated point is counted in the nearest group. So "
    "one sees what goes wrong most often: a generator that makes points of a few groups only.",
    formulas=(
        Formula(
            r"\begin{aligned} \min_{G} \max_{D}\, V(D, G) = {} & \mathbb{E}_{x}\big[ \ln D(x) \big] \\ & + "
            r"\mathbb{E}_{e}\big[ \ln\big( 1 - D(G(e)) \big) \big] \end{aligned}",
            "The game (eq. 1): D raises V, G lowers it.",
        ),
        Formula(
            r"\begin{gathered} D^{*}(x) = \frac{p(x)}{p(x) + q(x)} \\ V(D^{*}, G) = 2\, \mathrm{JS}(p "
            r"\,\Vert\, q) - 2 \ln 2 \end{gathered}",
            "For a given generator the best D is known (prop. 1), and its value says how far generated points q are "
            "from the data p.",
        ),
        Formula(
            r"L_G = -\mathbb{E}_{e}\big[ \ln D(G(e)) \big]",
            "What G lowers by default: where D is certain, ln(1 − D) is flat.",
        ),
        Formula(
            r"h_i = D_{\text{hidden}}(x_i)",
            "What is grouped: the last hidden layer of D. This and the grouping are ours.",
        ),
    ),
    symbols=(
        Symbol("x", "a point", "n × f", "x"),
        Symbol("e", "noise from the standard normal distribution", "m × d"),
        Symbol("G(e)", "a generated point", "m × f", "samples"),
        Symbol("D(x)", "probability that x is a point of the data", "a network", "field"),
        Symbol("V", "value of the game", "a number", "measures"),
        Symbol("h_i", "features of point i", "n × w", "z"),
        Symbol("L_G", "loss of the generator", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "generated points cover a few groups only",
            "G answers the D of the moment; a group that D does not miss is left out (mode collapse)",
            "a lower rate, more steps of D; watch how many clusters are covered",
        ),
        Pitfall(
            "they run from group to group",
            "D learns where they are now, and G moves on",
            "a lower rate; β₁ of 0.5 instead of 0.9",
        ),
        Pitfall(
            "V is 0, and G does not move",
            "D is always right, and ln(1 − D) is flat there",
            "−ln D; a target below 1 for the data",
        ),
        Pitfall(
            "clusters are poor",
            "D looks for what tells data from generated points, not for what tells groups apart",
            "that is the point of the comparison with AAE and DCAN",
        ),
    ),
    sources=(
        Source(
            "I. Goodfellow, J. Pouget-Abadie, M. Mirza and others. Generative Adversarial Nets. NIPS 2014",
            "https://arxiv.org/abs/1406.2661",
        ),
        Source("A. Radford, L. Metz, S. Chintala. Unsupervised Representation Learning with DCGAN. ICLR 2016"),
    ),
    diagram=adversarial_path(
        "Is x from the data?", made_from="noise e", by="G · generator", made="x = G(e)", real="x from the data"
    ),
)
