"""The words of the pages in other words: what a tooltip says, and the glossary of the Methods page lists."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "ACC, accuracy": "Share of points whose cluster stands for their true class, after clusters have been matched "
        "to classes in the best way. It needs true classes, which training never sees.",
        "NMI": "Normalized mutual information: how much a point's cluster tells about its true class, from 0 (nothing) "
        "to 1 (everything). It does not ask which cluster stands for which class.",
        "ARI": "Adjusted Rand index: over all pairs of points, how often clusters and true classes agree on whether "
        "the two belong together. 0 is what chance gives, 1 is perfect; it may be below 0.",
        "epoch": "One pass of the training over all points.",
        "phase": "A stage of a training, such as pretraining of the network, then clustering.",
        "changed labels": "Share of points that changed cluster since the epoch before. Several methods stop once it "
        "falls below a limit.",
        "used clusters": "Clusters that have at least one point. The others are empty: the method lost them.",
        "Q, soft assignment": "qᵢⱼ is how strongly point i belongs to cluster j, from 0 to 1; the numbers of a point "
        "add up to 1. A point's cluster is the one with the largest qᵢⱼ.",
        "P, target": "What the method wants Q to become next: usually Q made surer. Training moves Q toward P.",
        "π, prior": "How strongly a point's neighbors, or the mixture, expect it in each cluster before it is looked "
        "at itself.",
        "pull": "The force of the loss on a code: where the next step moves it, −∂L/∂z.",
        "code z": "The few numbers to which the network reduces a point. Clusters are found among codes.",
        "center μ": "The place of a cluster among the codes.",
        "embedding": "A picture of all codes in the plane: each dot is a point of the data.",
        "PCA": "Principal component analysis: the flat view in which the codes spread most. Straight lines stay "
        "straight.",
        "t-SNE": "A picture that keeps close neighbors together. Sizes of groups and distances between them mean "
        "little.",
        "UMAP": "A picture that keeps neighbors together, like t-SNE; the places of groups mean a little more.",
        "perplexity": "About how many neighbors of a point t-SNE tries to keep close.",
        "loss": "The number that training minimizes. Its terms are shown one by one.",
        "KL divergence": "How much one distribution differs from another, in nats; 0 if they are equal.",
        "entropy": "How undecided a distribution is, in nats: 0 if one cluster has everything, ln k if all k have the "
        "same.",
        "pretraining": "Training of the network before clusters are looked for, often to restore its input.",
        "preset": "A named set of values for all parameters of a method.",
        "seed": "The number from which all random choices follow. The same seed gives the same run.",
        "k": "The number of clusters.",
        "n, f, d": "The number of points, of features per point, and of numbers in a code.",
        "ν, degrees of freedom": "How slowly the Student t kernel of DEC falls with distance: small ν has long tails, "
        "large ν is close to a Gaussian.",
        "γ, α, λ": "Weights and sharpness parameters; each method's card says what they do there.",
        "neighbor graph": "Lines from each point to the points most like it.",
        "purity of a graph": "Share of its edges that join two points of the same true class.",
        "cut of a graph": "Share of its edges that join two different clusters.",
    }
)
"""What the words of the pages mean, each in one or two sentences that need no other."""

_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "code z": ("code", "codes"),
        "center μ": ("center", "centers"),
        "n, f, d": ("n, f, d",),
        "γ, α, λ": ("γ, α, λ",),
        "epoch": ("epoch", "epochs"),
        "loss": ("loss", "losses"),
        "seed": ("seed", "seeds"),
        "preset": ("preset", "presets"),
        "pull": ("pull", "pulls"),
        "pretraining": ("pretraining", "pretrain"),
        "KL divergence": ("KL divergence", "KL"),
        "embedding": ("embedding", "embeddings"),
        "neighbor graph": ("neighbor graph", "neighbor graphs"),
        "Q, soft assignment": ("Q", "soft assignment", "soft assignments", "qᵢⱼ"),
        "P, target": ("P", "target", "targets", "pᵢⱼ"),
        "purity of a graph": ("purity of a graph", "purity"),
    }
)
"""How a term stands in sentences, where that is not its name or the parts of its name between commas. Letters that
stand for several things are left out.
"""

WORDS: Mapping[str, str] = MappingProxyType(
    {word: term for term in TERMS for word in _SPELLINGS.get(term, tuple(term.split(", ")))}
)
"""By word, the term that a page explains to whoever points at it (stage/runtime/words.js)."""

TILES: Mapping[str, str] = MappingProxyType(
    {
        "epoch": TERMS["epoch"],
        "acc": TERMS["ACC, accuracy"],
        "nmi": TERMS["NMI"],
        "ari": TERMS["ARI"],
        "changed": TERMS["changed labels"],
        "used": TERMS["used clusters"],
    }
)
"""By tile of the stage."""

_ROWS = "One row per point, one column per cluster; rows are grouped by their strongest cluster, the surest first."

FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "embedding": "Each dot is a point of the data; dots that are close have similar codes. Circles with numbers "
        "are the centers of the clusters.",
        "q": f"How strongly each point belongs to each cluster, from 0 (dark) to 1 (bright). {_ROWS}",
        "p": f"What the method wants Q to become next, from 0 (dark) to 1 (bright). {_ROWS}",
        "p-q": f"Where the target P is larger than Q (orange) or smaller (blue). {_ROWS}",
        "pi": f"How strongly each cluster is expected for a point before it is looked at, from 0 to 1. {_ROWS}",
        "pi-q": f"Where the prior π is larger than Q (orange) or smaller (blue). {_ROWS}",
        "field": "What the discriminator says about a code at each place in the plane: 1 where it takes the code for "
        "real, 0 where it takes it for made up.",
        "affinity": "How strongly each pair of points is connected: bright is strong. Sorted by cluster, a good "
        "clustering is a row of bright squares.",
        "decoded_centers": "What the network draws for the center of each cluster.",
        "samples": "What the network draws for random codes of each cluster.",
        "reconstructions": "Points of the data, and what the network reconstructs from their codes.",
        "cross_reconstructions": "What the network draws for the code of a point's neighbor: it should look like the "
        "point.",
        "scores": "How well clusters fit the true classes, epoch by epoch; 1 is perfect. Training never sees the "
        "classes. The dotted line is what a single cluster of all points would reach.",
        "losses": "The terms that training minimizes, each averaged over an epoch.",
        "graph": "Of the edges of the neighbor graph: the share within one true class (purity), and between two "
        "clusters (cut).",
        "spectral_loss": "How far the network's map is from the best one: the loss over all points, and that of the "
        "exact eigenvectors, below which none can fall.",
        "information": "How much clusters tell about points, I(X;Y): large if clusters are of equal size (H(Y) near "
        "ln k) and points are sure of theirs (H(Y|X) near 0).",
        "information_plane": "The path of the run: to the left as points get surer of their cluster, up as clusters "
        "become more equal in size. The height above the dotted line is what clusters tell about points, I(X;Y).",
        "perturbed": "Points, the same points moved a little in the direction that confuses the network most, and "
        "what was added.",
        "measures": "Numbers that the method reports besides its losses; choose one in the menu.",
        "changed": "Share of points that changed cluster since the epoch before; below the line the run stops.",
        "sizes": "The number of points in each cluster; the line is where all would be if they were equal.",
        "mixing": "The weight of each cluster in the mixture; the line is where all would be if they were equal.",
        "entropy": "How undecided the points are: those on the left are sure of one cluster, those on the right of "
        "none.",
        "entropy_p": "How undecided the targets of the points are: on the left sure of one cluster, on the right of "
        "none.",
        "force": "One dot per point: how sure it is of its cluster (across) and how hard the loss pulls at its code "
        "(up).",
        "compare": "The same number of several runs, epoch by epoch.",
    }
)
"""By figure: what one sees, and how to read it."""
