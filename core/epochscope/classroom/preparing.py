"""What a lesson is made of before anything is trained: its plan, and the groups that a point may join.

Clusters exist only after the training, and each seed numbers them in its own way. So what can be chosen are the groups
that k-means finds in the data themselves, without classes; later the clusters of each seed are matched to them.
"""

from __future__ import annotations

import base64
import functools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.cluster import KMeans

from epochscope import __version__
from epochscope.classroom.experiments import RUN, Experiment
from epochscope.classroom.lesson import JOINS, SCORE, TREND, Option, Plan, Question
from epochscope.classroom.scores import SAME
from epochscope.data import SOURCES
from epochscope.data.dataset_cache import dataset
from epochscope.data.sprites import sheet
from epochscope.files import patiently
from epochscope.futures.plan import MOST_MEMBERS, reason_not_together
from epochscope.language import marked
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.text import value_words
from epochscope.types import Dataset, EpochscopeError

CANDIDATES = 12
"""Points that are offered for the question JOINS."""
_TYPICAL = 3  # pictures of a group
_FIT = 5000  # points that k-means looks at
_NAMED = 3  # features by which a group without pictures is told
_ACC = marked(
    "ACC is the share of points whose cluster has been matched to their true class. It needs true classes, "
    "which the training never sees."
)


class Groups(NamedTuple):
    """What k-means finds in the data themselves."""

    labels: Int[np.ndarray, " n"]
    centers: Float[np.ndarray, "k f"]
    typical: list[list[int]]  # of each group the points nearest to its center
    between: list[int]  # points nearly as near to a second center, the most undecided first


def of_run(spec: RunSpec, title: str) -> Experiment:
    """An experiment with the settings of a run. Raises EpochscopeError where `reason_unsuitable` has one."""
    if why := reason_unsuitable(spec):
        raise EpochscopeError(why)
    spec = replace(spec, branch=None)
    asked = (JOINS,) if _loaded(spec).truth is None else (JOINS, SCORE)
    return Experiment(RUN, title, "", spec, {}, asked)


def reason_unsuitable(spec: RunSpec) -> str:
    """Why no lesson can have the settings of a run, in one sentence; empty if one can."""
    if why := reason_not_repeatable(spec) or reason_not_together(spec):
        return why
    if spec.branch:
        return (
            "A branch has changes on its way, so its settings are not those of a lesson; choose the run that it left."
        )
    if not SOURCES[spec.dataset].needs_download().cached:
        return "The data of this run have to be downloaded first: train it again, then open the class."
    return "" if spec.k > 1 else "With one cluster there is nothing to predict; choose a run with more."


def most_seeds(experiment: Experiment) -> int:
    """How many seeds a lesson on this experiment may have."""
    return MOST_MEMBERS // _variants(experiment)


def _variants(experiment: Experiment) -> int:
    return int(np.prod([len(some) for some in experiment.values.values()]))


@functools.lru_cache(maxsize=8)
def _groups(key: str, values: tuple[tuple[str, Any], ...], k: int) -> Groups:
    x = patiently(lambda: dataset(key, dict(values))).x.astype(np.float64)
    some = np.random.default_rng(0).permutation(len(x))[:_FIT]
    fitted = KMeans(k, n_init=4, random_state=0).fit(x[some])
    distance = fitted.transform(x)
    nearest = np.sort(distance, axis=1)
    undecided = np.argsort(-nearest[:, 0] / np.maximum(nearest[:, 1], 1e-12), kind="stable")
    labels = distance.argmin(axis=1)
    typical = [_nearest(distance[:, group], labels == group) for group in range(k)]
    return Groups(labels, fitted.cluster_centers_, typical, undecided[:CANDIDATES].tolist())


def _nearest(distance: Float[np.ndarray, " n"], own: np.ndarray) -> list[int]:
    members = np.flatnonzero(own)
    return members[np.argsort(distance[members], kind="stable")][:_TYPICAL].tolist()


def groups(spec: RunSpec) -> Groups:
    """The groups of the data of these settings. Raises EpochscopeError where the data cannot be loaded."""
    whole = resolve(spec).spec
    return _groups(whole.dataset, tuple(sorted(whole.data.items())), whole.k)


