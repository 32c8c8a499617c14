"""20 Newsgroups, the version sorted by date: posts of 1993 in twenty discussion groups.

The archive is read member by member and never unpacked to disk. Texts are latin-1.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sklearn
from scipy.sparse import csr_matrix

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, origin_note, points
from epochscope.data.parsed_cache import Arrays, parsed_cache
from epochscope.data.tfidf import as_points, count_terms, text_scaling, tfidf
from epochscope.data.unzip import too_large, unzipped
from epochscope.params import Params, param
from epochscope.types import Dataset, EpochscopeError

MOST_BYTES, MOST_IN_ONE = 200_000_000, 2_000_000
"""Limits for all texts and for one text: the largest has 160 kB, all together 36 MB."""

PUBLISHED = 18_846

GROUPS = (
    "alt.atheism",
    "comp.graphics",
    "comp.os.ms-windows.misc",
    "comp.sys.ibm.pc.hardware",
    "comp.sys.mac.hardware",
    "comp.windows.x",
    "misc.forsale",
    "rec.autos",
    "rec.motorcycles",
    "rec.sport.baseball",
    "rec.sport.hockey",
    "sci.crypt",
    "sci.electronics",
    "sci.med",
    "sci.space",
    "soc.religion.christian",
    "talk.politics.guns",
    "talk.politics.mideast",
    "talk.politics.misc",
    "talk.religion.misc",
)
_MEMBER = re.compile(r"(?:\./)?20news-bydate-(train|test)/([a-z.-]+)/(\d+)")
_QUOTE = re.compile(r"writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^\||^>")


@dataclass(frozen=True)
class NewsgroupsParams(Params):
    bare: bool = param(
        False,
        label="Only what the author wrote",
        help="Removes headers, footers and quotes, as DEC-keras does. Much harder: senders and subjects reveal a lot.",
    )
    stop_words: bool = param(
        True, label="Remove stop words", help="Removes words such as “the” and “of” (scikit-learn's list)."
    )
    n: int = points(PUBLISHED, 10_000)
    seed: int = draw_seed()
    scaling: str = text_scaling()


class Letter(NamedTuple):
    """One text, its name in the archive, and the index of its group."""

    name: str
    text: str
    group: int


def load(hp: NewsgroupsParams, fetcher: Fetcher) -> Dataset:
    """tf-idf of the drawn texts; terms and weights are computed from all texts."""
    path = fetcher.fetch(ARCHIVE)["20news-bydate.tar.gz"]
    # Reading and counting takes ten seconds, so the counts are cached.
    name = f"20newsgroups-{hp.bare:d}{hp.stop_words:d}-scikit-learn-{sklearn.__version__}"
    arrays = parsed_cache(fetcher.parsed, name, [path], lambda: _counts(path, hp))
    shape = (len(arrays["truth"]), len(arrays["terms"]))
    counts = csr_matrix((arrays["counts"], arrays["columns"], arrays["rows"]), shape=shape)
    texts = as_points(tfidf(counts), arrays["truth"].astype(np.int64), n=hp.n, seed=hp.seed, scaling=hp.scaling)
    return Dataset(
        key=SOURCE.key,
        title=SOURCE.title,
        x=texts.x,
        truth=texts.truth,
        class_names=GROUPS,
        feature_names=tuple(arrays["terms"].tolist()),
        scaling=texts.scaling,
        likelihood="real",
        origin=origin_note("K. Lang; version by date by J. Rennie; training and test part joined", shape[0], PUBLISHED),
        license="none stated; CC BY 4.0 at UCI",
    )


def _counts(path: Path, hp: NewsgroupsParams) -> Arrays:
    letters = sorted(read_letters(path))  # independent of the order in the archive
    counted = count_terms(
        (bare(letter.text) if hp.bare else letter.text for letter in letters), stop_words=hp.stop_words
    )
    return {
        "counts": counted.counts.data.astype(np.int32),
        "columns": counted.counts.indices.astype(np.int32),
        "rows": counted.counts.indptr.astype(np.int32),
        "terms": np.array(counted.terms),
        "truth": np.array([letter.group for letter in letters], dtype=np.uint8),
    }


def read_letters(path: Path) -> Iterator[Letter]:
    """All texts. Raises EpochscopeError naming the first member that does not belong to the set."""
    index = {group: i for i, group in enumerate(GROUPS)}
    empty = True
    try:
        with unzipped(path, MOST_BYTES) as file, tarfile.open(fileobj=file, mode="r|") as archive:
            for member in archive:
                known = _MEMBER.fullmatch(member.name)
                if member.isdir():
                    continue
                if not member.isreg() or known is None or known[2] not in index:
                    raise EpochscopeError(f"{path} contains {member.name[:80]!r}, which is no text of 20 Newsgroups.")
                if member.size > MOST_IN_ONE:
                    too_large(f"{member.name} in {path}", MOST_IN_ONE)
                if content := archive.extractfile(member):
                    yield Letter(member.name.removeprefix("./"), content.read().decode("latin-1"), index[known[2]])
                    empty = False
    except (tarfile.TarError, ValueError, RecursionError):
        raise EpochscopeError(f"{path} is truncated or no tar archive; download it again.") from None
    if empty:
        raise EpochscopeError(f"{path} contains no text of 20 Newsgroups; download it again.")


def bare(letter: str) -> str:
    """The post without header (up to the first empty line), signature and quoted lines, removed as in scikit-learn.

    The signature is what follows the last line that is empty or consists of hyphens.
    """
    text = letter.partition("\n\n")[2]
    lines = text.strip().split("\n")
    rule = next((i for i in range(len(lines) - 1, 0, -1) if not lines[i].strip().strip("-")), None)
    body = lines[:rule] if rule else text.split("\n")
    return "\n".join(line for line in body if not _QUOTE.search(line))


ARCHIVE = archives()["20newsgroups"]

SOURCE = Source(
    key="20newsgroups",
    title="20 Newsgroups",
    about="18,846 posts of 1993 in twenty discussion groups, from hockey to the Middle East. Each text is a vector "
    "of word weights. Some groups are closely related (two on hardware, three on religion): no method separates all.",
    params=NewsgroupsParams,
    load=load,
    archive=ARCHIVE,
)
