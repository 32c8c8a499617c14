"""Compressed files: unzipped by content, never further than allowed, and clear words for what is wrong."""

import bz2
import gzip
import io
import tracemalloc
import zipfile

import pytest
from epochscope.data.unzip import in_pieces, lines, member, unzipped, zip_file
from epochscope.types import EpochscopeError

TEXT = b"one\ntwo\n" * 1_000
WRAPS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_content_is_the_same_however_it_is_packed(tmp_path, wrap):
    path = tmp_path / "file.gz"  # the name says nothing
    path.write_bytes(wrap(TEXT))
    with unzipped(path, len(TEXT)) as file:
        assert file.read(5) == TEXT[:5]
        assert [file.readline(), file.read()] == [b"wo\n", TEXT[8:]]
    with unzipped(path, 10**9) as file:
        assert len(TEXT) <= file.room <= 10**9
        assert in_pieces(file, 10**8) == TEXT


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_beyond_the_limit_is_refused_without_unpacking(tmp_path, wrap):
    path = tmp_path / "bomb"
    path.write_bytes(wrap(bytes(3_000_000)))
    tracemalloc.start()
    words = r"bomb is not this data set: it has more than 0\.1 MB"
    with pytest.raises(EpochscopeError, match=words), unzipped(path, 100_000) as file:
        list(lines(file, "bomb", 10**9))
    assert tracemalloc.get_traced_memory()[1] < 6_000_000  # bzip2 works in blocks of 0.9 MB
    tracemalloc.stop()


@pytest.mark.parametrize("wrap", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
@pytest.mark.parametrize("harm", [lambda b: b[:-9], lambda b: b[:40] + b"\xff\0\xff" + b[43:], lambda b: b[:12]])
def test_damage_is_named(tmp_path, wrap, harm):
    path = tmp_path / "file"
    path.write_bytes(harm(wrap(TEXT)))
    with pytest.raises(EpochscopeError, match="file is truncated or damaged"), unzipped(path, 10**6) as file:
        file.read()


def test_files_that_cannot_be_opened(tmp_path):
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(EpochscopeError, match="cannot be read"), unzipped(path, 10):
            pass


def test_lines_count_from_one_and_have_a_longest():
    assert list(lines(io.BytesIO(b"a\nbc"), "f", 2)) == [(1, b"a\n"), (2, b"bc")]
    with pytest.raises(EpochscopeError, match="f, line 2, is longer than any line"):
        list(lines(io.BytesIO(b"a\n" + b"x" * 10**6), "f", 2))


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in members.items():
            file.writestr(name, value)
    return content.getvalue()


def test_members_of_a_zip_file_on_the_disk_and_in_memory(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(inner=zipped(text=TEXT)))
    with zip_file(path, "a") as outer, zip_file(member(outer, "inner", 10**6), "b") as inner:
        assert member(inner, "text", len(TEXT)) == TEXT
    words = r"text is not this data set: it has more than 0\.000999 MB"
    with pytest.raises(EpochscopeError, match=words), zip_file(zipped(text=TEXT), "b") as file:
        member(file, "text", 999)


def lying(content, size):
    """The zip file with another unzipped size in its directory."""
    content = bytearray(content)
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = size.to_bytes(4, "little")
    return bytes(content)


def encrypted(content):
    content = bytearray(content)
    content[content.index(b"PK\1\2") + 8] |= 1
    content[6] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"rubbish", "b is truncated or damaged"),
        (zipped(text=TEXT)[:-30], "b is truncated or damaged"),
        (
            lying(zipped(text=bytes(10**6)), 1_000),
            "b is truncated or damaged",
        ),  # the checksum does not fit then
        (encrypted(zipped(text=TEXT)), "b has a password or an unsupported compression"),
    ],
    ids=["rubbish", "cut", "lie", "password"],
)
def test_bad_zip_files(content, words):
    with pytest.raises(EpochscopeError, match=words), zip_file(content, "b") as file:
        member(file, "text", 10**5)
