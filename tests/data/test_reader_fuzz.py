"""Damaged files of every kind: data or one sentence, never else, and never more than 512 MB.

Mutated from seeds, so that each failure can be repeated. They are read one after another in a process with the limits
of a reader (a start for each of 10,000 files would take an hour). More of them, with other seeds:

    python -m tests.data.test_reader_fuzz 100000 7
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image
from safetensors.numpy import save
from scipy.io import mmwrite, savemat
from scipy.sparse import csr_matrix, save_npz

from tests.data.own_files import hdf5, idx, image, matlab73, packed, sparse_group, tenx, zipped

_X = np.arange(24.0).reshape(8, 3)
_TABLE = pd.DataFrame({"id": range(8), "width": _X[:, 0], "kind": list("ababcabc")})
_SPARSE = csr_matrix(np.arange(24.0).reshape(8, 3) % 4)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in [["a", "b", "kind"], *([i, i / 3, "xy"[i % 2]] for i in range(8))]:
        book.active.append(row)
    return packed(book.save)


def _anndata() -> bytes:
    def fill(file):
        file.attrs["encoding-type"] = "anndata"
        sparse_group(file.create_group("X"), _SPARSE)
        for name, count in (("obs", 8), ("var", 3)):
            group = file.create_group(name)
            group.attrs["_index"] = "_index"
            group["_index"] = np.array([f"{name}{i}" for i in range(count)], "S")

    return hdf5(fill)


def _pictures(kind: str, mode: str | None = None, **how) -> bytes:
    return zipped({f"{i % 2}/{i}": image(np.full((6, 5), 30 * i, np.uint8), kind, mode, **how) for i in range(3)})


def _named(content: bytes, ending: str) -> bytes:
    """Pictures need the endings of their names."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped({f"{name}.{ending}": archive.read(name) for name in archive.namelist()})


SEEDS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: _TABLE.to_csv(index=False).encode(),
    "semicolon": lambda: _TABLE.to_csv(index=False, sep=";", decimal=",").encode("utf-16"),
    "csv.gz": lambda: gzip.compress(_TABLE.to_csv(index=False).encode()),
    "latin1": lambda: "größe;art\n1,5;Süß\n2,5;Öl\n3;Süß\n".encode("latin-1"),
    "arff": lambda: b"@relation r\n@attribute a numeric\n@attribute k {x,y}\n@data\n1,x\n2,y\n{0 3,1 x}\n",
    "libsvm": lambda: b"1 1:0.5 3:2\n2 2:1e3\n1 1:4 2:5 3:6\n",
    "xlsx": _workbook,
    "parquet": lambda: packed(_TABLE.to_parquet),
    "parquet of lists": lambda: packed(
        lambda file: pd.DataFrame({"v": [list(row) for row in _X], "k": list("abababab")}).to_parquet(file)
    ),
    "npy": lambda: packed(np.save, _X),
    "npz": lambda: packed(np.savez_compressed, X=_X, y=np.array(list("abababab"))),
    "save_npz": lambda: packed(save_npz, _SPARSE),
    "mat": lambda: packed(savemat, {"X": _X, "y": np.arange(8), "S": _SPARSE.tocsc()}, do_compression=True),
    "mat 7.3": lambda: matlab73({"X": _X, "S": _SPARSE.tocsc()}),
    "h5": lambda: hdf5(lambda file: file.create_dataset("x", data=_X, compression="gzip", shuffle=True)),
    "h5ad": _anndata,
    "10x": lambda: tenx(_SPARSE),
    "png": lambda: _named(_pictures("PNG"), "png"),
    "color png": lambda: _named(_pictures("PNG", "P"), "png"),
    "tiff": lambda: _named(_pictures("TIFF", compression="tiff_deflate"), "tif"),
    "jpeg": lambda: _named(_pictures("JPEG"), "jpg"),
    "gif": lambda: _named(_pictures("GIF"), "gif"),
    "bmp": lambda: _named(_pictures("BMP"), "bmp"),
    "webp": lambda: _named(_pictures("WEBP"), "webp"),
    "pages": lambda: image(np.zeros((6, 5)), "TIFF", save_all=True, append_images=[Image.new("L", (5, 6), 9)]),
    "arrow": lambda: packed(_TABLE.to_feather),
    "orc": lambda: packed(_TABLE.to_orc),
    "json": lambda: _TABLE.to_json(orient="records").encode(),
    "json lines": lambda: _TABLE.to_json(orient="records", lines=True).encode(),
    "safetensors": lambda: save({"x": _X, "y": np.arange(8)}),
    "idx": lambda: idx(np.arange(8 * 5 * 4, dtype=np.uint8).reshape(8, 5, 4)),
    "mtx": lambda: zipped({"m/matrix.mtx": packed(mmwrite, _SPARSE), "m/genes.tsv": b"A\tB\n" * 8}),
    "tables": lambda: zipped({"train.csv": b"a,b\n1,2\n3,4\n", "test.csv": b"a,b\n5,6\n"}),
    "bz2": lambda: bz2.compress(_TABLE.to_csv(index=False).encode()),
    "records": lambda: packed(np.save, _TABLE.drop(columns="kind").to_records(index=False)),
    "mat 4": lambda: packed(savemat, {"X": _X, "y": np.arange(8.0)}, format="4"),
}
"""A right file of each kind that is read."""

