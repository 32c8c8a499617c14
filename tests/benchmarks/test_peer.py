"""The benchmark of the peer resumes, names what is missing, and writes lines beside ours; ClustPy itself is no part."""

from __future__ import annotations

import numpy as np
import pytest
from epochscope.runs.library.results import read, unpacked

from benchmarks import peer


@pytest.fixture
def asked(monkeypatch):
    """Clusters made up in place of ClustPy's; returns what it was asked for."""
    calls = []

    def clusters(method, x, k, seed, settings):
        calls.append((method, seed, dict(settings), x.shape, k))
        if method == "dkm":
            raise RuntimeError("out of luck")
        return np.arange(len(x)) % k

    monkeypatch.setattr(peer, "clusters", clusters)
    monkeypatch.setattr(peer, "find_spec", lambda _: True)
    monkeypatch.setattr(peer, "version", lambda _: "1.0")
    return calls


def test_it_resumes_seeds_first_and_names_what_is_missing(asked, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path))
    peer.points.cache_clear()
    path = tmp_path / "results.jsonl"
    call = ["--datasets", "usps", "blobs", "--methods", "dec", "dkm", "--seeds", "2", "--results", str(path)]
    peer.main([*call, "--pretrain-epochs", "3"])
    assert [(method, seed) for method, seed, *_ in asked] == [("dec", 0), ("dkm", 0), ("dec", 1), ("dkm", 1)]
    assert capsys.readouterr().err.count("usps is left out") == 1
    found = read(path)
    assert {(r.system, r.method, r.state) for r in found} == {("ClustPy", "dec", "done"), ("ClustPy", "dkm", "failed")}
    assert found[0].params == {"pretrain_epochs": 3}
    assert (found[0].n, found[0].f, found[0].k, found[0].message) == (1000, 2, 5, "")
    assert 0.2 < found[0].acc < 0.4
    assert len(unpacked(found[0].labels)) == 1000
    assert found[1].message == "RuntimeError: out of luck"
    peer.main([*call, "--pretrain-epochs", "3"])
    assert [method for method, *_ in asked[4:]] == ["dkm", "dkm"]
    peer.main(
        ["--datasets", "blobs", "--methods", "dec", "--seeds", "1", "--results", str(path), "--", "--data.n", "50"]
    )
    assert (read(path)[-1].n, read(path)[-1].data["n"]) == (50, 50)


def test_data_are_prepared_as_a_whole():
    x = np.array([[0, 2], [4, 10]], np.float32)
    assert peer.prepared(x, unit=True).tolist() == [[0, pytest.approx(0.2)], [pytest.approx(0.4), 1]]
    whole = peer.prepared(x, unit=False)
    assert (float(whole.mean()), float(whole.std())) == (pytest.approx(0, abs=1e-6), pytest.approx(1))


def test_without_the_peer_it_says_so(monkeypatch):
    monkeypatch.setattr(peer, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="pip install clustpy"):
        peer.main(["--datasets", "blobs"])
