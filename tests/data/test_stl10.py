"""STL-10 from small files in the true format: planes of red, green and blue, each column by column."""

import numpy as np
import pytest
from epochscope.data import SOURCES, UnknownFileError, load
from epochscope.types import EpochscopeError

RNG = np.random.default_rng(0)
PICTURES = {part: RNG.integers(0, 256, (m, 96, 96, 3), dtype=np.uint8) for part, m in (("train", 70), ("test", 60))}


def place(cache, *, cut=0, label=None, more=b""):
    folder = SOURCES["stl10"].archive.path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    for part, pictures in PICTURES.items():
        content = b"".join(bytes(picture[:, :, c].T.tobytes()) for picture in pictures for c in range(3))
        (folder / f"{part}_X.bin").write_bytes(content[: len(content) - cut])
        labels = np.arange(len(pictures)) % 10 + 1
        labels[5] = labels[5] if label is None else label
        (folder / f"{part}_y.bin").write_bytes(labels.astype(np.uint8).tobytes() + more)
    return {"cache": cache, "offline": True, "accept_unknown": True}


@pytest.mark.parametrize("side", [16, 24, 32, 48])
def test_pictures_are_gray_upright_and_averaged(tmp_path, side):
    dataset = load("stl10", {"size": f"{side} x {side}"}, **place(tmp_path))
    assert dataset.x.shape == (130, side * side)
    rows = np.random.default_rng(0).permutation(130)
    every = np.concatenate([PICTURES["train"], PICTURES["test"]])[rows].astype(float)
    light = every @ [0.299, 0.587, 0.114]
    step = 96 // side
    for row, column in ((0, 0), (1, 3), (side - 1, 2)):  # height first, then width
        square = light[:, row * step : (row + 1) * step, column * step : (column + 1) * step]
        np.testing.assert_allclose(dataset.x[:, row * side + column], square.mean(axis=(1, 2)) / 255, atol=1e-5)
        np.testing.assert_allclose(dataset.pictures[:, row, column], square.mean(axis=(1, 2)), atol=0.51)
    np.testing.assert_array_equal(dataset.truth, np.concatenate([np.arange(70) % 10, np.arange(60) % 10])[rows])
    assert dataset.likelihood == "unit interval"
    assert dataset.scaling == f"gray, {side} x {side} pixels, divide by 255"
    assert "these files contain 130 points, 13,000 were published" in dataset.origin


def test_a_part_can_be_drawn(tmp_path):
    fetch = place(tmp_path)
    np.testing.assert_array_equal(load("stl10", {"n": 100}, **fetch).x, load("stl10", **fetch).x[:100])


@pytest.mark.parametrize(
    ("words", "about"),
    [
        (r"train_X\.bin has 69 images of 96 x 96 x 3 bytes and 27641 more bytes, .* 70 labels", {"cut": 7}),
        (r"train_X\.bin has 69 images .* and 0 more bytes", {"cut": 27_648}),
        ("70 images .* 71 labels", {"more": b"\1"}),
        (r"train_y\.bin has the label 11 in row 6, but labels are 0 to 9 or 1 to 10", {"label": 11}),
        ("has 0 images", {"cut": 70 * 27_648}),
    ],
)
def test_what_is_wrong_is_named(tmp_path, words, about):
    with pytest.raises(EpochscopeError, match=words):
        load("stl10", **place(tmp_path, **about))


def test_files_that_are_not_the_published_ones_are_refused_at_first(tmp_path):
    place(tmp_path)
    with pytest.raises(UnknownFileError, match=r"download it again \(https://cs\.stanford\.edu"):
        load("stl10", cache=tmp_path)
