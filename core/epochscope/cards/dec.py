"""The card of DEC."""

from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

CARD = Card(
    key="dec",
    words="DEC starts from the codes of an autoencoder and from k-means centers. Each point belongs to each cluster "
    "to some degree, $q_{ij}$, by its distance to the center. From these degrees DEC makes its own target $p_{ij}$: "
    "squared, so that certain points become more certain, and divided by the size of the cluster, so that large "
    "clusters do not swallow the small. Encoder and centers then move until Q agrees with P; P is made anew from the "
    "better Q, and so on. The method learns from its own confident guesses, so it can only be as good as the codes it "
    "starts from. The decoder is discarded, and nothing prevents the codes from being distorted.",
    formulas=(
        Formula(
            r"q_{ij} = \frac{(1 + d_{ij}/\nu)^{-\frac{\nu+1}{2}}}{\sum_{l} (1 + d_{il}/\nu)^{-\frac{\nu+1}{2}}}, "
            r"\qquad d_{ij} = \lVert z_i - \mu_j \rVert^2",
            "Soft assignment (eq. 1): a Student-t kernel of the distance, made to sum to 1 over the clusters.",
        ),
        Formula(
            r"p_{ij} = \frac{q_{ij}^2 / f_j}{\sum_{l} q_{il}^2 / f_l}, \qquad f_j = \sum_{i} q_{ij}",
            "Target (eq. 3): Q squared, over the soft size of the cluster. $f_j$ sums over ALL points, not over a "
            "batch.",
        ),
        Formula(
            r"L = \mathrm{KL}(P \,\Vert\, Q) = \sum_{i} \sum_{j} p_{ij} \ln \frac{p_{ij}}{q_{ij}}",
            "Loss (eq. 2), with P held constant between two renewals. Here the sum over points is a mean.",
        ),
        Formula(
            r"\frac{\partial L}{\partial z_i} = \frac{\nu+1}{\nu} \sum_{j} "
            r"\frac{(p_{ij} - q_{ij})(z_i - \mu_j)}{1 + d_{ij}/\nu}",
            "Its gradient for a code (eq. 4): where p > q, a step downhill moves the code toward the center.",
        ),
        Formula(
            r"\frac{\partial L}{\partial \mu_j} = -\frac{\nu+1}{\nu} \sum_{i} "
            r"\frac{(p_{ij} - q_{ij})(z_i - \mu_j)}{1 + d_{ij}/\nu}",
            "Its gradient for a center (eq. 5): the same pulls, the other way round, summed over the points.",
        ),
        Formula(
            r"\begin{gathered} c_i = \operatorname*{arg\,max}_{j}\, q_{ij} \\ \frac{1}{n}\, "
            r"\#\{\, i : c_i^{\text{now}} \neq c_i^{\text{before}} \,\} < \delta \end{gathered}",
            "It ends when fewer points than a share δ changed cluster between two renewals of P (every T steps).",
        ),
    ),
    symbols=(
        Symbol("z_i", "code of point i, from the encoder", "n × d", "z"),
        Symbol(r"\mu_j", "center of cluster j; trained like a weight", "k × d", "centers"),
        Symbol("d_{ij}", "SQUARED distance from code to center", "n × k"),
        Symbol(r"\nu", "degrees of freedom of the kernel (the paper's α); 1 in all its experiments", "a number"),
        Symbol("q_{ij}", "how much point i belongs to cluster j; rows sum to 1", "n × k", "q"),
        Symbol("f_j", "soft size of cluster j", "k"),
        Symbol("p_{ij}", "target of q; rows sum to 1", "n × k", "p"),
        Symbol("L", "divergence of Q from P", "a number", "losses"),
        Symbol(
            r"\frac{\partial L}{\partial z_i}", "slope at a code; its opposite pulls on the code", "n × d", "forces"
        ),
        Symbol("c_i", "cluster of point i", "n", "labels"),
        Symbol(r"\delta", "share of changed labels below which it ends", "a number"),
    ),
    implementations=(
        Implementation(
            "piiswrong/dec",
            "the authors' Caffe code: P every 160 steps on MNIST (40 on STL-10, 20 on Reuters), pixels times 0.02, "
            "SGD 0.01 with momentum 0.9. Its target has an extra constant factor in $1/f_j$, which cancels.",
        ),
        Implementation(
            "XifengGuo/DEC-keras",
            "runs through the points in a fixed order, never shuffled, with P every 140 steps; pixels over 255, which "
            "changes how sharp the first Q is. When n is a multiple of the batch, its last batch can be empty.",
        ),
        Implementation(
            "vlukiyanov/pt-dec",
            "takes P from each batch alone, so $f_j$ is noisy and the target never holds still; ends after 100 "
            "epochs, or when less than a millionth of the labels changes.",
        ),
        Implementation("collinleiber/ClustPy", "P from each batch alone, Adam with 1e-4, 150 epochs, no stop rule."),
        Implementation(
            "zhoushengisnoob/OpenDeepClustering",
            "its issue 4 lists what ports get wrong: P from the batch, a tolerance that is never used, no layerwise "
            "pretraining. Short training on raw pixels gives ACC 0.698 on MNIST, 0.211 on CIFAR-10.",
        ),
    ),
    pitfalls=(
        Pitfall(
            "the loss falls, yet the clusters dissolve",
            "P is differentiated, too (a forgotten detach): the extra terms are larger than the wanted ones and point "
            "the other way",
            "hold P constant; in a toy run mean max q rises from 0.59 to 0.94 with a constant P and falls to 0.44 "
            "without",
        ),
        Pitfall(
            "clusters stay empty, or there are fewer than k",
            "two centers coincide, or a cluster starves and cannot win points back",
            "more k-means restarts; watch the cluster sizes",
        ),
        Pitfall(
            "the target jumps about",
            "$f_j$ was summed over a batch; worst where k is large for the batch",
            "P from all points, looked up by row",
        ),
        Pitfall(
            "codes end up on a line, ACC falls below that of k-means on the codes",
            "no decoder holds the code in shape",
            "IDEC; a smaller learning rate; fewer epochs",
        ),
        Pitfall(
            "a small class is split off a large one or swallowed",
            "dividing by $f_j$ favors clusters of equal size",
            "say so; VaDE has a weight for each cluster",
        ),
        Pitfall(
            "five points of ACC between two seeds",
            "the k-means start",
            "several seeds, and a range instead of a number",
        ),
    ),
    sources=(
        Source(
            "J. Xie, R. Girshick, A. Farhadi. Unsupervised Deep Embedding for Clustering Analysis. ICML 2016",
            "https://arxiv.org/abs/1511.06335",
        ),
        Source("The authors' code: piiswrong/dec", "https://github.com/piiswrong/dec"),
    ),
)
