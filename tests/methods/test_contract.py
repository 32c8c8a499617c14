"""What every method promises, whatever it computes."""

from __future__ import annotations

import inspect
import threading
from itertools import groupby

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.nets.device import generator
from epochscope.types import EXTRAS, EpochscopeError, Snapshot, Tick
from scipy.optimize import linear_sum_assignment

from tests.support.quick_runs import Points, arrays, same, snapshots, steps
from tests.support.quick_runs import brief as quick

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


@pytest.fixture(params=["digits", "blobs"])
def points(request: pytest.FixtureRequest) -> Points:
    return request.getfixturevalue(request.param)


@every_method
def test_phases_come_in_the_order_and_length_of_the_plan(method: Method, points: Points) -> None:
    hp = quick(method)
    plan = method.plan(hp)
    seen = {phase: len(list(group)) for phase, group in groupby(s.phase for s in snapshots(method, points, hp))}
    assert list(seen) == list(plan)
    assert all(1 <= count <= plan[phase] + 1 for phase, count in seen.items())  # the start, and one per epoch


@every_method
def test_snapshots_are_whole_finite_and_read_only(method: Method, points: Points) -> None:
    n = len(points.x)
    for snapshot in snapshots(method, points, quick(method)):
        held = arrays(snapshot)
        assert snapshot.z.shape[0] == n
        assert all(np.isfinite(value).all() for value in held.values())
        assert not any(value.flags.writeable for value in held.values())
        assert all(np.isfinite(value) for value in (snapshot.losses | snapshot.measures).values())
        sizes = {"n": n, "k": points.k, "f": points.x.shape[1], "d": snapshot.z.shape[1], "two": 2, "three": 3}
        for name, value in snapshot.extra.items():
            axes = EXTRAS[name].axes.split()
            assert len(axes) == value.ndim, name
            for axis, size in zip(axes, value.shape, strict=True):
                assert sizes.setdefault(axis, size) == size or axis in "rmgbs", (name, axis)
        if snapshot.labels is not None:
            assert snapshot.labels.shape == (n,)
            assert 0 <= snapshot.labels.min() <= snapshot.labels.max() < points.k
        if snapshot.centers is not None:
            assert snapshot.centers.shape == (points.k, snapshot.z.shape[1])
        for soft in (snapshot.q, snapshot.p):
            if soft is not None:
                np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-5)


@every_method
def test_last_phase_provides_what_is_declared(method: Method, points: Points) -> None:
    hp = quick(method)
    last = list(method.plan(hp))[-1]
    for snapshot in snapshots(method, points, hp):
        assert snapshot.has <= method.provides
        if snapshot.phase == last:
            assert snapshot.has == method.provides


@every_method
def test_training_does_not_change_earlier_snapshots(method: Method, digits: Points) -> None:
    kept = []
    for step in method.run(digits.x, digits.k, quick(method), generator(0)):
        if isinstance(step, Snapshot):
            kept.append((step, {name: value.copy() for name, value in arrays(step).items()}))
    for snapshot, copies in kept:
        assert all(np.array_equal(value, copies[name]) for name, value in arrays(snapshot).items())


@every_method
def test_same_seed_gives_the_same_bits_and_another_seed_does_not(method: Method, digits: Points) -> None:
    hp = quick(method)
    first = snapshots(method, digits, hp, seed=5)
    torch.manual_seed(99)
    np.random.seed(99)
    assert same(first, snapshots(method, digits, hp, seed=5))
    assert not same(first, snapshots(method, digits, hp, seed=6))


@every_method
def test_two_runs_that_interleave_in_threads_do_not_touch_each_other(method: Method, digits: Points) -> None:
    hp = quick(method)
    alone = {seed: snapshots(method, digits, hp, seed) for seed in (1, 2)}
    together: dict[int, list[Snapshot]] = {1: [], 2: []}
    turn = threading.Barrier(2, timeout=60)

    def work(seed: int) -> None:
        for step in method.run(digits.x, digits.k, hp, generator(seed)):
            if isinstance(step, Snapshot):
                together[seed].append(step)
                if len(together[seed]) <= min(len(run) for run in alone.values()):
                    turn.wait()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(alone[1], together[1])
    assert same(alone[2], together[2])


