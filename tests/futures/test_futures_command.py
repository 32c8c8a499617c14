"""`epochscope futures` and `epochscope.train_many`."""

from __future__ import annotations

import json

import epochscope
import numpy as np
import pytest
from epochscope.cli import main
from epochscope.futures.store import Futures


def test_the_command_trains_and_tells(capsys, flags):
    assert main(["futures", "--seeds", "3,5", "--json", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "done"
    assert [one["seed"] for one in told["members"]] == [3, 5]
    assert all(0 < one["acc"] <= 1 for one in told["members"])
    assert Futures(told["futures"]).status["epochs"] == told["epochs"] == 5
    for member in ([], ["--member", "1"]):  # all of them, and one as a run alone
        assert main(["cite", told["futures"], *member]) == 0
        assert main(["replay", capsys.readouterr().out, "--discard"]) == 0
        assert "All 5 epochs are the same, to the last bit." in capsys.readouterr().out
    assert main(["cite", told["futures"], "--member", "2"]) == 2
    assert "the members 0 to 1" in capsys.readouterr().err


def test_the_command_prints_a_line_an_epoch_and_takes_a_grid(capsys, flags):
    assert main(["futures", "--seeds", "0", "--grid", "nu=1,2", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("epoch") for line in lines) == 5
    assert "done: DEC on Digits 8 x 8, k = 10, 2 futures" in lines
    assert any(line.startswith("Agreement:") for line in lines)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--seeds", "0"], "2 to 64 members"),
        (["--seeds", "x"], "Seeds are whole numbers"),
        (["--method", "kmeans"], "are not taken together"),
        (["--grid", "nonsense=1"], "cannot vary 'nonsense'"),
        (["--grid", "nu"], "A grid is one NAME=VALUE"),
    ],
)
def test_a_wrong_request_is_one_sentence(capsys, flags, words):
    assert main(["futures", *flags]) == 2
    assert words in capsys.readouterr().err


def test_from_python_with_data_of_ones_own(small_values):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(center, 0.3, (60, 5)) for center in (-3, 0, 3)])
    values = {name: value for name, value in small_values.items() if "batch" not in name}
    many = epochscope.train_many(x, "dec", seeds=2, k=3, params=values | {"pretrain.batch": 64}, progress=False)
    assert many.state == "done"
    assert many.labels.shape == many.first_labels.shape == (2, 180)
    assert many.agreement.shape == (2, 2)
    assert many.members == ["seed 0", "seed 1"]
    assert set(many.history["member"]) == {0, 1}
    with pytest.raises(epochscope.EpochscopeError, match="2 to 64"):
        epochscope.train_many(x, "dec", seeds=1, k=3, progress=False)
