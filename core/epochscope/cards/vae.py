"""The card of the plain variational autoencoder."""

from epochscope.cards.base import Card, Formula, Pitfall, Source, Symbol

CARD = Card(
    key="vae",
    words="A variational autoencoder describes each point by a small cloud of codes instead of one code, and keeps all "
    "clouds together close to one normal distribution, so that a draw from it decodes to something like a point. It "
    "knows no clusters: the prior is one round heap, and the cheapest way to be close to it is to leave no gaps "
    "between groups. k-means on the middle of the clouds then shows what is left of them. VaDE puts a mixture in "
    "place of the heap, VAED adds the divergence from a cluster, AAE and DCAN compare with draws instead.",
    formulas=(
        Formula(
            r"q(z \mid x_i) = \mathcal{N}\big( m_i,\, \operatorname{diag} s_i^2 \big), \qquad "
            r"[m_i, \ln s_i^2] = f(x_i)",
            "The encoder gives each point a cloud of codes.",
        ),
        Formula(
            r"z_i = m_i + s_i \odot \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I)",
            "A draw from it, through which a gradient flows to m and s.",
        ),
        Formula(
            r"\begin{aligned} L(x_i) = {} & \mathbb{E}_{q} \big[ \ln p(x_i \mid z_i) \big] \\ & - "
            r"\mathrm{KL}\big( q(z \mid x_i) \,\Vert\, \mathcal{N}(0, I) \big) \le \ln p(x_i) "
            r"\end{aligned}",
            "What is raised (eq. 10): points must be restored, and clouds must look like the prior.",
        ),
        Formula(
            r"\mathrm{KL} = \tfrac{1}{2} \sum_{d} \big( m_{id}^2 + s_{id}^2 - \ln s_{id}^2 - 1 \big)",
            "The second term has a closed form (appendix B).",
        ),
        Formula(
            r"\sum_{i} \min_{j} \lVert m_i - \mu_j \rVert^2",
            "Afterwards: k-means on the means.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol("f", "encoder", "a network"),
        Symbol("m_i", "middle of the cloud: what is clustered", "n × d", "z"),
        Symbol("s_i", "deviation of the cloud in each dimension; 1 where it is the prior", "n × d", "measures"),
        Symbol(r"\varepsilon", "a draw from the standard normal distribution", "n × d"),
        Symbol(r"p(x_i \mid z_i)", "likelihood of the point under the decoded code", "a network", "reconstructions"),
        Symbol(r"\mathrm{KL}", "divergence from the prior", "a number", "losses"),
        Symbol(r"\mu_j", "center of cluster j among the means", "k × d", "centers"),
    ),
    pitfalls=(
        Pitfall(
            "the code is the same for all points (posterior collapse)",
            "a decoder that does well without the code, or a prior that weighs too much: m → 0, s → 1",
            "watch the dimensions in use; a larger weight of reconstruction, a smaller network",
        ),
        Pitfall(
            "clusters touch",
            "the prior is one heap and leaves no gaps",
            "a mixture as prior (VaDE), or less weight on the prior",
        ),
        Pitfall(
            "some dimensions are noise",
            "those that cost more than they restore become the prior itself: m = 0 for all points",
            "no harm to k-means; they say how large the code needs to be",
        ),
    ),
    sources=(
        Source("D. Kingma, M. Welling. Auto-Encoding Variational Bayes. ICLR 2014", "https://arxiv.org/abs/1312.6114"),
        Source(
            "Y. Burda, R. Grosse, R. Salakhutdinov. Importance Weighted Autoencoders. ICLR 2016 (dimensions in use)"
        ),
    ),
)
