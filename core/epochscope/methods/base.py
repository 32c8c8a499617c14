"""The interface of a method."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from epochscope.nets.frozen import Weights
from epochscope.nets.likelihood import BY_DATA, suited_likelihood
from epochscope.params import Params
from epochscope.types import OPTIONAL_ARRAYS, OVERLAYS, EpochscopeError, Likelihood, Progress, Snapshot

RECOMMENDED = "recommended"
"""Title of the preset for any data."""

FAST = "fast"
"""Title of the preset for many points."""

DIGITS, MNIST = ("digits",), ("mnist",)
"""For `Preset.chosen_on`: the presets that are quick and those for minutes were chosen by the ACC on these sets."""

MANY = 5000
"""From more points than this on, data sets that are known here begin with FAST."""

Steps = Generator[Snapshot | Progress, Any, None]
"""The steps of a run. New live params may be sent in answer to a Snapshot; a Progress only allows to pause or stop."""


class Size(NamedTuple):
    """The size of a clustering task."""

    n: int  # points
    f: int  # features
    k: int  # clusters

    @classmethod
    def of(cls, x: Any, k: int) -> Size:
        """The size of data x with the shape (n, f)."""
        n, f = x.shape
        return cls(n, f, k)


TYPICAL = Size(10_000, 784, 10)
"""The size for which a preset is shown where no data are at hand."""


class Preset(NamedTuple):
    """Parameter values for one purpose, with their source."""

    title: str
    values: Mapping[str, Any]  # dotted names, on top of the defaults
    source: str
    rule: Callable[[Size], Mapping[str, Any]] | None = None  # further values that follow from the size of the data
    k: int | None = None  # the number of clusters, where the source names one
    chosen_on: tuple[str, ...] = ()  # keys of the data sets whose labels had a part in the choice

    def at(self, size: Size | None = None) -> dict[str, Any]:
        """All values for data of this size (by default, TYPICAL), as plain numbers: a run stores these."""
        return {**self.values, **(self.rule(size or TYPICAL) if self.rule else {})}


class Method(NamedTuple):
    """One algorithm of the list METHODS.

    `run(x, k, hp, rng)` yields for each phase a Snapshot of its start and one after each epoch, with Progress between
    the gradient steps. `hp = (yield snapshot) or hp` receives live changes. It never sees labels. Closing the generator
    stops the run.

    `assign(x, weights)`, which a method may leave out, takes in points it never saw, by the weights that a snapshot
    hands out: on the points of the training it gives the labels of that snapshot.
    """

    key: str
    title: str
    cite: str  # authors, title, venue, year
    about: str  # two sentences in words a student knows
    params: type[Params]
    provides: frozenset[str]  # Snapshot fields and optional arrays that its last phase fills
    plan: Callable[[Any], dict[str, int]]  # params -> largest number of epochs of each phase, in order
    run: Callable[[Float[Tensor, "n f"], int, Any, torch.Generator], Steps]
    presets: tuple[Preset, ...]
    space: str = "codes z"  # the meaning of z in its snapshots, for captions
    assign: Callable[[Float[Tensor, "n f"], Weights], Assigned] | None = None
    overlay: str = ""  # what its paper is about, laid over the points until somebody chooses: a key of OVERLAYS
    no_clusters: str = ""  # why `assign` gives codes but no clusters, as the end of a sentence
    finds_k: bool = False  # clusters may be more or fewer than k, from epoch to epoch; labels of -1: in no cluster
    numbers: tuple[str, ...] = ()  # names of the columns of "sample_numbers", by which points may be colored
    divides_steps: bool = False  # its clustering says what each gradient step consists of (epochscope.nets.parts)
    fit_is: str = ""  # what `fit` of new points is, where trainings can be compared by it: in the space of the data
    together: bool = False  # its steps go through `take_step`, so that many trainings can be one batched computation

    def start(self, preset: str | None = None, size: Size | None = None) -> Any:
        """The params of a preset (by default, the first) for data of this size (by default, TYPICAL).

        Raises EpochscopeError for an unknown preset.
        """
        return self.params().but(self.preset(preset).at(size) if self.presets else {})

    def preset(self, title: str | None = None) -> Preset:
        """The preset of this title (by default, the first). Raises EpochscopeError for an unknown one."""
        known = {preset.title: preset for preset in self.presets}
        if title and title not in known:
            raise EpochscopeError(f"{self.title} has no preset {title!r}; choose one of: {', '.join(known)}.")
        return known[title] if title else self.presets[0]

    def clusters(self, preset: str, classes: int) -> int:
        """The number of clusters to begin with: that of the preset, of the data's classes, or 10."""
        return (self.preset(preset).k if preset else None) or classes or 10

    def default_preset(self, *, demo: bool, known_points: int = 0) -> str:
        """Title of the preset to begin with: the one for any data, but on a data set that comes with the program
        (`demo`) the one that takes seconds, and on another that is known here the fast one where it has more than MANY
        points (`known_points`; 0 for data of one's own). "" without presets."""
        titles = [known.title for known in self.presets]
        if known_points > MANY and FAST in titles and not demo:
            return FAST
        return RECOMMENDED if RECOMMENDED in titles and not demo else next(iter(titles), "")


