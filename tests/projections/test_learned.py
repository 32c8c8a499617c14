"""A learned projection: one network for all epochs, stored, and used for new codes and other runs."""

from __future__ import annotations

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.formulas.trust import excess_motion, neighborhoods, trust
from epochscope.projections.learned import LEARNED, LearnedParams, chosen_epochs, learn, place
from epochscope.runs.format import projector_file
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import DamagedError
from epochscope.runs.training.learned import placed
from epochscope.runs.training.projection_frames import ProjectionSpec, compute_frames

FEW = {"steps": 300, "sample": 200, "epochs": 3, "width": 32}


def wandering(epochs: int, seed: int = 0, m: int = 200, d: int = 6) -> list[np.ndarray]:
    """Codes of clouds that part from epoch to epoch."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 5, m)
    middles, noise = rng.normal(size=(5, d)), rng.normal(size=(m, d))
    return [(noise + middles[group] * (1 + 4 * e / epochs)).astype(np.float32) for e in range(epochs)]


def recorded(codes: list[np.ndarray], name: str = "codes") -> Run:
    with Recorder(name, k=5, epochs=len(codes)) as recorder:
        for z in codes:
            recorder.log(z=z, losses={"loss": 1.0})
        assert recorder.run
    return Run(recorder.run)


def test_epochs_to_learn_from_are_evenly_spread():
    assert chosen_epochs([0, 2, 4, 6, 8], 3) == [0, 4, 8]
    assert chosen_epochs([3, 5], 6) == [3, 5]
    assert chosen_epochs([7], 6) == [7]


def test_it_keeps_neighbors_in_epochs_that_it_has_not_seen():
    codes = wandering(5)
    hp = LearnedParams(**FEW)
    weights = learn([codes[0], codes[2], codes[4]], hp, 0)
    again = learn([codes[0], codes[2], codes[4]], hp, 0)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    by_chance = 15 / 199
    for z in (codes[1], codes[3]):
        assert trust(neighborhoods(z, place(z, weights), 200)).mean() > 3 * by_chance


def test_steadiness_asks_points_not_to_move_farther_than_their_codes():
    codes = wandering(3, d=10)

    def moved(steady: float) -> float:
        weights = learn(codes, LearnedParams(**FEW, steady=steady), 0)
        first, second = (place(z, weights) for z in codes[:2])
        return excess_motion(codes[0], codes[1], first, second)

    assert moved(20.0) < moved(0.0)


def test_frames_of_a_run_come_from_one_stored_network_that_draws_new_codes_and_other_runs():
    codes = wandering(4)
    run, spec = recorded(codes), ProjectionSpec("learned", FEW)
    compute_frames(run, spec)
    journal = run.frames(spec.name)
    assert sorted(line["epoch"] for line in journal.lines()) == [0, 1, 2, 3]
    assert all(0 < line["trust"] <= 1 for line in journal.lines())
    weights = projector_file.read(run.folder / "projections" / spec.name)
    line = next(line for line in journal.lines() if line["epoch"] == 2)
    z = run.array(2, "z").astype(np.float32)
    assert read_xy(journal, line) == pytest.approx(place(z, weights), abs=2 * line["scale"] / 32767)
    new = np.vstack([z[:3] + 0.1, np.full((1, 6), np.nan)]).astype(np.float32)
    assert placed(run, spec, new)[:3] == pytest.approx(place(new[:3], weights))
    assert np.isnan(placed(run, spec, new)[3]).all()

    other = recorded(wandering(2, seed=1), "other")
    same = ProjectionSpec("learned", {**FEW, "like": run.id})
    compute_frames(other, same)
    line = other.frames(same.name).lines()[0]
    z = other.array(line["epoch"], "z").astype(np.float32)
    expected = place(z, weights)
    assert read_xy(other.frames(same.name), line) == pytest.approx(expected, abs=2 * line["scale"] / 32767)


@pytest.mark.parametrize(
    ("d", "like", "words"),
    [(4, True, "learned from codes of 6 dimensions, but these have 4"), (6, False, "There is no run 'nobody'")],
)
def test_what_cannot_be_drawn_like_another_run_is_said_in_words(d, like, words):
    run = recorded(wandering(2))
    compute_frames(run, ProjectionSpec("learned", FEW))
    other = recorded(wandering(1, d=d), "other")
    spec = ProjectionSpec("learned", {**FEW, "like": run.id if like else "nobody"})
    compute_frames(other, spec)
    assert words in (other.folder / "projections" / spec.name / "error.txt").read_text()


def test_a_run_that_trains_is_waited_for():
    spec = ProjectionSpec("learned", FEW)
    with Recorder("codes", k=5, epochs=3) as recorder:
        recorder.log(z=wandering(1)[0], losses={"loss": 1.0})
        run = Run(recorder.run)
        compute_frames(run, spec)
        assert "wait for its end" in (run.folder / "projections" / spec.name / "error.txt").read_text()
        assert not run.frames(spec.name).lines()
    compute_frames(run, spec)
    assert len(run.frames(spec.name).lines()) == 1


def test_codes_that_are_one_point_are_drawn_as_one():
    heap = np.full((50, 6), 3.0, np.float32)
    xy = LEARNED.project(heap, LearnedParams(**FEW), None, 0).xy
    assert np.ptp(xy, axis=0).max() == 0
    assert np.isfinite(xy).all()


@pytest.mark.parametrize("damage", ["cut", "shape", "nan"])
def test_a_damaged_network_is_refused_in_one_sentence(tmp_path, damage):
    weights = dict(learn(wandering(1), LearnedParams(**{**FEW, "steps": 50}), 0))
    if damage == "shape":
        weights["w1"] = weights["w1"][:-1]
    if damage == "nan":
        weights["b0"] = weights["b0"] * np.nan
    projector_file.write(tmp_path, weights)
    path = tmp_path / projector_file.NAME
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(
        DamagedError, match=r"projector\.safetensors is damaged .*; delete it, and it is learned again\.$"
    ):
        projector_file.read(tmp_path)
    assert projector_file.read(tmp_path / "nowhere") is None
