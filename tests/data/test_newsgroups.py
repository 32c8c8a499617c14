"""20 Newsgroups from small archives in the true format, and from archives that mean harm."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from epochscope.data import load
from epochscope.data.newsgroups import GROUPS, bare, read_letters
from epochscope.types import EpochscopeError
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)

LETTER = """From: somebody@x.edu (Some Body)
Subject: Re: {group}

In article <1@y> other@y.edu writes:
> quoted {group}
I think the {word} is fine, caf\u00e9.

--
Some Body, signature
"""


def letter(c, i):
    return LETTER.format(group=GROUPS[c], word=f"thing{c} " * (1 + i % 3))


def archive(members, *, pack=gzip.compress):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as file:
        for name, value in members:
            about = tarfile.TarInfo(name)
            if isinstance(value, tarfile.TarInfo):
                value.name = name
                file.addfile(value)
            else:
                about.size = len(value)
                file.addfile(about, io.BytesIO(value))
    return pack(content.getvalue())


def letters(each=6):
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    yield "20news-bydate-test/alt.atheism", folder
    for part in ("test", "train"):
        for c, group in enumerate(GROUPS):
            for i in range(each):
                yield f"20news-bydate-{part}/{group}/{50_000 + i}", letter(c, i).encode("latin-1")


@pytest.fixture
def place(tmp_path):
    def write(content):
        folder = tmp_path / "20newsgroups"
        folder.mkdir(exist_ok=True)
        (folder / "20news-bydate.tar.gz").write_bytes(content)
        return {"cache": tmp_path, "parsed": tmp_path / "parsed", "accept_unknown": True, "offline": True}

    return write


def test_letters_become_vectors_and_counts_are_kept(place, tmp_path, monkeypatch):
    fetch = place(archive([*letters(), ("./20news-bydate-train/sci.med/9", b"\n\n??")]))
    dataset = load("20newsgroups", {"n": 10_000}, **fetch)
    assert len(dataset) == 240
    assert dataset.class_names == GROUPS
    assert np.bincount(dataset.truth).tolist() == [12] * 20
    assert "caf\u00e9" in dataset.feature_names
    assert "the" not in dataset.feature_names
    assert dataset.scaling.endswith("; 1 texts without any of the terms dropped")
    assert "these files contain 241 points, 18,846 were published" in dataset.origin
    thing = dataset.x[:, dataset.feature_names.index("thing13")]
    np.testing.assert_array_equal(thing > 0, dataset.truth == 13)

    (file,) = (tmp_path / "parsed").iterdir()
    monkeypatch.setattr("epochscope.data.newsgroups.read_letters", pytest.fail)
    again = load("20newsgroups", {"n": 100}, **fetch)  # neither read nor counted again
    np.testing.assert_array_equal(again.x, dataset.x[:100])
    monkeypatch.undo()
    file.write_bytes(b"damaged")
    np.testing.assert_array_equal(load("20newsgroups", {"n": 100}, **fetch).x, again.x)

    alone = load("20newsgroups", {"n": 10_000, "bare": True, "stop_words": False}, **fetch)
    assert {"thing3", "the"} <= set(alone.feature_names)
    assert not {"subject", "quoted", "signature"} & set(alone.feature_names)
    assert len(list((tmp_path / "parsed").iterdir())) == 2


def test_the_order_of_the_members_does_not_matter(place):
    first = load("20newsgroups", **place(archive(letters())))
    second = load("20newsgroups", **place(archive(reversed(list(letters())), pack=bytes)))
    np.testing.assert_array_equal(first.x, second.x)


CASES = [
    letter(0, 0),
    "no header at all",
    "head\n\n",
    "head\n\nbody\n-----\n",
    "head\n\nbody\n\nfoot",
    "head\n\n\n\nbody\n",
    "head\n\n-- \nbody",
    "a: b\n\nx wrote:\n| y\n> z\nown words\n\nQuoted from w\nfoot\n--\nfoot two",
    "",
    "\n\n\n",
    "head\n\n  \nbody with  \n  --  \n tail \n",
]


@pytest.mark.parametrize("text", CASES)
def test_bare_letters_are_those_of_scikit_learn(text):
    assert bare(text) == strip_newsgroup_quoting(strip_newsgroup_footer(strip_newsgroup_header(text)))


def link(target):
    about = tarfile.TarInfo()
    about.type, about.linkname = tarfile.SYMTYPE, target
    return about


def bomb(size):
    about = tarfile.TarInfo("20news-bydate-train/sci.med/1")
    about.size = size
    return about.tobuf() + bytes(1024)


def header_bomb():
    about = tarfile.TarInfo("././@LongLink")
    about.type, about.size = tarfile.GNUTYPE_LONGNAME, 8 * 10**9
    return about.tobuf(tarfile.GNU_FORMAT) + b"a" * 10**6


GOOD = ("20news-bydate-train/sci.med/1", b"words")
BAD = {
    "contains '../../etc/passwd', which is no text": archive([GOOD, ("../../etc/passwd", b"x")]),
    "contains '/etc/passwd'": archive([GOOD, ("/etc/passwd", b"x")]),
    "contains '20news-bydate-train/sci.med/../1'": archive([("20news-bydate-train/sci.med/../1", b"x")]),
    "contains '20news-bydate-train/sci.fi/1'": archive([("20news-bydate-train/sci.fi/1", b"x")]),
    "sci.med/2', which is no text": archive([GOOD, ("20news-bydate-train/sci.med/2", link("/etc/passwd"))]),
    "sci.med/1 in .* is not this data set: it has more than 2 MB": gzip.compress(bomb(5 * 10**9)),
    "it has more than 200 MB": gzip.compress(b"".join([bomb(10**6)[:512], bytes(10**6 - 10**6 % 512 + 512)]) * 230),
    "truncated or no tar": gzip.compress(header_bomb()),
    "truncated or damaged": archive([GOOD])[:-12],
    "is truncated or no tar archive": gzip.compress(b"rubbish" * 1_000),
    "contains no text of 20 Newsgroups": archive([]),
}


@pytest.mark.parametrize(("words", "content"), BAD.items(), ids=[words[:30] for words in BAD])
def test_what_is_wrong_is_named_and_nothing_is_written(place, tmp_path, words, content):
    fetch = place(content)
    with pytest.raises(EpochscopeError, match=words):
        load("20newsgroups", **fetch)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["20news-bydate.tar.gz"]


def test_a_text_that_is_cut_off_inside_is_an_error(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(archive([("20news-bydate-train/sci.med/1", b"w" * 5_000)], pack=bytes)[:3_000])
    with pytest.raises(EpochscopeError, match="truncated"):
        list(read_letters(path))
