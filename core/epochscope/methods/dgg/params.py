"""The parameters of DGG, and where the paper and the authors' scripts disagree about them.

Two choices of the HHAR script are not offered: initial variances of 0.08 in every cluster, and a classifier pretrained
on a mixture's posterior instead of labels.
"""

from __future__ import annotations

from dataclasses import dataclass

from epochscope.methods.base import MethodParams
from epochscope.methods.shared.first_labels import BEST_OF_THREE, FROM_CODES, START_HELP
from epochscope.methods.shared.lloyd import restarts_param
from epochscope.methods.shared.mixtures import DecayingParams
from epochscope.methods.shared.watch import WatchParams, watch_group
from epochscope.nets.autoencoder import AutoencoderParams
from epochscope.nets.classifier import ClassifierParams
from epochscope.nets.likelihood import likelihood_param, reconstruction_param
from epochscope.nets.neighbors import SIAMESE, GraphParams
from epochscope.nets.pretrain import PretrainParams
from epochscope.nets.siamese import PHASE, SiameseParams
from epochscope.nets.variational import PHASE as VARIATIONAL_PHASE
from epochscope.nets.variational import VariationalParams
from epochscope.params import MOST_EPOCHS, Params, group, param

SAMPLE, MEAN = "sample z", "mean m"
DERIVED, PRINTED = "as derived", "as printed"
FROM_GRAPH = "k-means on the graph"


@dataclass(frozen=True)
class ClusterParams(DecayingParams):
    """The joint training of all networks and the mixture."""

    epochs: int = param(30, 1, MOST_EPOCHS, anew=True, label="epochs", help="Passes over the data after pretraining.")
    per_step: int = param(
        1,
        0,
        20,
        live=True,
        symbol="m",
        label="neighbors per step",
        help="Number of neighbors of each point drawn per step, by their weights; 0 takes all, as the paper does. "
        "An epoch takes 1 + m times as long as one without a graph, 21 times with all 20 neighbors.",
    )
    weight_decay: float = param(
        0.0, 0.0, 0.01, step=1e-5, label="weight decay", help="1e-4 in two of the authors' scripts."
    )
    restarts: int = restarts_param()


@dataclass(frozen=True)
class QuirkParams(Params):
    """Where paper, supplement and the authors' four scripts disagree. The defaults are what the derivation says."""

    classifier: str = param(
        SAMPLE,
        options=(SAMPLE, MEAN),
        live=True,
        label="input of f2 in training",
        help="The paper and three scripts use z, the MNIST script the mean. Labels and π always come from the mean.",
    )
    second: str = param(
        DERIVED,
        options=(DERIVED, PRINTED),
        live=True,
        label="second term of L",
        help="The fit of the codes to their clusters has the factor 1/2 in the derivation, the supplement and the "
        "code; the paper prints 1.",
    )
    prior: str = param(
        DERIVED,
        options=(DERIVED, PRINTED),
        live=True,
        symbol="π",
        label="prior of each point",
        help="As derived: half from the point itself, half from its neighbors; this is the optimum and what the code "
        "does. As printed in eq. 31, its rows do not sum to 1.",
    )
    floor: float = param(
        1e-8,
        1e-30,
        1e-2,
        log=True,
        live=True,
        label="floor of π",
        help="Lower bound of π inside the logarithm. The published code has none: there log 0 gives NaN.",
    )


@dataclass(frozen=True)
class DggParams(MethodParams):
    likelihood: str = likelihood_param()
    reconstruction: float = reconstruction_param(
        "Factor on both reconstruction terms, summed over features. The paper has none; the authors' scripts "
        "take 1 (MNIST), 100 (HHAR) and 0.1 (Reuters, STL-10). With a Gaussian likelihood a weight holds for their "
        "scale of the data; here the mean square of the data is 1, so multiply by that of theirs: 100 becomes about "
        "14, since they halve HHAR, and the 0.1 of Reuters, whose mean square is 1 there, too, stays.",
    )
    start: str = param(
        FROM_CODES,
        options=(FROM_CODES, FROM_GRAPH, BEST_OF_THREE),
        label="first labels",
        help="The paper runs k-means on the codes. On the graph it runs on the leading eigenvectors (spectral "
        "clustering): a digit class that forms two groups of codes stays one cluster if edges connect "
        f"them. {START_HELP}",
    )
    graph: GraphParams = group(GraphParams, "Graph")
    cluster: ClusterParams = group(ClusterParams, "Clustering")
    variational: VariationalParams = group(VariationalParams, "Variational pretraining", batch=100)
    classifier: ClassifierParams = group(ClassifierParams, "Classifier f2", optimizer="sgd", lr=0.02)
    net: AutoencoderParams = group(AutoencoderParams, "Network")
    pretrain: PretrainParams = group(PretrainParams, "Pretraining")
    watch: WatchParams = watch_group()
    siamese: SiameseParams = group(SiameseParams, "Siamese network", lr=5e-4)
    quirks: QuirkParams = group(QuirkParams, "Quirks of the published code")

    def plan(self) -> dict[str, int]:
        """Epochs of each phase."""
        first = {PHASE: self.siamese.epochs} if self.graph.distance == SIAMESE else {}
        second = {VARIATIONAL_PHASE: self.variational.epochs} if self.variational.epochs else {}
        return first | self.pretrain.plan(len(self.net.hidden) + 1) | second | {"cluster": self.cluster.epochs}
