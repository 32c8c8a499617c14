"""Reuters-10k, from RCV1: news stories of 1996 and 1997 under one of the four roots of the topic tree.

Lewis, Yang, Rose, Li. RCV1: A New Benchmark Collection for Text Categorization Research. JMLR 5, 2004.
The papers draw 10,000 of the 685,071 texts with exactly one root, each a different subset. Here they are drawn from the
training part (23,149 texts), whose vectors are published: tf-idf with the logarithm of tf, over 47,236 stems. The 2,000
stems that occur in most texts are used. The file reuters10k.mat of VaDE and DGG can be read, too.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.io
from jaxtyping import Int
from scipy.sparse import csr_matrix

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher, archives
from epochscope.data.draw import draw_seed, drawn, origin_note, points
from epochscope.data.libsvm import read_libsvm
from epochscope.data.npz import finite, labels_from_zero
from epochscope.data.parsed_cache import Arrays, parsed_cache
from epochscope.data.tfidf import TERMS, as_points, text_scaling
from epochscope.data.unzip import lines, too_large, unzipped
from epochscope.params import Params
from epochscope.types import Dataset, EpochscopeError

ROOTS = {"CCAT": "corporate", "ECAT": "economics", "GCAT": "government", "MCAT": "markets"}
PUBLISHED = 23_149
STEMS = 47_236
MOST_BYTES = 300_000_000
"""Limit: unzipped, the vectors have about 30 MB, the topics of all 804,414 texts about 35 MB, a .mat file 160 MB."""

_STEM_FILE = "stem.termid.idf.map.txt"
_MOST_IN_LINE = 200
_COMPRESSED = 15  # the type of a zipped element of a MATLAB file
_MANY, _SEVERAL = 804_414, 255


@dataclass(frozen=True)
class Rcv1Params(Params):
    n: int = points(10_000)
    seed: int = draw_seed()
    scaling: str = text_scaling()


@dataclass(frozen=True)
class MatParams(Params):
    n: int = points(10_000)
    seed: int = draw_seed()


def load(hp: Rcv1Params, fetcher: Fetcher) -> Dataset:
    """Drawn texts with exactly one root; the stems are chosen from all such texts."""
    vectors, topics = fetcher.fetch(ARCHIVES["reuters10k"]).values()
    # Parsing two and a half million lines of topics takes some seconds.
    arrays = parsed_cache(fetcher.parsed, "reuters10k", [vectors, topics], lambda: _single_root(vectors, topics))
    truth, stems, count = arrays["truth"], arrays["stems"], int(arrays["count"])
    weights = csr_matrix((arrays["weights"], arrays["columns"], arrays["rows"]), shape=(len(truth), len(stems)))
    texts = as_points(weights, truth, n=hp.n, seed=hp.seed, scaling=hp.scaling)
    origin = origin_note("Reuters Ltd.; RCV1-v2 / LYRL2004 by D. Lewis et al., training part", count, PUBLISHED)
    return Dataset(
        key=RCV1.key,
        title=RCV1.title,
        x=texts.x,
        truth=texts.truth,
        class_names=tuple(ROOTS.values()),
        feature_names=_stems(vectors.with_name(_STEM_FILE), stems),
        scaling=texts.scaling,
        likelihood="real",
        origin=f"{origin}; {len(truth):,} of {count:,} texts have exactly one root",
        license="free for research",
    )


def _single_root(vectors: Path, topics: Path) -> Arrays:
    """Texts with exactly one root: weights of the most frequent stems, ids of these stems, and roots."""
    ids, weights = read_libsvm(vectors, columns=STEMS, most_lines=10 * PUBLISHED, most_bytes=MOST_BYTES)
    if len(np.unique(ids)) != len(ids) or weights.data.min(initial=1) < 0:
        raise EpochscopeError(f"{vectors} has a text twice or negative weights; download it again.")
    root = roots(topics, ids)
    single = root < len(ROOTS)
    if not single.any():
        raise EpochscopeError(f"{topics} has no text of {vectors} with exactly one root; download it again.")
    weights = weights[single]
    frequent = np.sort(np.argsort(-weights.getnnz(axis=0), kind="stable")[:TERMS])
    weights = csr_matrix(weights[:, frequent])
    return {
        "weights": weights.data,
        "columns": weights.indices,
        "rows": weights.indptr,
        "stems": frequent + 1,
        "truth": root[single],
        "count": np.array(len(ids)),
    }


def roots(path: Path, ids: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Index of the only root of each text; 4 or more if it has none or several. Lines: topic, text, 1."""
    index = {f"{name} ".encode(): i for i, name in enumerate(ROOTS)}
    root_of = dict.fromkeys(ids.tolist(), _SEVERAL)
    seen: set[int] = set()
    with unzipped(path, MOST_BYTES) as file:
        for number, line in lines(file, str(path), _MOST_IN_LINE):
            root = index.get(line[:5])
            if root is None:  # most lines are about subtopics
                continue
            words = line.split()
            if len(words) != 3 or not words[1].isdigit():
                raise EpochscopeError(f"{path}, line {number}, is not a topic, the number of a text, and 1.")
            text = int(words[1])
            if text in root_of:
                root_of[text] = root if text not in seen else _SEVERAL
                seen.add(text)
    return np.array([root_of[text] for text in ids.tolist()], dtype=np.int64)