def picture(data: Dataset, point: int) -> str:
    """A point as the address of a PNG; empty for data without pictures."""
    if data.pictures is None:
        return ""
    return f"data:image/png;base64,{base64.b64encode(sheet(data.pictures[[point]], 1)).decode()}"


def candidates(experiment: Experiment) -> list[tuple[int, str]]:
    """Points that the question JOINS may be about, each with its picture."""
    data = _loaded(experiment.spec)
    return [(point, picture(data, point)) for point in groups(experiment.spec).between]


def plan(experiment: Experiment, seeds: int, point: int | None, code: str) -> Plan:
    """A lesson on this experiment. `point`: a candidate; None: the most undecided one.

    Raises EpochscopeError for a number of seeds outside 2..most_seeds, and where the data have no classes to score.
    """
    if not 2 <= seeds <= most_seeds(experiment):
        raise EpochscopeError(f"A lesson has 2 to {most_seeds(experiment)} seeds here, but {seeds} were asked for.")
    data, found = _loaded(experiment.spec), groups(experiment.spec)
    if data.truth is None and {TREND, SCORE} & set(experiment.questions):
        raise EpochscopeError(f"{data.title} has no classes, so there is no ACC to predict; choose other data.")
    point = found.between[0] if point is None or point not in found.between else point
    variants = _in_words(experiment)
    about = _About(experiment, data, found, point, variants)
    asked = [_question(key, about) for key in experiment.questions]
    return Plan(
        code=code,
        title=experiment.title,
        created=time.time(),
        spec=resolve(experiment.spec).spec.as_dict(),
        seeds=tuple(range(experiment.spec.seed, experiment.spec.seed + seeds)),
        questions=tuple(asked),
        values={name: tuple(some) for name, some in experiment.values.items()},
        variants=tuple(variants),
        point=point if JOINS in experiment.questions else None,
        version=__version__,
    )


def _loaded(spec: RunSpec) -> Dataset:
    whole = resolve(spec).spec
    return patiently(lambda: dataset(whole.dataset, whole.data))


def _in_words(experiment: Experiment) -> list[str]:
    if not experiment.values:
        return [""]
    ((name, values),) = experiment.values.items()
    symbol = dict(resolve(experiment.spec).method_params.ranges())[name].symbol or name
    return [f"{symbol} = {value_words(value)}" for value in values]


class _About(NamedTuple):
    """What the questions are about."""

    experiment: Experiment
    data: Dataset
    groups: Groups
    point: int
    variants: Sequence[str]


def _question(key: str, about: _About) -> Question:
    experiment, data, found, point, variants = about
    method = resolve(experiment.spec).algorithm.title
    trained = f", with {variants[-1]}" if variants[-1] else ""
    if key == JOINS:
        thing = "this picture" if data.pictures is not None else f"the point {_numbers(data.x[point])}"
        return Question(
            key,
            f"Which group will {thing} join?",
            f"The groups are what k-means finds in the data themselves, before {method} is trained. Afterwards the "
            "clusters of each seed are matched to them, one to one, so that most points keep their group.",
            tuple(_option(group, data, found) for group in range(len(found.centers))),
            picture(data, point),
        )
    if key == TREND:
        text = f"Will ACC fall or rise from {variants[0]} to {variants[-1]}, with your seed?"
        options = (marked("It falls"), marked("It stays about the same"), marked("It rises"))
        details = (f"by more than {SAME:g}", f"within {SAME:g}", f"by more than {SAME:g}")
        return Question(key, text, _ACC, tuple(map(Option, options, details)))
    return Question(key, f"What will ACC of your seed be at the end{trained}?", _ACC)


def _option(group: int, data: Dataset, found: Groups) -> Option:
    shown = tuple(picture(data, point) for point in found.typical[group])
    size = int((found.labels == group).sum())
    if data.pictures is not None:
        return Option(f"Group {group + 1}", f"{size:,} points", shown)
    return Option(f"Group {group + 1}", f"{size:,} points around {_numbers(found.centers[group])}")


def _numbers(values: Float[np.ndarray, " f"]) -> str:
    """The first features of a point."""
    more = ", …" if len(values) > _NAMED else ""
    return f"({', '.join(f'{value:.2f}' for value in values[:_NAMED])}{more})"
