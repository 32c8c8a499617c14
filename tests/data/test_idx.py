"""IDX files: round trip, clear words for every kind of damage, and no memory for what is not there."""

import contextlib
import gzip
import math
import struct
import tracemalloc

import numpy as np
import pytest
from epochscope.data.idx import read_idx
from epochscope.types import EpochscopeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def idx(shape, values, *, kind=8):
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(values)


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
@pytest.mark.parametrize("shape", [(3,), (2, 5), (4, 3, 2)])
def test_round_trip(tmp_path, shape, wrap):
    path = tmp_path / "file"
    wanted = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
    path.write_bytes(wrap(idx(shape, wanted.tobytes())))
    got = read_idx(path)
    assert got.dtype == np.uint8
    assert not got.flags.writeable
    np.testing.assert_array_equal(got, wanted)


GOOD = idx((4, 5), range(20))
DAMAGE = {
    "does not start with two zero bytes": b"<html>not found</html>",
    "two zero bytes": b"",
    "type 13": idx((4,), b"1234", kind=13),
    "0 dimensions": idx((), b"1"),
    "7 dimensions": idx((1,) * 7, b"1"),
    "within its header": GOOD[:9],
    "at most 31 fit": idx((4, 8), range(19)),
    "truncated: it has 19 of 20": GOOD[:-1],
    "more bytes follow": GOOD + b"x",
    "is empty": idx((0, 28, 28), b""),
    "header announces 4000000000 x 4000000000 x 4000000000": idx((4_000_000_000,) * 3, b"12"),
    "truncated or damaged": gzip.compress(GOOD)[:-9],
    "is truncated or damaged": b"\x1f\x8b\x08\x00rubbish rubbish rubbish",
}


@pytest.mark.parametrize(("words", "content"), DAMAGE.items(), ids=DAMAGE)
def test_damage_is_named(tmp_path, words, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(EpochscopeError, match=words) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_wrong_gzip_checksum_is_noticed(tmp_path):
    path = tmp_path / "file"
    zipped = bytearray(gzip.compress(GOOD))
    zipped[-6] ^= 1
    path.write_bytes(zipped)
    with pytest.raises(EpochscopeError, match="damaged"):
        read_idx(path)


def test_more_than_the_limit_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(GOOD)
    with pytest.raises(EpochscopeError, match="at most 19 fit"):
        read_idx(path, most_bytes=19)


def test_a_missing_file_and_a_folder_are_errors_of_ours(tmp_path):
    with pytest.raises(EpochscopeError, match="cannot be read"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(EpochscopeError, match="cannot be read"):
        read_idx(tmp_path)


def test_a_zip_bomb_is_unpacked_no_further_than_its_header_says(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx((10,), bytes(60_000_000))))
    peak = _peak(path, match="more bytes follow")
    assert peak < 4_000_000


def test_a_promise_costs_no_memory(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(idx((500_000_000,), bytes(20)))
    assert _peak(path, match="header announces") < 200_000
    # Here the size of the zipped file would allow the promise, but the values are not there.
    noise = np.random.default_rng(0).bytes(600_000)
    path.write_bytes(gzip.compress(idx((500_000_000,), noise)))
    assert _peak(path, match="600000 of 500000000") < 4_000_000


def _peak(path, match):
    tracemalloc.start()
    try:
        with pytest.raises(EpochscopeError, match=match):
            read_idx(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


headers = st.builds(
    lambda zeros, kind, sizes, values: (
        zeros + bytes([kind, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + values
    ),
    st.sampled_from([b"\0\0", b"\0\0", b"\0\1"]),
    st.sampled_from([8, 8, 8, 9, 13, 0]),
    st.lists(st.integers(0, 6) | st.integers(0, 2**32 - 1), max_size=4),
    st.binary(max_size=300),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=300) | headers | headers.map(gzip.compress),
    flip=st.integers(0, 10_000),
    cut=st.booleans(),
)
def test_any_bytes_give_an_array_or_a_clear_error(tmp_path, content, flip, cut):
    if cut and content:
        content = bytearray(content)
        content[flip % len(content)] ^= 1 + flip % 255
    path = tmp_path / "file"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with contextlib.suppress(EpochscopeError):
            assert read_idx(path).size <= 1032 * len(content)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # gzip keeps a buffer of 128 KiB, one piece is 1 MiB at most, and only of values that are there
    assert peak < 600_000 + 3 * 1032 * len(content)