def _stems(path: Path, numbers: Int[np.ndarray, " f"]) -> tuple[str, ...]:
    """The stems with these ids, if the list of stems was placed beside the vectors; else empty."""
    if not path.is_file():
        return ()
    names = {}
    with unzipped(path, MOST_BYTES // 10) as file:
        for _, line in lines(file, str(path), _MOST_IN_LINE):  # stem, number, idf
            words = line.decode("latin-1").split()
            if len(words) >= 2 and words[1].isdigit():
                names[int(words[1])] = words[0]
    return tuple(names.get(number, f"stem {number}") for number in numbers.tolist())


def load_mat(hp: MatParams, fetcher: Fetcher) -> Dataset:
    """Drawn rows of VaDE's file, unscaled."""
    (path,) = fetcher.fetch(ARCHIVES["reuters10k_mat"]).values()
    x, y = read_mat(path)
    rows = drawn(len(x), hp.n, hp.seed)
    return Dataset(
        key=MAT.key,
        title=MAT.title,
        x=x[rows],
        truth=y[rows],
        class_names=tuple(f"root {c + 1}" for c in range(len(ROOTS))),
        scaling="as stored",
        likelihood="real",
        origin=origin_note("Reuters Ltd., RCV1; the draw of Z. Jiang et al. (VaDE)", len(x), 10_000),
        license="free for research",
    )


def read_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """X (n x 2000) and Y (n labels from 0) of a MATLAB file; sizes are checked before anything is read."""
    wanted = f"X (texts x {TERMS}) and Y (one label each)"
    try:
        _check_size(path)
        shapes = {name: (shape, kind) for name, shape, kind in scipy.io.whosmat(path)}
        (many, terms), kind = shapes["X"]
        fits = terms == TERMS and 1 <= many <= _MANY and kind in ("double", "single", "sparse")
        if not fits or sorted(shapes["Y"][0]) != [1, many]:
            raise EpochscopeError(f"{path} has X and Y of other sizes or types than {wanted}.")
        variables = scipy.io.loadmat(path, variable_names=["X", "Y"])
        x = variables["X"].toarray() if kind == "sparse" else variables["X"]
        return finite(x, path), labels_from_zero(variables["Y"].ravel(), len(ROOTS), path)
    except EpochscopeError:
        raise
    except OSError as error:
        raise EpochscopeError(f"{path} cannot be read ({error.strerror or 'damaged'}).") from None
    except Exception:  # scipy documents no errors for damaged files
        raise EpochscopeError(f"{path} is damaged or no MATLAB file (before 7.3) with {wanted}.") from None


def _check_size(path: Path) -> None:
    """Raises if the elements of a MATLAB file are too large when unzipped, which scipy does not check."""
    left = MOST_BYTES
    with path.open("rb") as file:
        if file.read(128)[126:] != b"IM":
            raise ValueError("no little-endian MATLAB file of version 5 to 7")
        while tag := file.read(8):
            kind, size = struct.unpack("<II", tag)
            left -= size
            if kind == _COMPRESSED and left > 0:
                left -= _unzipped_size(file.read(size), left)
            else:
                file.seek(size, 1)
            if left < 0:
                too_large(str(path), MOST_BYTES)


def _unzipped_size(content: bytes, most: int) -> int:
    """Number of bytes when unzipped, or a little more than `most` if it exceeds that."""
    unzip, size = zlib.decompressobj(), 0
    while content and size <= most:
        size += len(unzip.decompress(content, 1 << 20))
        content = unzip.unconsumed_tail
    return size


ARCHIVES = archives()

RCV1 = Source(
    key="reuters10k",
    title="Reuters-10k (RCV1 training part)",
    about="10,000 news stories of 1996 and 1997 with one of four topics: corporate, economics, government, markets. "
    "Each text is a vector of word weights. Drawn from the training part of RCV1: not the draw of the DEC paper.",
    params=Rcv1Params,
    load=load,
    archive=ARCHIVES["reuters10k"],
)

MAT = Source(
    key="reuters10k_mat",
    title="Reuters-10k (file of VaDE)",
    about="The 10,000 news stories that VaDE and DGG report, as vectors of 2,000 word weights, from the file that "
    "their authors published. Not the draw of the DEC paper.",
    params=MatParams,
    load=load_mat,
    archive=ARCHIVES["reuters10k_mat"],
)
