"""Parsed arrays that are kept for the next time."""

import numpy as np
import pytest
from epochscope.data.parsed_cache import parsed_cache


def test_made_once_then_read(tmp_path):
    folder, calls = tmp_path / "some" / "where", []

    def make():
        calls.append(1)
        return {"a": np.arange(3), "names": np.array(["x", "yz"])}

    for _ in range(3):
        got = parsed_cache(folder, "key", [], make)
        np.testing.assert_array_equal(got["a"], [0, 1, 2])
        assert got["names"].tolist() == ["x", "yz"]
    assert len(calls) == 1
    parsed_cache(folder, "other", [], make)
    assert len(calls) == 2
    file = tmp_path / "file"
    for content in (b"one", b"two", b"one"):
        file.write_bytes(content)
        parsed_cache(folder, "key", [file], make)
    assert len(calls) == 4
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["key", "key", "key", "other"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    assert parsed_cache(tmp_path / "file", "key", [], lambda: {"a": np.ones(1)})["a"] == 1

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.savez_compressed", full)
    assert parsed_cache(tmp_path / "b", "key", [], lambda: {"a": np.ones(1)})["a"] == 1
    assert list((tmp_path / "b").iterdir()) == []  # nothing half is left


def test_what_goes_wrong_in_the_making_is_passed_on(tmp_path):
    with pytest.raises(ZeroDivisionError):
        parsed_cache(tmp_path, "key", [], lambda: 1 / 0)
    assert list(tmp_path.iterdir()) == []
