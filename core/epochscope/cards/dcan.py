"""The card of DCAN."""

from epochscope.cards.adversarial_path import adversarial_path
from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="dcan",
    words="DCAN asks a discriminator: does this code belong to its cluster? Clusters are Gaussians fitted to the "
    "codes. Draws from them are shown to the discriminator as true, codes of the encoder as false; the encoder learns "
    "to make codes that pass for draws. So the codes gather where the clusters say they should, and the clusters are "
    "fitted anew to the codes. The point of the paper: this game lowers the Jensen-Shannon divergence between "
    "clusters and codes, for which there is no formula. The paper leaves much open, such as layers and rates; what is "
    "ours is said below.",
    formulas=(
        Formula(
            r"\begin{aligned} V(D, G) = {} & \mathbb{E}_{z \sim p(z \mid \theta^*)}\big[ \ln D(z) \big] \\ "
            r"& + \mathbb{E}_{x}\big[ \ln\big( 1 - D(G(x)) \big) \big] \end{aligned}",
            "The game: D raises V on draws (T = 1) and codes (T = 0), the encoder G lowers it.",
        ),
        Formula(
            r"\begin{gathered} V(D, G) \le 2\, \mathrm{JS}(p \,\Vert\, q) - 2 \ln 2 \\ "
            r"\text{equal at } D = \frac{p}{p + q} \end{gathered}",
            "Lemma 2: at its best the discriminator measures how far the codes q are from the clusters p.",
        ),
        Formula(
            r"\widehat{\mathrm{JS}} = \tfrac{1}{2} (V + 2 \ln 2)",
            "So V can be read: JS is 0 where D cannot tell (V = −1.386), ln 2 where it always can (V = 0).",
        ),
        Formula(
            r"z^{+}_i = \mu_{k^*(i)} + \tau\, \sigma_{k^*(i)} \odot \varepsilon, \quad\; "
            r"k^*(i) = \operatorname*{arg\,max}_{k}\, r_{ik}",
            r"A draw from the cluster that point i is assigned to now; $\theta^*$: its center and width. τ is ours.",
        ),
        Formula(
            r"r_{ik} = \frac{\pi_k\, \mathcal{N}(z_i;\, \mu_k, \operatorname{diag} \sigma_k^2)}"
            r"{\sum_{l} \pi_l\, \mathcal{N}(z_i;\, \mu_l, \operatorname{diag} \sigma_l^2)}, \qquad z_i = G(x_i)",
            "Responsibilities of the mixture; the largest is the cluster. Fitted anew each epoch.",
        ),
        Formula(
            r"L_G = -\mathbb{E}_{x}\big[ \ln D(G(x)) \big] + \lambda\, L_r",
            "What the encoder lowers here: the form that does not fade when D wins early, and a share of "
            "reconstruction (ours; the paper does not say whether a decoder stays).",
        ),
    ),
    symbols=(
        Symbol("x", "a point", "n × f", "x"),
        Symbol("G(x)", "encoder: the code of a point, T = 0", "n × d", "z"),
        Symbol("D(z)", "discriminator: the probability that z is a draw", "a network", "field"),
        Symbol("z^{+}_i", "a draw from the cluster of point i, T = 1", "n × d", "field"),
        Symbol(r"\mu_k", "center of cluster k", "k × d", "centers"),
        Symbol(r"\sigma_k", "standard deviation of cluster k in each direction", "k × d", "spread"),
        Symbol(r"\pi_k", "mixing weight of cluster k", "k", "mixing"),
        Symbol(r"\tau", "width of the draws, in widths of the cluster", "a number"),
        Symbol("r_{ik}", "responsibility of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol("V", "value of the game; the paper prints its two steps without signs", "a number", "measures"),
        Symbol(
            r"\widehat{\mathrm{JS}}",
            "estimated divergence of codes from clusters, 0 to 0.693",
            "a number",
            "measures",
        ),
        Symbol(r"\varepsilon", "a draw from the standard normal distribution", "n × d"),
        Symbol(r"\lambda", "weight of reconstruction", "a number"),
        Symbol("L_r", "reconstruction error", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "codes mix although the game is even",
            "D(z) sees the mixture as a whole: it cannot ask for a point's OWN cluster",
            "a discriminator that also sees the cluster: of z minus its center, or of z and the cluster's number",
        ),
        Pitfall(
            "everything runs into one cluster",
            "clusters are fitted to codes that have moved toward them: a loop that confirms itself",
            "keep reconstruction; hold the clusters still for some epochs; watch cluster sizes",
        ),
        Pitfall(
            "the encoder stops learning",
            "D is always right and ln(1 − D) is flat there",
            "−ln D instead; noise on the codes; fewer steps of D",
        ),
        Pitfall("when to stop?", "the loss of a game does not fall", "when the estimated JS stays level"),
    ),
    sources=(
        Source(
            "K.-L. Lim. Deep clustering using adversarial net based clustering loss. arXiv 2412.08933, 2024",
            "https://arxiv.org/abs/2412.08933",
        ),
        Source("I. Goodfellow et al. Generative Adversarial Nets. NIPS 2014 (the game and its bound)"),
    ),
    diagram=adversarial_path(
        "Does z belong to the assigned cluster?",
        made_from="x",
        by="G · encoder",
        made="z = G(x)",
        real="z ~ p(z | θ*), its cluster",
    ),
)
