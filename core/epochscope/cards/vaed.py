"""The card of VAED."""

from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="vaed",
    words="VAED is the loss from which DCAN sets out. A variational autoencoder gives each point a cloud of codes; the "
    "cluster of the point is a Gaussian; the divergence from the one to the other is added to the loss. So clouds move "
    "onto their cluster and take its width. Lemma 1 of the DCAN paper replaces KL by JS, which is symmetric and ends "
    "at ln 2; but the middle of the two is a mixture, so there is no formula for JS. The paper then lets a "
    "discriminator find it (DCAN); here it can also be had from draws, which shows what the lemma asks for without "
    "any game. Both divergences are shown at every epoch, whichever is trained.",
    formulas=(
        Formula(
            r"L_{\text{VAED}} = L_{\text{VAE}} - \lambda_3\, \mathrm{KL}\big( p(z \mid \theta) \,\Vert\, q(z \mid x) "
            r"\big)",
            "What is raised: the bound of a variational autoencoder, less the divergence from the cluster.",
        ),
        Formula(
            r"\mathrm{KL}(p \,\Vert\, q) = \tfrac{1}{2} \sum_{d} \Big[ \frac{\sigma_d^2 + (\mu_d - m_d)^2}{s_d^2} - 1 "
            r"- \ln \frac{\sigma_d^2}{s_d^2} \Big]",
            r"In closed form, for $p = \mathcal{N}(\mu, \operatorname{diag} \sigma^2)$ of the point's own cluster and "
            r"$q = \mathcal{N}(m, \operatorname{diag} s^2)$. A narrow q pays for every part of p that it misses.",
        ),
        Formula(
            r"\mathrm{JS}(p, q) = \tfrac{1}{2} \mathrm{KL}\big( p \,\Vert\, \tfrac{p + q}{2} \big) + \tfrac{1}{2} "
            r"\mathrm{KL}\big( q \,\Vert\, \tfrac{p + q}{2} \big) \le \ln 2",
            "Lemma 1: the same with JS. It stays level once p and q do not meet any more: its gradient vanishes there.",
        ),
        Formula(
            r"\begin{gathered} \widehat{\mathrm{JS}} = \frac{1}{2 T} \sum_{t} \Big[ \ln \frac{2\, "
            r"p(u_t)}{p(u_t) + q(u_t)} + \ln \frac{2\, q(v_t)}{p(v_t) + q(v_t)} \Big] \\ u_t \sim p, "
            r"\quad v_t \sim q \end{gathered}",
            "The estimate from T draws of each, here the draws through which the gradient flows.",
        ),
    ),
    symbols=(
        Symbol("x", "a point", "n × f", "x"),
        Symbol(r"q(z \mid x)", "the cloud of codes of a point", "n × d", "z"),
        Symbol("m_d", "its middle", "n × d", "z"),
        Symbol("s_d", "its deviation", "n × d", "measures"),
        Symbol(r"p(z \mid \theta)", "the Gaussian of the point's own cluster", "k × d", "spread"),
        Symbol(r"\mu_d", "center of that cluster", "k × d", "centers"),
        Symbol(r"\sigma_d", "standard deviation of that cluster", "k × d", "spread"),
        Symbol(r"\lambda_3", "weight of clustering", "a number"),
        Symbol("T", "draws for JS", "a number"),
        Symbol(r"\mathrm{JS}", "divergence by the lemma, 0 to 0.693", "a number", "measures"),
        Symbol(r"L_{\text{VAE}}", "bound of the variational autoencoder", "a number", "losses"),
    ),
    pitfalls=(
        Pitfall(
            "clouds grow as wide as clusters and reconstruction suffers",
            "KL(p || q) wants q wherever p is: each single code is to cover the whole cluster",
            "a smaller λ₃; JS instead",
        ),
        Pitfall(
            "JS stands still near ln 2",
            "cloud and cluster do not overlap: JS is flat there, as for the saturating loss of a discriminator",
            "begin with KL and change to JS while it runs; wider clusters",
        ),
        Pitfall(
            "everything runs into one cluster",
            "clusters are fitted to codes that have moved toward them: a loop that confirms itself",
            "fewer EM steps; watch cluster sizes",
        ),
    ),
    sources=(
        Source(
            "K.-L. Lim. Deep clustering using adversarial net based clustering loss. arXiv 2412.08933, 2024",
            "https://arxiv.org/abs/2412.08933",
        ),
    ),
)
