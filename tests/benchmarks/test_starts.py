"""The experiment on starts: each start is what it says, it resumes, and the one with labels is named so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from epochscope.formulas.mixture import log_density
from epochscope.methods import dkm
from epochscope.nets.device import generator
from sklearn.mixture import GaussianMixture

from benchmarks import starts
from benchmarks.rows import read_lines

CALL = ["--dataset", "digits", "--n", "120", "--seeds", "1", "--preset", "quick demo"]


def ended(work):
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def codes() -> tuple[torch.Tensor, torch.Tensor]:
    truth = torch.arange(60) % 3
    return 4.0 * truth[:, None] + torch.randn(60, 2, generator=generator(0)), truth


def test_the_start_with_labels_is_their_mixture_and_their_centers():
    z, truth = codes()
    assert "uses labels" in starts.CLASSES
    first = ended(starts.first_of(starts.CLASSES, truth)("", z, 3, 1, generator(0), x=z))
    torch.testing.assert_close(first.centers, torch.stack([z[truth == j].mean(dim=0) for j in range(3)]))
    mixture = ended(starts.mixtures(starts.CLASSES, truth)("", z, 3, 1, generator(0), floor=1e-3, x=z))
    torch.testing.assert_close(mixture.mu, first.centers)
    torch.testing.assert_close(mixture.log_var.exp(), torch.stack([z[truth == j].var(dim=0) for j in range(3)]))


def test_the_likeliest_mixture_is_as_likely_as_scikit_learn_s():
    z, _ = codes()
    found = ended(starts.likeliest(z, 3, generator(0), 1e-6))
    theirs = GaussianMixture(3, covariance_type="diag", n_init=10, random_state=0, tol=1e-6).fit(z.double().numpy())
    assert float(log_density(z, *found).mean()) == pytest.approx(theirs.score(z.double().numpy()), abs=1e-3)


def test_a_method_begins_with_the_start_that_it_is_given():
    truth = torch.tensor(np.arange(40) % 2)
    with starts.started("dkm", starts.CLASSES, truth):
        z = torch.randn(40, 3, generator=generator(1))
        first = ended(dkm.first_clusters("anything", z, 2, 1, generator(0), x=z))
    assert first.labels is truth
    assert dkm.first_clusters is starts.first_clusters


def test_it_resumes_and_prints_what_is_there(tmp_path, monkeypatch, capsys):
    calls = []

    def trained(asked, data):
        calls.append((asked["method"], asked["start"]))
        part = {"acc": 0.5, "nmi": 0.4, "lost": ["4", "9"]}
        return {"begun": part, "ended": {**part, "acc": 0.75}, "losses": {}}

    monkeypatch.setattr(starts, "trained", trained)
    call = [*CALL, "--results", str(tmp_path / "starts.jsonl")]
    starts.main(call)
    assert calls == [(method, start) for method, known in starts.STARTS.items() for start in known]
    starts.main(call)
    assert len(calls) == len(read_lines(tmp_path / "starts.jsonl")) == 8
    told = capsys.readouterr().out
    assert "| digits | 120 | dkm | quick demo | true classes (uses labels) | 0.500 | 0.750 | 0.400 |" in told
    assert "| 4, 9 | 1 |" in told
