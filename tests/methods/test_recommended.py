"""The preset for any data: its sizes at the corners of its range, plain numbers, and that it trains there."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from epochscope.methods import METHODS
from epochscope.methods.base import FAST, RECOMMENDED, TYPICAL, Method, Preset, Size
from epochscope.methods.shared.presets import batch_of, center_rate, reconstruction_weight, restarts_of, short, sized
from epochscope.nets.device import generator
from epochscope.testing import Points
from epochscope.types import Snapshot

from tests.support.methods import EACH

HAVE_IT = [key for key, method in METHODS.items() if RECOMMENDED in {p.title for p in method.presets}]
MOST = {"dasc": 2000}  # points that a method takes
CORNERS = [Size(n, f, k) for n in (500, 70_000) for f in (2, 20_000) for k in (2, 50)]
SHORT = {"pretrain.epochs": 2, "cluster.epochs": 2, "epochs": 3, "cluster.restarts": 2, "restarts": 2}


def test_every_method_has_it() -> None:
    assert list(METHODS) == HAVE_IT


@pytest.mark.parametrize("size", CORNERS, ids=str)
@pytest.mark.parametrize("key", HAVE_IT)
def test_its_values_are_in_range_plain_and_fit_the_data(key: str, size: Size) -> None:
    size = size._replace(n=min(size.n, MOST.get(key, size.n)))
    hp = METHODS[key].start(RECOMMENDED, size)
    n, f, k = size
    hp.check(n=n, f=f, k=k)
    assert hp.flat().get("net.d", f) <= f
    assert METHODS[key].params().but(json.loads(json.dumps(hp.flat()))) == hp
    assert hp == METHODS[key].start(RECOMMENDED, size)


def test_sizes_follow_the_rule() -> None:
    assert [batch_of(n) for n in (1, 500, 2000, 10_000, 70_000)] == [32, 32, 64, 256, 256]
    assert [sized(Size(2000, 784, k))["net.d"] for k in (2, 10, 50)] == [5, 10, 20]
    assert sized(Size(500, 2, 50))["net.d"] == 2
    assert [sized(Size(500, f, 5))["net.widths"] for f in (2, 64, 784)] == ["64-64", "256-256", "500-500"]
    steps = [sized(Size(n, 10, 5))["pretrain.epochs"] * -(-n // batch_of(n)) for n in (2000, 5000, 20_000)]
    assert all(2500 <= count < 2600 for count in steps)
    assert [restarts_of(Size(70_000, f, 10)) for f in (784, 2000, 20_000)] == [20, 14, 3]
    assert [center_rate(k) for k in (2, 10, 50)] == [0.1, 0.5, 0.9]
    assert [reconstruction_weight(f) for f in (2, 250, 2500)] == [1, 1, 0.1]


def test_without_a_size_it_is_that_of_typical_data_and_other_presets_do_not_depend_on_it() -> None:
    dec = METHODS["dec"]
    assert dec.start(RECOMMENDED) == dec.start(RECOMMENDED, TYPICAL)
    assert dec.start("quick demo", Size(5, 2, 2)) == dec.start("quick demo")


def test_a_data_set_of_the_program_begins_with_the_quick_preset() -> None:
    dec, kmeans = METHODS["dec"], METHODS["kmeans"]
    assert (dec.default_preset(demo=True), dec.default_preset(demo=False)) == ("quick demo", RECOMMENDED)
    assert kmeans.default_preset(demo=False) == RECOMMENDED
    assert dec.default_preset(demo=True, known_points=10_000) == "quick demo"
    assert dec._replace(presets=()).default_preset(demo=False) == ""


def test_clusters_are_those_that_the_preset_names_or_the_classes() -> None:
    soft = METHODS["soft_kmeans"]
    assert [soft.clusters("as in the paper", classes) for classes in (0, 7)] == [3, 3]
    assert [soft.clusters("quick demo", classes) for classes in (0, 7)] == [10, 7]
    assert soft.clusters("", 7) == 7


def test_known_data_of_many_points_begin_with_the_fast_preset() -> None:
    dec, idec = METHODS["dec"], METHODS["idec"]
    assert [dec.default_preset(demo=False, known_points=n) for n in (5000, 5001)] == [RECOMMENDED, FAST]
    assert idec.default_preset(demo=False, known_points=10_000) == RECOMMENDED


def test_the_fast_preset_takes_as_many_steps_whatever_n_is() -> None:
    at = {n: short(Size(n, 784, 10)) for n in (500, 10_000, 70_000, 200_000)}
    assert [at[n]["pretrain.epochs"] for n in at] == [25, 10, 5, 5]
    assert short(Size(20_000, 50_000, 10))["pretrain.epochs"] == 16  # without a graph
    assert {values["net.d"] for values in at.values()} == {10}
    assert [short(Size(500, f, 2))["pretrain.noise"] for f in (2, 64, 784)] == [0.0, 0.2, 0.7]
    assert [short(Size(500, f, k))["net.d"] for f, k in ((2, 50), (64, 50), (64, 2))] == [2, 20, 5]
    assert METHODS["dec"].start(FAST, Size(10_000, 784, 10)).flat()["cluster.batch"] == 256


def test_a_rule_of_a_preset_stands_above_its_values() -> None:
    preset = Preset("own", {"nu": 2.0, "cluster.T": 7}, "Here.", lambda size: {"nu": size.k / 10})
    assert preset.at(Size(10, 2, 5)) == {"nu": 0.5, "cluster.T": 7}
    method: Method = METHODS["dec"]._replace(presets=(preset,))
    assert method.start(None, Size(10, 2, 5)).nu == 0.5


@pytest.mark.parametrize("key", EACH)
@pytest.mark.parametrize("f", [2, 300])
def test_it_trains_on_few_points(key: str, f: int) -> None:
    x = torch.randn(100, f, generator=generator(0))
    points = Points(x, np.zeros(100), 3)
    hp = METHODS[key].start(RECOMMENDED, Size(100, f, 3))
    hp = hp.but({name: value for name, value in SHORT.items() if name in hp.flat()})
    last = [s for s in METHODS[key].run(points.x, 3, hp, generator(0)) if isinstance(s, Snapshot)][-1]
    assert last.phase == "cluster"
    assert last.labels is not None
