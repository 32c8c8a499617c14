"""Sets of ready-made feature vectors in one .npz file: CIFAR-10 and STL-10 seen by a network, HAPT motion features.

The papers do not cluster the pixels of CIFAR-10 and STL-10, but what a network trained on ImageNet makes of them. Such
a file is placed by hand: X (points x features), y (labels), and perhaps class_names (or names) and feature_names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, honest, points
from epochscope.data.npz import read_table
from epochscope.data.scaling import AS_STORED, HALVED, MIN_MAX, STANDARDISE, help_for, likelihood, scaled
from epochscope.params import Params, param
from epochscope.types import Dataset

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL_CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
ACTIVITIES = ("walking", "walking upstairs", "walking downstairs", "sitting", "standing", "laying")


def _scaling(*choices: str) -> Any:
    return param(choices[0], options=choices, label="Scaling", help=help_for(*choices))


def motion_scaling() -> Any:
    """The field `scaling` of features of motion, which are published in [-1, 1]."""
    return _scaling(AS_STORED, HALVED, STANDARDISE, MIN_MAX)


@dataclass(frozen=True)
class CifarFeaturesParams(Params):
    n: int = points(60_000, 10_000)
    seed: int = draw_seed()
    scaling: str = _scaling(AS_STORED, MIN_MAX, STANDARDISE)


@dataclass(frozen=True)
class StlFeaturesParams(Params):
    n: int = points(13_000)
    seed: int = draw_seed()
    scaling: str = _scaling(STANDARDISE, MIN_MAX, AS_STORED)


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
    """Drawn rows of the table; the scaling looks at all rows. Names in the file win over ours."""
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
        origin=honest(origin, len(table.truth), published) if published else origin,
        **about,
    )


ARCHIVES = archives()


def _source(key: str, title: str, about: str, params: type[Params], **fixed: Any) -> Source:
    return Source(key, title, about, params, partial(_load, key=key, title=title, **fixed), ARCHIVES[key])


FEATURES = (
    _source(
        "cifar10_features",
        "CIFAR-10 features",
        "Photographs of ten kinds of things, not as pixels but as the numbers that a network trained on ImageNet makes "
        "of them: 45 to 58 % in the papers are reached on such features, about 21 % on pixels.",
        CifarFeaturesParams,
        class_names=CIFAR_CLASSES,
        origin="{}: features of the pictures of A. Krizhevsky",
        license="none stated for the pictures",
    ),
    _source(
        "stl10_features",
        "STL-10 features",
        "Photographs of ten kinds of things as the numbers that a network makes of them; VaDE and DGG take 2,048 of a "
        "ResNet-50. Compute them with any network, place the file, and this reads it.",
        StlFeaturesParams,
        class_names=STL_CLASSES,
        origin="{}: features of the pictures of A. Coates, H. Lee, A. Y. Ng",
        license="none stated for the pictures",
    ),
    _source(
        "hapt561",
        "HAPT motion features",
        "Six activities recorded by a smartphone at the waist, as 561 numbers for each 2.56 seconds. Computed anew "
        "from the recordings behind UCI HAR: close to that set, but not the same rows.",
        HaptParams,
        class_names=ACTIVITIES,
        features=561,
        published=10_411,
        origin="J. Reyes-Ortiz et al., UCI 341; features computed anew from the raw signals",
        license="CC BY 4.0 at UCI",
    ),
)
