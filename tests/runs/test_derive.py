"""Projections over the epochs of a run: complete, in the right order, continued, refused in words."""

import numpy as np
import pytest
from epochscope import Recorder
from epochscope.projections import PROJECTIONS
from epochscope.rights import PROGRAM
from epochscope.runs.format.points import read_xy
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.projection_frames import Derivation, ProjectionSpec, compute_frames
from epochscope.runs.training.projector import Projector
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError
from filelock import Timeout

from tests.support.waiting import until

PCA = ProjectionSpec("pca", {})
SMALL = {"net.widths": "16", "pretrain.epochs": 2, "cluster.epochs": 2, "cluster.tol": 0.0}


@pytest.fixture
def run() -> Run:
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 150}, params=SMALL), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def coordinates(run: Run, line: dict) -> np.ndarray:
    values = np.frombuffer(run.frames(PCA.name).read(line["at"]["xy"]), "<i2").reshape(-1, 2)
    return values / 32767 * line["scale"] + line["center"]


def test_every_epoch_gets_one_frame_the_newest_first(run):
    compute_frames(run, PCA)
    assert [line["epoch"] for line in run.frames(PCA.name).lines()] == [5, 0, 1, 2, 3, 4]


def test_the_first_frame_is_the_projection_of_the_stored_codes(run):
    compute_frames(run, PCA)
    line = run.frames(PCA.name).lines()[0]
    z = run.array(5, "z").astype(np.float32)
    expected = PROJECTIONS["pca"].project(z, PROJECTIONS["pca"].params(), None, 0, None).xy
    assert coordinates(run, line) == pytest.approx(expected, abs=2 * line["scale"] / 32767)


def test_a_second_time_computes_nothing_and_a_third_continues_after_a_kill(run):
    compute_frames(run, PCA)
    compute_frames(run, PCA)
    journal = run.frames(PCA.name)
    assert len(journal.lines()) == 6
    whole = journal.lines_path.read_bytes()
    journal.lines_path.write_bytes(whole[:-7])  # the writer was killed in its last line
    compute_frames(run, PCA)
    assert sorted(line["epoch"] for line in run.frames(PCA.name).lines()) == list(range(6))


def test_other_parameters_are_other_frames(run):
    few = ProjectionSpec("pca", {"points": 100})
    assert few.name != PCA.name
    compute_frames(run, few)
    assert run.frames(few.name).lines()[0]["at"]["xy"][1] == 100 * 4
    assert run.frames(PCA.name).lines() == []


def logged(*codes: np.ndarray, **more) -> Run:
    with Recorder("codes", k=3) as rec:
        for z in codes:
            rec.log(z=z, **more)
    return Run(rec.run)


def test_points_whose_codes_are_not_finite_have_no_place_and_the_others_are_drawn():
    z = np.random.default_rng(0).normal(size=(150, 4))
    half = np.where((np.arange(150) % 2)[:, None], np.inf, z)
    run = logged(z, half, z * np.nan, z + 1, centers=np.full((3, 4), np.nan))
    for key, few in (("pca", {}), ("tsne", {"perplexity": 40.0, "first": 50, "iterations": 5})):
        spec = ProjectionSpec(key, few)
        compute_frames(run, spec)
        journal = run.frames(spec.name)
        xy = {line["epoch"]: read_xy(journal, line) for line in journal.lines()}
        odd = (run.points()["index"] % 2).astype(bool)
        assert sorted(xy) == [0, 1, 2, 3]
        assert np.isfinite(xy[0]).all()
        assert np.array_equal(np.isfinite(xy[1]).all(axis=1), ~odd)
        assert np.isnan(xy[2]).all()
        assert np.isfinite(xy[3]).all()


def test_codes_that_shrink_to_a_point_of_their_run_are_one_point():
    z = np.random.default_rng(0).normal(size=(150, 4))
    run = logged(z, z * 1e-6, z * 1e-2)
    compute_frames(run, PCA)
    xy = {line["epoch"]: coordinates(run, line) for line in run.frames(PCA.name).lines()}
    spread = [np.ptp(xy[epoch], axis=0).max() for epoch in range(3)]
    assert spread[1] < 1e-9 < 1e-2 * spread[0] / 2 < spread[2]


def test_two_writers_do_not_compute_the_same(run):
    with Derivation(run, PCA), pytest.raises(Timeout):
        Derivation(run, PCA).__enter__()


def test_what_cannot_be_is_kept_in_words(run):
    spec = ProjectionSpec("tsne", {"perplexity": 100.0})
    compute_frames(run, spec)
    reason = (run.folder / "projections" / spec.name / "error.txt").read_text()
    assert "150" in reason
    assert "choose at most 49" in reason


def test_an_unknown_projection_or_parameter_is_one_sentence():
    with pytest.raises(EpochscopeError, match="There is no projection 'nope'"):
        ProjectionSpec("nope", {})
    with pytest.raises(EpochscopeError, match="no parameter 'nope'"):
        ProjectionSpec("pca", {"nope": 1})


def test_the_projector_follows_a_run_while_it_trains(count_spec):
    writer = RunWriter(count_spec(epochs=30), PROGRAM)
    run, projector = Run(writer.id), Projector()
    projector.request(run, PCA, PROGRAM)
    projector.request(run, PCA, PROGRAM)  # asking twice costs nothing
    train(writer, Control())
    until(lambda: len(run.frames(PCA.name).lines()) == 31)


def test_the_projector_s_process_computes_what_is_heavy(run):
    projector, spec = Projector(), ProjectionSpec("tsne", {"perplexity": 10.0, "first": 50, "iterations": 5})
    try:
        projector.request(run, spec, PROGRAM)
        until(lambda: len(run.frames(spec.name).lines()) == 6)
    finally:
        projector.shutdown()
