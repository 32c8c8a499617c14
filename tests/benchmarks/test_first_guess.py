"""The benchmark of the first guess: a table of sets that need no file, and a line for a set whose file is missing."""

from benchmarks import first_guess, simulated


def test_each_set_is_a_line_with_both_scalings(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path))
    few = simulated.cells(0, n=200, genes=400)
    made = {"cells": ("", lambda: first_guess.arrays(*few)), **first_guess.SETS}
    monkeypatch.setattr(first_guess, "SETS", made)
    first_guess.main(["--sets", "cells", "wine", "MNIST", "--seeds", "1", "--points", "150"])
    head, _, cells, wine, missing = capsys.readouterr().out.splitlines()
    assert head.count("|") == cells.count("|") == 8
    assert cells.startswith("| cells, 150 x 400 | counts: median sum, log(1 + x) | 0.")
    _, scaling, alone, *scores = wine.removesuffix(" |").split(" | ")
    assert scaling == "standardize"
    assert 1 / 3 <= float(alone) <= float(scores[0][:5])
    assert scores[:2] == scores[2:]
    assert missing == f"MNIST: its file is not in {tmp_path}"


def test_simulations_are_settled_by_their_seed_and_have_the_groups_they_name():
    for make, groups in ((simulated.cells, 8), (simulated.texts, 6), (simulated.shares, 5)):
        one, again, other = make(0, n=60), make(0, n=60), make(1, n=60)
        assert (one.x == again.x).all()
        assert (one.x != other.x).any()
        assert one.truth.max() < groups
    assert abs(simulated.shares(0, n=5).x.sum(axis=1) - 100).max() < 1e-3
    assert (simulated.cells(0, n=9, genes=50).x % 1 == 0).all()