_TELLING = (0, 1, 0x7F, 0x80, 0xFF)
_LARGE = tuple(value.to_bytes(size, "little") for size in (4, 8) for value in (0, 1, 2**31 - 1, 2**31, 2**32 - 1))


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    """The content with one to four things wrong: flipped, cut, doubled, moved, overwritten by telling numbers."""
    made = bytearray(content)
    for _ in range(random.integers(1, 5)):
        if not made:
            break
        at, length = int(random.integers(len(made))), int(random.integers(1, 17))
        what = random.integers(7)
        if what == 0:
            made[at] ^= 1 << int(random.integers(8))
        elif what == 1:
            made[at] = _TELLING[random.integers(len(_TELLING))]
        elif what == 2:
            number = _LARGE[random.integers(len(_LARGE))]
            made[at : at + len(number)] = number
        elif what == 3:
            del made[at : at + length]
        elif what == 4:
            made[at:at] = made[at : at + length]
        elif what == 5:
            other = int(random.integers(len(made)))
            made[at : at + length] = made[other : other + length]
        else:
            made[at:at] = bytes(random.integers(0, 256, length, np.uint8))
    if random.random() < 0.05:
        del made[int(random.integers(len(made) + 1)) :]
    return bytes(made)


def inside(content: bytes, random: np.random.Generator) -> bytes:
    """Half of the zips and gzips are damaged inside, since any damage outside ends at a checksum."""
    if random.random() < 0.5:
        return mutated(content, random)
    if content[:2] == b"\x1f\x8b":
        return gzip.compress(mutated(gzip.decompress(content), random), 1)
    if content[:2] != b"PK":
        return mutated(content, random)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = list(members)[random.integers(len(members))]
    return zipped({**members, name: mutated(members[name], random)})


def files(seeds: Mapping[str, bytes], numbers: Iterable[int], seed: int) -> Iterator[tuple[int, str, bytes]]:
    """Damaged files with their numbers and names, the same for each seed; all kinds in turn."""
    for number in numbers:
        name = list(seeds)[number % len(seeds)]
        yield number, name, inside(seeds[name], np.random.default_rng([seed, number]))


def _child(count: int, seed: int, first: int) -> None:
    """In a process of its own, with the limits of a reader: reads one file after another and prints the outcome."""
    from epochscope.data.own import child
    from epochscope.data.own.read import read
    from epochscope.types import EpochscopeError

    seeds = {name: make() for name, make in SEEDS.items()}  # before the limits: a workbook needs temporary files
    child._limit(child.Request(0, "", {}, 512 << 20, 3600.0, 32))
    sys.stdout.reconfigure(line_buffering=True)
    for number, name, content in files(seeds, range(first, count), seed):
        print(json.dumps(["begin", number, name]))
        try:
            outcome = "data" if read(content, name).rows else "no rows"
        except EpochscopeError as error:
            told = str(error)
            sound = told.strip() and "\n" not in told and len(told) < 1000
            print(json.dumps(["told" if sound else "badly told", number, told]))
            continue
        except MemoryError:
            outcome = "memory"
        except Exception as error:
            print(json.dumps(["raised", number, name, repr(error)[:300]]))
            continue
        print(json.dumps([outcome, number]))


def fuzz(count: int, seed: int) -> dict[str, int]:
    """How often each outcome came. Raises AssertionError at a file that is neither data nor one sentence.

    A crash ends the process, as it would end the reader's, which says so in a sentence; another goes on after it.
    """
    outcomes: dict[str, int] = {}
    first = crashes = 0
    while first < count:
        command = [sys.executable, "-m", "tests.data.test_reader_fuzz", "child", str(count), str(seed), str(first)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as run:
            assert run.stdout is not None
            last = first - 1
            for line in run.stdout:
                what, number, *words = json.loads(line)
                if what == "begin":
                    last = number
                else:
                    assert what in ("data", "told", "memory"), (what, number, words)
                    outcomes[what] = outcomes.get(what, 0) + 1
                    last = number + 0.5
            errors = run.stderr.read() if run.stderr else ""
        if last == count - 0.5:
            break
        assert run.returncode < 0, errors[-2000:]  # ended by a signal: a library has crashed
        crashes += 1
        outcomes["crashed"] = crashes
        assert crashes <= 2 + count // 500, f"too many crashes, the last at file {last}"
        first = int(last) + 1
    return outcomes


def test_damaged_files_are_data_or_one_sentence():
    outcomes = fuzz(480, 0)
    assert outcomes["data"] > 50
    assert outcomes["told"] > 50


@pytest.mark.slow
def test_ten_thousand_damaged_files_are_data_or_one_sentence():
    assert sum(fuzz(10_000, 1).values()) == 10_000


if __name__ == "__main__":
    if sys.argv[1] == "child":
        _child(*map(int, sys.argv[2:5]))
    else:
        print(fuzz(int(sys.argv[1]), int(sys.argv[2])))
