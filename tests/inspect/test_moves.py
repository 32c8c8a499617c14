"""A move in words, bars and formulas: the numbers add up, and the formula gives what it says."""

import re

import numpy as np
import pytest
import torch
from epochscope.formulas.assignment import student_t, student_t_pulls, target
from epochscope.formulas.mixture import mixture_pulls
from epochscope.inspect import moves as about
from epochscope.inspect.moves import Move, MovePart, State

RNG = np.random.default_rng(0)
PARTS = [
    MovePart("pull", 0, True),
    MovePart("pull", 1, True),
    MovePart("reconstruction", -1, True),
    MovePart("pull", 0, False),
    MovePart("reconstruction", -1, False),
    MovePart("steps before", -1, False),
]


def state(s: int = 1, *, mixture: bool = False) -> State:
    z, mu = RNG.normal(size=(s, 3)), RNG.normal(size=(4, 3))
    q = student_t(torch.tensor(z), torch.tensor(mu), 2.0)
    if mixture:
        return State(z, q.numpy(), None, mu, RNG.uniform(0.5, 1, (4, 3)), None)
    return State(z, q.numpy(), target(q).numpy(), mu, None, 2.0)


def move(s: int = 1, **more) -> Move:
    moved = RNG.normal(size=(len(PARTS), s, 3))
    true = moved.sum(axis=0) + 0.01 * RNG.normal(size=(s, 3))
    return Move(np.arange(s), 4, 5, PARTS, moved, true, state(s, **more), 7, s, 1.0)


@pytest.mark.parametrize("s", [1, 5])
@pytest.mark.parametrize("most", [2, 4, 9])
def test_bars_and_remainder_add_up_to_the_length(s, most):
    made = move(s)
    found = about.bars(made, most)
    length = np.linalg.norm(made.true.mean(axis=0))
    assert sum(bar.along for bar in found) == pytest.approx(length)
    np.testing.assert_allclose(np.sum([bar.vector for bar in found], axis=0), made.true.mean(axis=0))
    assert len(found) <= most + 2
    assert found[-1].words == "remainder"
    total = about.sums(made)
    assert total.own + total.others + total.before + total.remainder == pytest.approx(total.length)
    assert made.left_over == pytest.approx(np.linalg.norm(made.remainder.mean(axis=0)) / length)
    assert [row["share"] for row in about.table(made)] == pytest.approx(
        [bar.along / length for bar in about.bars(made, len(PARTS))]
    )


def test_names_say_whose_part_it_is():
    words = [about.part_words(part) for part in PARTS]
    assert words == [
        "own: pull of center 0",
        "own: pull of center 1",
        "own: reconstruction",
        "others in cluster 0: pulls",
        "others: reconstruction",
        "steps before",
    ]
    assert about.part_words(MovePart("pull", -1, False)) == "others: pulls on them"


def numbers(latex: str) -> list[float]:
    power = re.compile(r" \\cdot 10\^\{(-?\d+)\}")
    return [float(text) for text in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", power.sub(r"e\1", latex))]


def test_the_formula_of_a_pull_gives_its_number():
    made = move()
    first, second = about.pull_formula(made).split(r" \\[4pt] ")
    factor, w, p, q, distance, result = numbers(second.replace("_{0,", "").partition("&=")[2])
    assert factor * w * abs(p - q) * distance == pytest.approx(result, rel=0.05)  # three digits each
    assert result == pytest.approx(np.linalg.norm(about.pulls(made.state)[0], axis=1).max(), rel=0.01)
    assert r"\nu" in first
    of_mixture = about.pull_formula(move(mixture=True))
    assert r"\sigma" in of_mixture
    assert about.pull_formula(made._replace(state=made.state._replace(q=None))) == ""


def test_pulls_are_those_of_the_training():
    one, two = state(3), state(3, mixture=True)
    z, mu, p = (torch.tensor(array) for array in (one.z, one.centers, one.p))
    np.testing.assert_allclose(about.pulls(one), student_t_pulls(z, mu, p, 2.0), atol=1e-12)
    z, mu, gamma = (torch.tensor(array) for array in (two.z, two.centers, two.q))
    log_var = torch.tensor(two.spread).log() * 2
    np.testing.assert_allclose(about.pulls(two), mixture_pulls(gamma, z, mu, log_var), atol=1e-12)
    assert about.pulls(two._replace(spread=None)) is None


def test_the_sentence_and_the_sum_have_the_numbers():
    made = move()
    said, total = about.sentence(made), about.sums(made)
    assert said.startswith(
        f"Point 0 moved by {total.length:.3g} from epoch 4 to 5: {round(100 * total.own / total.length):,} %"
    )
    assert f"shared weights, {round(100 * total.before / total.length):,} % by steps before." in said
    assert "remainder" in about.sum_formula(made)
    assert numbers(about.sum_formula(made))[0] == pytest.approx(total.length, rel=0.01)
    still = made._replace(true=np.zeros_like(made.true), moved=np.zeros_like(made.moved))
    assert about.sentence(still) == "Point 0 did not move from epoch 4 to 5."
    assert still.left_over == 0
    assert "The 5 points, on average, moved by" in about.sentence(move(5))


def test_a_linear_projection_is_recognized_by_its_frame():
    z = RNG.normal(size=(60, 5))
    axes, origin = RNG.normal(size=(5, 2)), np.array([3.0, -1.0])
    found = about.plane_map(z, z @ axes + origin)
    np.testing.assert_allclose(found.axes, axes, atol=1e-9)
    np.testing.assert_allclose(found.origin, origin, atol=1e-9)
    assert about.plane_map(z, np.tanh(z @ axes)) is None
    gaps = (z @ axes + origin).copy()
    gaps[::7] = np.nan
    np.testing.assert_allclose(about.plane_map(z, gaps).axes, axes, atol=1e-9)
    assert about.plane_map(z[:2], (z @ axes)[:2]) is None