@dataclass(frozen=True)
class MethodParams(Params):
    """Base of every method's params."""

    def suited(self, likelihood: Likelihood) -> Any:
        """The params with a likelihood "by the data" replaced by the one that suits such features, if there is one."""
        if self.flat().get("likelihood") == BY_DATA:
            return self.but({"likelihood": suited_likelihood(likelihood)})
        return self

    def check(self, *, n: int, f: int, k: int) -> None:
        if not 1 <= k <= n:
            raise EpochscopeError(
                f"k, the number of clusters, must be a whole number from 1 to the {n} points, but got {k}."
            )
        super().check(n=n, f=f, k=k)


class Assigned(NamedTuple):
    """What a trained method says of new points: their codes, soft assignments and clusters, as far as it has any."""

    z: Float[Tensor, "n d"]
    q: Float[Tensor, "n k"] | None = None
    labels: Int[Tensor, " n"] | None = None  # from q where not given
    fit: Float[Tensor, " n"] | None = None  # how well each point fits: the larger, the better

    @property
    def clusters(self) -> Int[Tensor, " n"] | None:
        """The cluster of each point; None if the method gives new points none."""
        return self.q.argmax(dim=1) if self.labels is None and self.q is not None else self.labels


PROVIDABLE = frozenset({"z", "q", "p", "labels", "centers", *OPTIONAL_ARRAYS})
"""Every name that may stand in `Method.provides`."""


def method_fault(thing: object) -> str:
    """Why `thing` cannot stand in METHODS, as the end of a sentence; "" where it can. It trains nothing."""
    if not isinstance(thing, Method):
        return f"it is of type {type(thing).__name__}, not a Method of epochscope.methods.base"
    texts = (thing.title, thing.cite, thing.about)
    rules = {
        f"its key {thing.key!r} must be small letters, digits and _": isinstance(thing.key, str)
        and re.fullmatch(r"[a-z][a-z0-9_]{0,39}", thing.key),
        "its title, cite and about must be texts": all(isinstance(text, str) and text.strip() for text in texts),
        "its params must be a subclass of MethodParams": isinstance(thing.params, type)
        and issubclass(thing.params, MethodParams),
        "its run and its plan must be functions": callable(thing.run) and callable(thing.plan),
        "its assign must be a function, or None": thing.assign is None or callable(thing.assign),
        f"it may provide nothing but {', '.join(sorted(PROVIDABLE))}": isinstance(thing.provides, frozenset)
        and thing.provides <= PROVIDABLE,
        f"its overlay must be one of {', '.join(OVERLAYS)}, and it must provide what that needs": not thing.overlay
        or (thing.overlay in OVERLAYS and OVERLAYS[thing.overlay] <= thing.provides),
        "it must have a preset": thing.presets and all(isinstance(preset, Preset) for preset in thing.presets),
    }
    return next((rule for rule, kept in rules.items() if not kept), "") or _fault_of_params(thing)


def _fault_of_params(method: Method) -> str:
    try:
        for hp in (method.params(), *(method.start(preset.title) for preset in method.presets)):
            list(type(hp).ranges())
            method.plan(hp)
    except Exception as error:  # whatever code of somebody else raises
        return f"its params or presets do not work ({type(error).__name__}: {error})"
    return ""