@every_method
def test_no_global_random_state_is_touched(method: Method, digits: Points) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    snapshots(method, digits, quick(method))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


@every_method
def test_first_comes_a_snapshot_and_then_it_can_be_closed(method: Method, digits: Points) -> None:
    run = method.run(digits.x, digits.k, quick(method), generator(0))
    first = next(run)
    assert isinstance(first, Snapshot)
    assert first.labels is None  # nothing is clustered before anything is computed
    run.close()
    with pytest.raises(StopIteration):
        next(run)


@every_method
def test_ticks_count_up_to_their_total(method: Method, digits: Points) -> None:
    ticks = [step for step in steps(method, digits, quick(method)) if isinstance(step, Tick)]
    assert ticks
    assert all(1 <= tick.done <= tick.total for tick in ticks)


@every_method
def test_blobs_are_found(method: Method, blobs: Points) -> None:
    hp = quick(method, pretrain__epochs=20, cluster__epochs=10, pretrain__lr=3e-3)
    found = snapshots(method, blobs, hp)[-1].labels
    table = np.zeros((blobs.k, blobs.k))
    np.add.at(table, (found, blobs.truth), 1)
    assert table[linear_sum_assignment(-table)].sum() / len(found) > 0.9


@every_method
def test_no_way_in_for_labels(method: Method) -> None:
    assert list(inspect.signature(method.run).parameters) == ["x", "k", "hp", "rng"]
    words = {"y", "truth", "target", "targets", "true", "classes"}
    assert not words & {part for name in method.params().flat() for part in name.replace(".", "_").split("_")}


@pytest.mark.parametrize(
    ("method", "preset"),
    [pytest.param(m, p.title, id=f"{key}-{p.title}") for key, m in METHODS.items() for p in m.presets],
)
def test_every_preset_runs_if_only_for_some_epochs_with_small_networks(
    method: Method, preset: str, digits: Points
) -> None:
    short = {"epochs": 2, "critic__widths": "16", "critic__ahead": 2, "cluster__alphas": 2, "cluster__alpha_epochs": 1}
    last = snapshots(method, digits, quick(method, preset=preset, **short))[-1]
    assert last.phase == list(method.plan(method.start(preset)))[-1]
    assert method.provides <= last.has


@every_method
def test_presets_are_valid_and_name_their_source(method: Method) -> None:
    titles = [preset.title for preset in method.presets]
    assert (titles[0], titles[-1]) == ("quick demo", "as in the paper")
    for preset in method.presets:
        hp = method.params().but(preset.values)
        assert all(hp.flat()[name] == value for name, value in preset.values.items())
        assert preset.source.endswith(".")
        assert method.plan(hp)


@every_method
def test_file_states_its_departures_and_every_parameter_has_words(method: Method) -> None:
    assert "Departs from the paper:" in inspect.getmodule(method.run).__doc__
    for _, about in method.params.ranges():
        assert about.label
        assert about.help.endswith(".")


@every_method
def test_more_clusters_than_points_is_one_clear_sentence(method: Method, blobs: Points) -> None:
    with pytest.raises(EpochscopeError, match="number of clusters"):
        next(method.run(blobs.x[:3], 4, quick(method), generator(0)))


@every_method
def test_fewer_distinct_points_than_clusters_is_one_clear_sentence(method: Method) -> None:
    with pytest.raises(EpochscopeError, match="distinct"):
        list(method.run(torch.ones(40, 5), 3, quick(method), generator(0)))


@every_method
def test_one_cluster_and_as_many_clusters_as_points_work(method: Method, blobs: Points) -> None:
    for k in (1, 12):
        last = snapshots(method, Points(blobs.x[:12], blobs.truth[:12], k), quick(method))[-1]
        assert len(last.centers) == k
