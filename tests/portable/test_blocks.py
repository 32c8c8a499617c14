"""A run in blocks holds what the server would answer."""

import gzip
from collections.abc import Iterator

import numpy as np
import pytest
from epochscope.exports.embedding import PCA
from epochscope.portable import blocks
from epochscope.portable.blocks import NO_NEIGHBOR, NONE, frames_block, packed_run
from epochscope.portable.content import shown_projections
from epochscope.rights import PROGRAM, UNKNOWN
from epochscope.server import live, questions
from epochscope.server.bundle import unpacked
from epochscope.types import EpochscopeError


@pytest.fixture(scope="module")
def packed(run):
    assert shown_projections(run, PROGRAM) == [PCA]
    return packed_run(run, [PCA])


def arrays(block: bytes, name: str, kind: type) -> Iterator[tuple[dict, np.ndarray]]:
    """The lines of a block that have the array, with its numbers as they stand."""
    header, body = unpacked(gzip.decompress(block))
    for line in header["lines"]:
        if name in line["at"]:
            start, size = line["at"][name]
            yield line, np.frombuffer(body[start : start + size], kind)


def words(planes: np.ndarray) -> np.ndarray:
    """Differences from their bytes, low ones first: 0, 1, 2, 3 ... are 0, -1, 1, -2 ..."""
    low, high = np.split(planes.astype(np.int64), 2)
    small = low + 256 * high
    return np.where(small % 2, -(small + 1) // 2, small // 2)


def test_every_epoch_is_there_and_nothing_more_is_to_come(run, packed):
    header, _ = unpacked(gzip.decompress(packed.blocks["epochs"]))
    assert [line["epoch"] for line in header["epochs"]] == [line["epoch"] for line in run.epochs()]
    assert header["live"] is False
    assert header["frames"] == packed.state["epochs"] == []
    frames, _ = unpacked(gzip.decompress(packed.blocks[frames_block(PCA)]))
    assert [line["epoch"] for line in frames["frames"]] == list(range(len(run.epochs())))
    assert frames["epochs"] == []


def test_the_first_array_of_a_name_stands_as_it_is_and_others_are_differences(run, packed):
    sent, body = unpacked(live.bundle(run, epochs=0, projection="", frames=0))
    header, folded = unpacked(gzip.decompress(packed.blocks["epochs"]))
    with_labels = [i for i, line in enumerate(sent["epochs"]) if "labels" in line["at"]]
    assert len(with_labels) > 1
    before = np.zeros(len(run.points()["index"]), np.uint8)
    for i in with_labels:
        (start, size), (at, _) = sent["epochs"][i]["at"]["labels"], header["epochs"][i]["at"]["labels"]
        now = np.frombuffer(body[start : start + size], np.uint8)
        np.testing.assert_array_equal(np.frombuffer(folded[at : at + size], np.uint8) + before, now)
        before = now


def test_colors_are_those_of_the_server(run, packed):
    total = np.zeros(len(run.points()["index"]), np.uint8)
    found = list(arrays(packed.blocks["colors"], "entropy", np.uint8))
    assert found
    for line, differences in found:
        total = total + differences
        expected = questions.reply(run, "hues", {"epoch": str(line["epoch"])})
        assert total.tolist() == expected["entropy"]
        assert line["match"] == expected["match"]


def test_neighbors_are_those_of_the_server_in_thousandths(run, packed):
    header, _ = unpacked(gzip.decompress(packed.blocks["neighbors"]))
    last = header["lines"][-1]["epoch"]
    tables = {}
    for name in ("places", "weights", "divergences"):
        found = list(arrays(packed.blocks["neighbors"], name, np.uint8))
        total = np.sum([words(differences) for _, differences in found], axis=0) % 65_536
        tables[name] = total.reshape(-1, found[-1][0]["width"])
    for point in (0, 7):
        made = []
        for place, weight, divergence in zip(*(tables[name][point] for name in tables), strict=True):
            if place != NO_NEIGHBOR:
                made.append([None if value == NONE else value for value in (place, weight, divergence)])
        expected = questions.reply(run, "neighbors", {"epoch": str(last), "point": str(point)})["neighbors"]
        by_place = {place: (weight, js) for place, weight, js in expected}
        assert {place for place, *_ in made} == set(by_place)
        for place, weight, divergence in made:
            for value, exact in zip((weight, divergence), by_place[place], strict=True):
                assert (value is None) == (exact is None)
                assert value is None or abs(value / 1000 - exact) <= 0.00051


def test_what_would_be_large_is_left_out_and_named(run, monkeypatch):
    monkeypatch.setattr(blocks, "_MOST_NEIGHBOR_BYTES", 100)
    small = packed_run(run, [])
    assert "neighbors" not in small.blocks
    assert "neighbors" not in small.info["provides"]
    assert "the list of a point's neighbors" in small.left_out


def test_frames_are_computed_only_for_those_who_may(hostile):
    assert shown_projections(hostile, UNKNOWN) == []
    assert shown_projections(hostile, PROGRAM) == [PCA]


def test_a_run_that_no_browser_would_open_is_refused(run, monkeypatch):
    monkeypatch.setattr(blocks, "_MOST_BYTES", 1000)
    with pytest.raises(EpochscopeError, match="more than one page can show"):
        packed_run(run, [PCA])
