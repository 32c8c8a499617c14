"""The card of IDEC."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="idec",
    words="IDEC is DEC with its decoder kept. Each step lowers two things at once: how badly points are restored from "
    "their codes, and how far Q is from its sharpened target P. The first holds neighborhoods together, the second "
    "draws clusters apart; γ says which one counts more. With γ = 0 it goes on training the autoencoder and the "
    "centers do not move at all; with a large γ it behaves like DEC and can distort the codes.",
    formulas=(
        Formula(r"L = L_r + \gamma L_c", "What is lowered (eq. 1). γ multiplies the CLUSTERING term."),
        Formula(
            r"L_r = \frac{1}{n f} \sum_{i} \lVert x_i - g(f_\theta(x_i)) \rVert^2",
            "Reconstruction of the whole, unmasked points (eq. 6), as a mean over points and features.",
        ),
        Formula(
            r"L_c = \frac{1}{n} \sum_{i} \sum_{j} p_{ij} \ln \frac{p_{ij}}{q_{ij}}",
            "Clustering, as in DEC (eq. 2): sum over clusters, mean over points, P held constant.",
        ),
        Formula(
            r"q_{ij} = \frac{(1 + d_{ij}/\nu)^{-\frac{\nu+1}{2}}}{\sum_{l} (1 + d_{il}/\nu)^{-\frac{\nu+1}{2}}}, "
            r"\qquad d_{ij} = \lVert z_i - \mu_j \rVert^2",
            "Soft assignment (eq. 3), with $z_i = f_\\theta(x_i)$.",
        ),
        Formula(
            r"p_{ij} = \frac{q_{ij}^2 / f_j}{\sum_{l} q_{il}^2 / f_l}, \qquad f_j = \sum_{i} q_{ij}",
            "Target (eq. 4), from all points, anew every T steps.",
        ),
        Formula(
            r"\frac{\partial L}{\partial \mu_j} = -\frac{\gamma}{n}\, \frac{\nu+1}{\nu} \sum_{i} "
            r"\frac{(p_{ij} - q_{ij})(z_i - \mu_j)}{1 + d_{ij}/\nu}",
            "The centers feel the clustering term alone, the decoder the reconstruction alone, the encoder both.",
        ),
    ),
    symbols=(
        Symbol("x_i", "a point, in units in which the data have mean square 1", "n × f", "x"),
        Symbol(r"f_\theta", "encoder", "a network"),
        Symbol("g", "decoder", "a network", "decoded_centers"),
        Symbol("z_i", "code of point i", "n × d", "z"),
        Symbol(r"\mu_j", "center of cluster j; trained like a weight", "k × d", "centers"),
        Symbol("d_{ij}", "SQUARED distance from code to center", "n × k"),
        Symbol("q_{ij}", "how much point i belongs to cluster j; rows sum to 1", "n × k", "q"),
        Symbol("p_{ij}", "target of q; rows sum to 1", "n × k", "p"),
        Symbol("f_j", "soft size of cluster j", "k"),
        Symbol(r"\gamma", "weight of clustering beside reconstruction", "a number"),
        Symbol(r"\nu", "degrees of freedom of the kernel", "a number"),
        Symbol("L_r", "reconstruction error", "a number", "losses"),
        Symbol("L_c", "divergence of Q from P", "a number", "losses"),
    ),
    implementations=(
        Implementation(
            "XifengGuo/IDEC",
            "the authors' code: P every 140 steps on MNIST, 30 on USPS, 3 on Reuters-10k (why is not said); Adam for "
            "MNIST, SGD 0.1 with momentum 0.99 for the others; ends after 20,000 steps. Pretrained weights come from "
            "elsewhere.",
        ),
        Implementation(
            "dawnranger/IDEC-pytorch",
            "its issue 2: the cluster layer was not given to the optimizer, so the centers never moved. Issue 3: ACC "
            "falls first and may end below its start.",
        ),
        Implementation(
            "zhoushengisnoob/OpenDeepClustering",
            "its issue 4: γ stood on the reconstruction instead of on the clustering term.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "another γ than in the paper is needed",
            "a weight means nothing without the scale of both losses: γ = 0.1 beside a mean over 784 features is 78.4 "
            "beside a sum",
            "keep L_r a mean over features; look at the curves of L_r and of γ L_c",
        ),
        Pitfall(
            "ACC falls at first",
            "the new target pulls before the decoder has adapted",
            "wait; a smaller γ; renew P less often",
        ),
        Pitfall(
            "nothing happens to the clusters", "γ too small, or centers left out of the optimizer", "raise γ live ⚡"
        ),
        Pitfall("codes are torn apart", "γ too large: DEC's distortion", "lower γ live ⚡"),
    ),
    sources=(
        Source(
            "X. Guo, L. Gao, X. Liu, J. Yin. Improved Deep Embedded Clustering with Local Structure Preservation. "
            "IJCAI 2017"
        ),
        Source("The authors' code: XifengGuo/IDEC", "https://github.com/XifengGuo/IDEC"),
    ),
)
