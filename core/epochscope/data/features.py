"""Sets of precomputed feature vectors in an .npz file: network features of CIFAR-10 and STL-10, HAPT motion features.

The papers do not cluster the pixels of CIFAR-10 and STL-10, but features of a network trained on ImageNet. Such a file
is placed by hand: X (points x features), y (labels), and optionally class_names (or names) and feature_names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, origin_note, points
from epochscope.data.npz import read_table
from epochscope.data.scaling import AS_STORED, HALVED, MIN_MAX, STANDARDIZE, help_for, likelihood, scaled
from epochscope.params import Params, param
from epochscope.types import Dataset

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL_CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
ACTIVITIES = ("walking", "walking upstairs", "walking downstairs", "sitting", "standing", "laying")


def _scaling(*choices: str) -> Any:
    return param(choices[0], options=choices, label="Scaling", help=help_for(*choices))


def motion_scaling() -> Any:
    """The parameter `scaling` of motion features, which are published in [-1, 1]."""
    return _scaling(AS_STORED, HALVED, STANDARDIZE, MIN_MAX)


@dataclass(frozen=True)
class CifarFeaturesParams(Params):
    n: int = points(60_000, 10_000)
    seed: int = draw_seed()
    scaling: str = _scaling(AS_STORED, MIN_MAX, STANDARDIZE)


@dataclass(frozen=True)
class StlFeaturesParams(Params):
    n: int = points(13_000)
    seed: int = draw_seed()
    scaling: str = _scaling(STANDARDIZE, MIN_MAX, AS_STORED)


@dataclass(frozen=True)
class HaptParams(Params):
    n: int = points(10_411)
    seed: int = draw_seed()
    scaling: str = motion_scaling()


def _load(
    hp: Any,
    fetcher: Fetcher,
    *,
    key: str,
    class_names: tuple[str, ...],
    features: int | None = None,
    published: int | None = None,
    **about: Any,
) -> Dataset:
    """Drawn rows of the table, scaled by the statistics of all rows. Names in the file take precedence over ours."""
    (path,) = fetcher.fetch(ARCHIVES[key]).values()
    table = read_table(path, classes=len(class_names), features=features)
    rows = drawn(len(table.truth), hp.n, hp.seed)
    origin = about.pop("origin").format(path.name)
    return Dataset(
        key=key,
        x=scaled(table.x, hp.scaling)[rows],
        truth=table.truth[rows],
        class_names=tuple(name.replace("_", " ").lower() for name in table.class_names) or class_names,
        feature_names=table.feature_names,
        scaling=hp.scaling,
        likelihood=likelihood(hp.scaling),
        origin=origin_note(origin, len(table.truth), published) if published else origin,
        **about,
    )


ARCHIVES = archives()


def _source(key: str, title: str, about: str, params: type[Params], **fixed: Any) -> Source:
    return Source(key, title, about, params, partial(_load, key=key, title=title, **fixed), ARCHIVES[key])


FEATURES = (
    _source(
        "cifar10_features",
        "CIFAR-10 features",
        "Photographs of ten kinds of things, not as pixels but as features of a network trained on ImageNet: "
        "the papers reach 45 to 58 % on such features, about 21 % on pixels.",
        CifarFeaturesParams,
        class_names=CIFAR_CLASSES,
        origin="{}: features of the pictures of A. Krizhevsky",
        license="none stated for the pictures",
    ),
    _source(
        "stl10_features",
        "STL-10 features",
        "Photographs of ten kinds of things as features of a network; VaDE and DGG take 2,048 of a ResNet-50. Compute "
        "them with any network and place the file as described.",
        StlFeaturesParams,
        class_names=STL_CLASSES,
        origin="{}: features of the pictures of A. Coates, H. Lee, A. Y. Ng",
        license="none stated for the pictures",
    ),
    _source(
        "hapt561",
        "HAPT motion features",
        "Six activities recorded by a smartphone at the waist, as 561 features per 2.56 seconds. Recomputed from the "
        "recordings of UCI HAR: similar to that set, but not the same rows.",
        HaptParams,
        class_names=ACTIVITIES,
        features=561,
        published=10_411,
        origin="J. Reyes-Ortiz et al., UCI 341; features recomputed from the raw signals",
        license="CC BY 4.0 at UCI",
    ),
)
