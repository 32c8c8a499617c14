"""The rules of the contract; each raises AssertionError with one sentence if a method breaks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import groupby

import numpy as np
import torch

from epochscope.methods.base import method_fault
from epochscope.nets.device import generator
from epochscope.testing.trial import (
    PRESET,
    Points,
    Trial,
    arrays,
    blobs,
    digits,
    same,
    shared_sources_reseeded,
    train_interleaved,
)
from epochscope.types import OPTIONAL_ARRAYS, EpochscopeError, Progress, Snapshot

_LABEL_WORDS = {"y", "truth", "target", "targets", "true", "classes"}
MOST_CLUSTERS = 1000
"""Of a method that finds their number itself."""

_ANY_SIZE = frozenset("rmgbs")  # axes of OPTIONAL_ARRAYS whose sizes a method chooses for each array


def _claim(holds: object, trial: Trial, sentence: str) -> None:
    if not holds:
        raise AssertionError(f"{trial.method.title}: {sentence}")


def has_the_parts_of_a_method(trial: Trial) -> None:
    """Fields of the right types, a parameter class whose parameters are described, presets that fit it."""
    method, fault = trial.method, method_fault(trial.method)
    if fault:
        raise AssertionError(f"{getattr(method, 'title', method)!r} is no method: {fault}.")
    for name, about in method.params.ranges():
        _claim(about.label, trial, f"parameter {name} has no label.")
        _claim(about.help.endswith("."), trial, f"the help of parameter {name} is no sentence that ends with a period.")
    for preset in method.presets:
        hp = method.params().but(preset.at())
        kept = all(hp.flat()[name] == value for name, value in preset.at().items())
        _claim(kept, trial, f"preset {preset.title!r} has a value of another type than its parameter.")
        _claim(preset.source.endswith("."), trial, f"preset {preset.title!r} does not say where its values come from.")
        _claim(method.plan(hp), trial, f"the plan of preset {preset.title!r} has no phase.")


def offers_no_way_in_for_labels(trial: Trial) -> None:
    """run(x, k, hp, rng), and no parameter that could carry classes."""
    taken = list(inspect.signature(trial.method.run).parameters)
    _claim(taken == ["x", "k", "hp", "rng"], trial, f"run takes ({', '.join(taken)}); it must take (x, k, hp, rng).")
    for name in trial.method.params().flat():
        words = _LABEL_WORDS & set(name.replace(".", "_").split("_"))
        _claim(not words, trial, f"parameter {name} looks like a way in for labels ({', '.join(words)}).")


def begins_with_a_snapshot_and_can_be_closed(trial: Trial) -> None:
    """Before anything is computed, nothing is clustered; a closed generator ends."""
    points = digits()
    run = trial.method.run(points.x, points.k, trial.short(), generator(0))
    first = next(run)
    _claim(isinstance(first, Snapshot), trial, "run must begin with a Snapshot of the state before training.")
    _claim(
        getattr(first, "labels", None) is None, trial, "the first snapshot has labels although nothing is computed yet."
    )
    run.close()
    _claim(next(run, None) is None, trial, "run goes on after it was closed.")


def follows_its_plan(trial: Trial) -> None:
    """Phases in the order of the plan, each with its start and at most one snapshot an epoch."""
    plan = trial.method.plan(trial.short())
    for training in (trial.digits, trial.groups):
        seen = [(phase, len(list(together))) for phase, together in groupby(s.phase for s in training.snapshots)]
        order = [phase for phase, _ in seen]
        _claim(order == list(plan), trial, f"its phases are {order}, but its plan says {list(plan)}.")
    for phase, count in ((phase, sum(s.phase == phase for s in trial.digits.snapshots)) for phase in plan):
        most = plan[phase] + 1
        _claim(
            count <= most, trial, f"phase {phase!r} has {count} snapshots; its plan allows the start and {most - 1}."
        )


def progress_counts_up_to_its_total(trial: Trial) -> None:
    """Between snapshots the method yields Progress, so that a run can be paused or stopped within an epoch."""
    ticks = [step for step in trial.digits.steps if isinstance(step, Progress)]
    _claim(ticks, trial, "run never yields a Progress, so that a run could not be paused or stopped within an epoch.")
    for tick in ticks:
        _claim(1 <= tick.done <= tick.total, trial, f"a Progress says {tick.done} of {tick.total} steps are done.")


def snapshots_are_whole_and_finite(trial: Trial) -> None:
    """Shapes as in Snapshot and OPTIONAL_ARRAYS, numbers finite, rows of q and p sum to 1, labels in 0 .. k - 1."""
    for training, points in ((trial.digits, digits()), (trial.groups, blobs())):
        for snapshot in training.snapshots:
            for name, value in arrays(snapshot).items():
                _claim(np.isfinite(value).all(), trial, f"{name} of a snapshot has NaN or infinite values.")
                _claim(not value.flags.writeable, trial, f"{name} of a snapshot can be changed.")
            for name, number in {**snapshot.losses, **snapshot.measures}.items():
                _claim(np.isfinite(number), trial, f"{name!r} of a snapshot is {number}.")
            _check_shapes(trial, snapshot, points)
            for name in ("q", "p"):
                rows = getattr(snapshot, name)
                sums = rows is None or np.allclose(rows.sum(axis=1), 1, atol=1e-5)
                _claim(sums, trial, f"the rows of {name} do not sum to 1.")


def _check_shapes(trial: Trial, snapshot: Snapshot, points: Points) -> None:
    """Sizes by the letters of OPTIONAL_ARRAYS: n points, f features, d numbers in a code, k clusters."""
    n, k, d = len(points.x), points.k, snapshot.z.shape[-1]
    sizes = {"n": n, "k": k, "f": points.x.shape[1], "d": d, "two": 2, "three": 3, "four": 4}
    axes = {"z": "n d", "q": "n k", "p": "n k", "labels": "n", "centers": "k d"}
    for name, value in arrays(snapshot).items():
        _claim(name in axes or name in OPTIONAL_ARRAYS, trial, f"{name!r} in `extra` is no name of OPTIONAL_ARRAYS.")
        letters = (axes.get(name) or OPTIONAL_ARRAYS[name].axes).split()
        fits = len(letters) == value.ndim and all(
            sizes.setdefault(letter, size) == size or letter in _ANY_SIZE
            for letter, size in zip(letters, value.shape, strict=True)
        )
        _claim(fits, trial, f"{name} has the shape {value.shape}; its axes must be ({', '.join(letters)}).")
    labels = snapshot.labels
    low, most = (-1, MOST_CLUSTERS) if trial.method.finds_k else (0, k)
    _claim(
        labels is None or low <= labels.min() <= labels.max() < most,
        trial,
        f"labels must lie in {low} .. {most - 1} for k = {k}.",
    )


def provides_what_it_declares(trial: Trial) -> None:
    """No snapshot has more than `provides`; those of the last phase have all of it."""
    declared = trial.method.provides
    for training in (trial.digits, trial.groups):
        last = training.snapshots[-1].phase
        for snapshot in training.snapshots:
            more, missing = sorted(snapshot.has - declared), sorted(declared - snapshot.has)
            _claim(not more, trial, f"a snapshot has {more}, which `provides` does not declare.")
            _claim(snapshot.phase != last or not missing, trial, f"a snapshot of the last phase lacks {missing}.")


def takes_in_new_points(trial: Trial) -> None:
    """`assign`, where there is one, gives the points of a training the codes, Q and labels of that snapshot."""
    assign, points = trial.method.assign, digits()
    clustered = [made for made in trial.digits.handed_out if made.snapshot.labels is not None]
    if assign is None:
        _claim(not clustered, trial, "a snapshot hands out weights, but the method has no `assign` that takes them.")
        return
    _claim(clustered, trial, "it has an `assign`, but no snapshot with labels hands out weights.")
    for snapshot, weights in clustered:
        given = assign(points.x, weights)
        shown = {"z": given.z, "q": given.q, "labels": given.clusters}
        for name, value in shown.items():
            there = getattr(snapshot, name)
            fits = value is None or there is None or np.array_equal(value.numpy(), there)
            _claim(fits, trial, f"on the points of the training, `assign` gives another {name} than the snapshot has.")
        without = bool(trial.method.no_clusters)
        _claim((given.clusters is None) == without, trial, "`no_clusters` must say why `assign` gives none, if so.")


def leaves_earlier_snapshots_alone(trial: Trial) -> None:
    """What training does next must not change the arrays of a snapshot."""
    for snapshot, copies in zip(trial.digits.snapshots, trial.digits.copies, strict=True):
        for name, value in arrays(snapshot).items():
            kept = np.array_equal(value, copies[name])
            _claim(kept, trial, f"{name} of a snapshot changed while training went on; give the snapshot a copy.")


def draws_randomness_from_rng_alone(trial: Trial) -> None:
    """Same seed, same bits, whatever else draws random numbers or trains beside it; another seed, other bits."""
    touched = trial.digits.touched or trial.other_seed.touched
    _claim(not touched, trial, f"it draws from a source of randomness that all runs share ({touched}); use rng.")
    alone = {0: trial.digits.snapshots, 1: trial.other_seed.snapshots}
    _claim(not same(alone[0], alone[1]), trial, "seeds 0 and 1 give the same numbers; it must draw from rng.")
    with shared_sources_reseeded():
        together = train_interleaved(trial, alone)
        for seed, snapshots in together.items():
            if not same(alone[seed], snapshots):
                again = same(alone[seed], trial.train(digits(), trial.short(), seed).snapshots)
                _claim(again, trial, f"two trainings with the same seed ({seed}) differ.")
                _claim(False, trial, "two runs that train at the same time in two threads change each other's numbers.")


def finds_groups_that_lie_far_apart(trial: Trial) -> None:
    """More than nine of ten points of four well separated groups."""
    from scipy.optimize import linear_sum_assignment

    points, labels = blobs(), trial.groups.snapshots[-1].labels
    _claim(labels is not None, trial, "its last snapshot has no labels.")
    found = np.asarray(labels)
    table = np.zeros((max(points.k, int(found.max()) + 1), points.k))
    np.add.at(table, (found[found >= 0], points.truth[found >= 0]), 1)
    accuracy = table[linear_sum_assignment(-table)].sum() / len(points.truth)
    _claim(accuracy > 0.9, trial, f"of four groups far apart it finds an ACC of {accuracy:.2f} only.")


def runs_every_preset(trial: Trial) -> None:
    """If only for some epochs with small networks: to its last phase, with all that it provides."""
    for preset in trial.method.presets:
        hp = trial.short(preset.title, PRESET)
        last = trial.train(digits(), hp).snapshots[-1]
        end = list(trial.method.plan(hp))[-1]
        ended = last.phase == end and trial.method.provides <= last.has
        _claim(ended, trial, f"preset {preset.title!r} ends in phase {last.phase!r} or lacks what {end!r} provides.")


def refuses_impossible_requests_in_a_sentence(trial: Trial) -> None:
    """EpochscopeError where there are more clusters than points, or than distinct points."""
    for x, k, word in ((blobs().x[:3], 4, "number of clusters"), (torch.ones(40, 5), 3, "distinct")):
        try:
            list(trial.method.run(x, k, trial.short(), generator(0)))
        except EpochscopeError as error:
            _claim(word in str(error), trial, f"{len(x)} points, k = {k}: the message must speak of {word!r}: {error}")
        else:
            distinct = len(x.unique(dim=0))
            _claim(False, trial, f"k = {k} with {len(x)} points ({distinct} distinct) must raise an EpochscopeError.")


def works_at_both_ends_of_k(trial: Trial) -> None:
    """One cluster, and as many clusters as points."""
    x, truth, _ = blobs()
    for k in (1, 12):
        last = trial.train(Points(x[:12], truth[:12], k), trial.short()).snapshots[-1]
        most = MOST_CLUSTERS if trial.method.finds_k else k
        _claim(last.labels is not None and last.labels.max() < most, trial, f"12 points, k = {k}: no clusters.")
        _claim(
            last.centers is None or len(last.centers) == k, trial, f"12 points with k = {k}: there must be k centers."
        )


RULES: tuple[Callable[[Trial], None], ...] = (
    has_the_parts_of_a_method,
    offers_no_way_in_for_labels,
    begins_with_a_snapshot_and_can_be_closed,
    follows_its_plan,
    progress_counts_up_to_its_total,
    snapshots_are_whole_and_finite,
    provides_what_it_declares,
    leaves_earlier_snapshots_alone,
    draws_randomness_from_rng_alone,
    finds_groups_that_lie_far_apart,
    runs_every_preset,
    refuses_impossible_requests_in_a_sentence,
    works_at_both_ends_of_k,
    takes_in_new_points,
)
"""The contract, rule by rule; each raises AssertionError with one sentence."""
