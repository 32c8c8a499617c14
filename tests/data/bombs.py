"""Small files that cost much to read, one for each way of expanding: what a stranger may send."""

from __future__ import annotations

import gzip
import io
import itertools
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.data.own_files import hdf5, packed, zipped


class Bomb(NamedTuple):
    """A file, and what is said of it ("": there are data in it, which are read)."""

    name: str
    make: Callable[[], bytes]
    said: str
    slow: bool = False  # whether it is stopped only by its limit of time


def _parquet(table: pa.Table, **how) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **how)
    return file.getvalue()


def one_word_often() -> bytes:
    """One word of 60,000 letters, 20,000 times: stored once."""
    words = pa.DictionaryArray.from_arrays(np.zeros(20_000, np.int32), pa.array(["x" * 60_000]))
    return _parquet(pa.table({"a": np.arange(20_000.0), "w": words}), compression="zstd")


def one_list_often() -> bytes:
    """One list of 1,000 numbers in each of 150,000 rows: 1.2 GB, stored once."""
    values = np.zeros(150_000_000, np.float32)
    lists = pa.ListArray.from_arrays(np.arange(0, 150_000_001, 1000, np.int32), values)
    return _parquet(pa.table({"v": lists}), compression="zstd")


def one_picture_often() -> bytes:
    """One picture of 100 kB in each of 10,000 rows: 1 GB, stored once."""
    noise = np.random.default_rng(0).integers(0, 255, (280, 360), np.uint8)
    content = packed(lambda file: Image.fromarray(noise).save(file, "PNG"))
    structs = pa.array([{"bytes": content, "path": None}] * 10_000)
    return _parquet(pa.table({"image": structs}), compression="zstd")


def nested_groups() -> bytes:
    """3,000 groups, each in the one before."""

    def fill(file):
        for _ in range(3000):
            file = file.create_group("g")

    return hdf5(fill)


def many_groups() -> bytes:
    """More groups than any data have, in folders of a thousand."""

    def fill(file):
        for i in range(21):
            group = file.create_group(f"g{i}")
            for j in range(1000):
                group[f"l{j}"] = h5py.SoftLink("/nowhere")

    return hdf5(fill)


def arrays_never_written() -> bytes:
    """100 arrays of 400 MB of which nothing is stored."""

    def fill(file):
        for i in range(100):
            file.create_dataset(f"a{i}", (1000, 50_000), "f8", chunks=(1000, 100))

    return hdf5(fill)


def chunks_of_zeros() -> bytes:
    """An array of 240 MB of zeros, compressed chunk by chunk, which is doubled on its way."""
    return hdf5(lambda file: file.create_dataset("x", data=np.zeros((60_000, 1000), "f4"), compression="gzip"))


def link_outside() -> bytes:
    """A link to another file."""

    def fill(file):
        file["obs"] = h5py.ExternalLink("/etc/passwd", "/")
        file["x"] = np.ones((3, 2))

    return hdf5(fill)


def stored_outside() -> bytes:
    """An array whose values lie in another file."""
    return hdf5(lambda file: file.create_dataset("x", (3, 2), "u1", external=[("/etc/passwd", 0, 6)]))


def zeros_npz() -> bytes:
    """60 million zeros of one byte each, which become columns of eight bytes each."""
    return packed(np.savez_compressed, X=np.zeros((60_000, 1000), np.uint8))


def lying_npy() -> bytes:
    """A header that announces 8 TB."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    return file.getvalue()


def save_npz_lies() -> bytes:
    """A sparse matrix that says it has 10**15 columns."""
    return packed(
        np.savez_compressed,
        data=np.ones(3),
        indices=np.arange(3),
        indptr=np.array([0, 1, 2, 3]),
        shape=np.array([3, 10**15]),
        format=np.array(b"csr"),
    )


def text_in_zip() -> bytes:
    """500 MB of one letter as a table."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(500):
            member.write(b"a" * 1_000_000)
    return file.getvalue()


def commas() -> bytes:
    """Rows of nothing but commas: 50 MB of cells in 50 kB."""
    row = b"," * 4999 + b"\n"
    return gzip.compress(b"1" + row * 10_000, 9)


def zip_in_zip() -> bytes:
    """A zip of a zip of a zip of 500 MB."""
    return zipped({"a.zip": zipped({"b.zip": text_in_zip()})})


