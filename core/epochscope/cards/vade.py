"""The card of VaDE."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="vade",
    words="VaDE describes how points are generated: choose a cluster, draw a code from its Gaussian, decode it. "
    "Training turns this round. The encoder says for each point where its code lies and how sure that is; the cluster "
    "follows from the code by Bayes' rule, without a network of its own. What is lowered is a bound on how unlikely "
    "the data are: it asks for a good reconstruction, for codes that fit the Gaussians, and for Gaussians that fit "
    "the codes. Each cluster keeps its own weight and width, so clusters may differ in size, and new points can be "
    "drawn from them.",
    formulas=(
        Formula(
            r"\begin{gathered} p(c) = \operatorname{Cat}(\pi), \qquad p(z \mid c) = \mathcal{N}(\mu_c, "
            r"\operatorname{diag} \sigma_c^2) \\ p(x \mid z) = \text{decoder} \end{gathered}",
            "The story: cluster, then code, then point. Pixels are Bernoulli, real values Gaussian.",
        ),
        Formula(
            r"\begin{gathered} q(z \mid x_i) = \mathcal{N}(m_i, \operatorname{diag} s_i^2) \\ "
            r"[m_i, \ln s_i^2] = f_\theta(x_i), \qquad z_i = m_i + s_i \odot \varepsilon \end{gathered}",
            "The encoder: a normal distribution over codes for each point, and one draw from it.",
        ),
        Formula(
            r"\gamma_{ik} = \frac{\pi_k\, \mathcal{N}(z_i;\, \mu_k, \operatorname{diag} \sigma_k^2)}"
            r"{\sum_{l} \pi_l\, \mathcal{N}(z_i;\, \mu_l, \operatorname{diag} \sigma_l^2)}",
            r"The cluster, $q(c = k \mid x_i)$, by Bayes' rule (eq. 16); computed with logarithms.",
        ),
        Formula(
            r"\begin{aligned} & L_i = \alpha\, R(x_i, \hat{x}_i) \\[0.5em] "
            r"& + \tfrac{1}{2} \sum_{k} \gamma_{ik} \sum_{d} "
            r"\Big[ \ln \sigma_{kd}^2 + \frac{s_{id}^2 + (m_{id} - \mu_{kd})^2}{\sigma_{kd}^2} \Big] \\[0.5em] "
            r"& - \sum_{k} \gamma_{ik} \ln \pi_k + \sum_{k} \gamma_{ik} \ln \gamma_{ik} \\[0.5em] "
            r"& - \tfrac{1}{2} \sum_{d} (1 + \ln s_{id}^2) \end{aligned}",
            "The negative bound of one point. In order: reconstruction, code given cluster, cluster prior, entropy of "
            "γ, entropy of the code. The gradient flows through γ.",
        ),
        Formula(
            r"\begin{aligned} R(x, \hat{x}) & = -\sum_{l} \big[ x_l \ln \hat{x}_l "
            r"+ (1 - x_l) \ln (1 - \hat{x}_l) \big] \\ "
            r"\text{or} & = \tfrac{1}{2} \sum_{l} (x_l - \hat{x}_l)^2 \end{aligned}",
            "Reconstruction, summed over features: for values from 0 to 1, or for any (in the authors' code without "
            "the 1/2).",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point", "n × f", "x"),
        Symbol(r"\hat{x}_i", "what the decoder makes of the drawn code", "n × f", "reconstructions"),
        Symbol("m_i", "mean of the code: what is drawn and scored here", "n × d", "z"),
        Symbol("s_i", "standard deviation of the code", "n × d"),
        Symbol(r"\varepsilon", "a draw from the standard normal distribution", "n × d"),
        Symbol(r"\pi", "mixing weights; they sum to 1", "k", "mixing"),
        Symbol(r"\mu_k", "center of cluster k", "k × d", "centers"),
        Symbol(r"\sigma_k", "standard deviation of cluster k in each direction of the code", "k × d", "spread"),
        Symbol(r"\gamma_{ik}", "responsibility of cluster k for point i; rows sum to 1", "n × k", "q"),
        Symbol(r"\alpha", "weight of reconstruction: 1, on UCI HAR 5", "a number"),
        Symbol("L_i", "negative bound of point i, averaged over points", "a number", "losses"),
        Symbol("f_\\theta", "encoder, with one head for $m$ and one for $\\ln s^2$", "a network"),
    ),
    implementations=(
        Implementation(
            "slim1017/VaDE",
            "the authors' code: $\\ln \\pi_k$ stands inside the sum over the d directions, so γ uses $\\pi_k$ to the "
            "power 10; π and σ² are raw numbers that may cross 0; 1e-10 is added to densities, which makes γ silently "
            "uniform when all underflow; γ is scored at a random code. Batches of exactly 100, which is probably why "
            "UCI HAR is cut to 10,200 rows. There the run starts over when ACC is below 0.77 after the first epoch: "
            "it looks at labels.",
        ),
        Implementation(
            "GuHongyang/VaDE-pytorch",
            "copies the mean's weights into the variance head, draws other noise for γ than for the reconstruction, "
            "and predicts from a noisy code.",
        ),
        Implementation(
            "collinleiber/ClustPy",
            "takes a softmax of the weights of the fitted mixture, so π starts elsewhere; its density lacks a factor "
            "1/2; labels come from a mixture fitted once more; the balance of the terms depends on the batch size.",
        ),
        Implementation("mori97/VaDE", "its issue 5: the density has a wrong normalizer in 2πσ."),
        Implementation(
            "eelxpeng/UnsupervisedDeepLearning-Pytorch",
            "counts $\\ln \\pi_k$ once and says that the released loss does not.",
        ),
        Implementation(
            "king/s3vdc",
            "a repair: first almost without the latent loss (weight 5e-4), then the mixture, then the weight rises in "
            "periods. It rescales log densities within the batch, so γ depends on the other points there.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "everything in one cluster (ACC 0.1125 on MNIST)",
            "no pretraining, or none that counts: the latent terms win before there is anything to cluster",
            "pretrain the autoencoder; start from a mixture fitted to its codes",
        ),
        Pitfall(
            "NaN after a while",
            "a mixing weight or a variance has crossed 0, or exp of a log variance overflows",
            "π as a softmax, log variances within bounds, clipped gradients",
        ),
        Pitfall(
            "γ is the same for all clusters, nothing is learned",
            "all densities underflow and a small constant is all that is left",
            "logarithms and logsumexp; look at the scale of the mixture's start",
        ),
        Pitfall("ACC jumps from epoch to epoch", "labels come from a random code", "score the mean m"),
        Pitfall(
            "the paper's numbers do not come back",
            "they start from released weights whose training was never published",
            "several seeds with pretraining of your own, and a range",
        ),
    ),
    sources=(
        Source(
            "Z. Jiang, Y. Zheng, H. Tan, B. Tang, H. Zhou. Variational Deep Embedding: An Unsupervised and Generative "
            "Approach to Clustering. IJCAI 2017",
            "https://arxiv.org/abs/1611.05148",
        ),
        Source(
            "L. Cao et al. Simple, Scalable, and Stable Variational Deep Clustering (S3VDC). 2020",
            "https://arxiv.org/abs/2005.08047",
        ),
        Source("The authors' code: slim1017/VaDE", "https://github.com/slim1017/VaDE"),
    ),
)