def gzip_of_zeros() -> bytes:
    """600 MB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(600)), packer.flush()])


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def huge_png() -> bytes:
    """A picture of 60,000 x 60,000 pixels."""
    return zipped({"a/1.png": _png(60_000, 60_000, bytes(1000)), "b/2.png": _png(9, 9, bytes(27))})


def many_large_pngs() -> bytes:
    """4,000 pictures of 25 million pixels, each of 4 kB."""
    one = _png(5000, 5000, bytes(626 * 5000))
    return zipped({f"{i % 2}/{i}.png": one for i in range(4000)})


def text_in_png() -> bytes:
    """A picture with a compressed note of 300 MB."""
    note = b"Comment\0\0" + zlib.compress(bytes(300_000_000), 9)
    whole = _png(9, 9, bytes(27))
    chunk = struct.pack(">I", len(note)) + b"zTXt" + note + struct.pack(">I", zlib.crc32(b"zTXt" + note))
    return zipped({f"{i}/{i}.png": whole[:33] + chunk + whole[33:] for i in range(3)})


def huge_tiff() -> bytes:
    """Pictures of 25 million pixels that have to be laid on white, compressed."""
    image = Image.new("RGBA", (4990, 4990))
    content = packed(lambda file: image.save(file, "TIFF", compression="tiff_deflate"))
    return zipped({f"{i}/{i}.tif": content for i in range(2)})


def tiff_of_strips() -> bytes:
    """A TIFF whose directory points to itself."""
    content = bytearray(packed(lambda file: Image.new("L", (9, 9)).save(file, "TIFF")))
    at = struct.unpack("<I", content[4:8])[0]
    count = struct.unpack("<H", content[at : at + 2])[0]
    content[at + 2 + 12 * count : at + 6 + 12 * count] = struct.pack("<I", at)
    return zipped({"a/1.tif": bytes(content), "b/2.tif": bytes(content)})


def _excel(sheet: bytes, strings: bytes = b"") -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    plain = packed(book.save)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if sheet:
        members["xl/worksheets/sheet1.xml"] = sheet
    if strings:
        members["xl/sharedStrings.xml"] = strings
    return zipped(members)


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def excel_of_cells() -> bytes:
    """Ten million cells."""
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    return _excel(_SHEET + row * 100_000 + b"</sheetData></worksheet>")


def excel_of_words() -> bytes:
    """Shared words of 400 MB."""
    word = b"<si><t>" + b"x" * 1_000_000 + b"</t></si>"
    space = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return _excel(b"", space + word * 400 + b"</sst>")


def excel_of_entities() -> bytes:
    """Entities of entities: a billion letters in a kilobyte."""
    names = ["a", *(f"a{i}" for i in range(9))]
    inner = "".join(f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in itertools.pairwise(names))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{inner}]>'
    cell = b'<row><c t="inlineStr"><is><t>&a8;</t></is></c></row>' * 3
    return _excel(text.encode() + _SHEET + cell + b"</sheetData></worksheet>")


def matlab_of_zeros() -> bytes:
    """A compressed variable of 600 MB."""
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49)[:4]
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(600)), packer.flush()])
    return head[:124] + b"\x00\x01IM" + struct.pack("<II", 15, len(data)) + data


def libsvm_far_right() -> bytes:
    """A value in column two billion."""
    return b"1 2000000000:1\n2 1:1\n" * 10


def arff_of_attributes() -> bytes:
    """Attributes without end, and rows in which none is named."""
    attributes = b"".join(b"@attribute a%d numeric\n" % i for i in range(19_000))
    return gzip.compress(b"@relation x\n" + attributes + b"@data\n" + b"{0 1}\n" * 190_000)


BOMBS = (
    Bomb("one word often.parquet", one_word_often, ""),
    Bomb("one list often.parquet", one_list_often, "150,000,000 values"),
    Bomb("one picture often.parquet", one_picture_often, "needs more than 51. MB"),
    Bomb("nested groups.h5", nested_groups, "groups within each other"),
    Bomb("many groups.h5", many_groups, "parts"),
    Bomb("arrays never written.h5", arrays_never_written, "needs more than 512 MB|expands to more than 512 MiB"),
    Bomb("chunks of zeros.h5", chunks_of_zeros, "needs more than 51. MB"),
    Bomb("link outside.h5", link_outside, "links into other files"),
    Bomb("stored outside.h5", stored_outside, "stored in another file"),
    Bomb("zeros.npz", zeros_npz, "needs more than 51. MB"),
    Bomb("lying.npy", lying_npy, "its size differs"),
    Bomb("save_npz lies.npz", save_npz_lies, "1,000,000,000,000,000 with 3 values"),
    Bomb("text.zip", text_in_zip, "needs more than 51. MB"),
    Bomb("commas.csv.gz", commas, "needs more than 51. MB"),
    Bomb("zip in zip.zip", zip_in_zip, "neither numpy arrays nor images"),
    Bomb("zeros.gz", gzip_of_zeros, "needs more than 51. MB"),
    Bomb("huge.png.zip", huge_png, "damaged or no image|too many"),
    Bomb("many large pictures.zip", many_large_pngs, "takes longer than", slow=True),
    Bomb("text in picture.zip", text_in_png, "damaged"),
    Bomb("huge.tiff.zip", huge_tiff, "needs more than 512 MB"),
    Bomb("directory in a circle.zip", tiff_of_strips, ""),
    Bomb("cells.xlsx", excel_of_cells, "takes longer than|needs more than", slow=True),
    Bomb("words.xlsx", excel_of_words, "at least 2 are needed"),
    Bomb("entities.xlsx", excel_of_entities, "damaged"),
    Bomb("zeros.mat", matlab_of_zeros, "needs more than 51. MB"),
    Bomb("far right.libsvm", libsvm_far_right, "2,000,000,000 with 20 values"),
    Bomb("attributes.arff.gz", arff_of_attributes, "needs more than 512 MB|at most"),
)
"""All of them."""
