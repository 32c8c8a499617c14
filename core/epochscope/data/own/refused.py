"""Files that are known and not read: what they are, and what to do instead."""

from __future__ import annotations

import re

_PICKLE = (
    "it is a file of Python objects (pickle), which can do anything to who opens it; save the arrays with "
    "numpy.savez, or the table as Parquet or CSV"
)
_TORCH = (
    "it is a file of PyTorch, whose pickled Python objects can do anything to who opens it; save the tensors with "
    "safetensors.torch.save_file, or as numpy arrays with numpy.savez"
)
_R = "it is a file of R; save the table there with write.csv(x, 'x.csv', row.names = FALSE)"
ONE_PICTURE = "it is one picture, and a picture is one point; put all of them into a zip, a folder for each class"
_AUDIO = "it is sound; compute features, such as log-mel spectrograms, and save these as .npz"
_STATISTICS = "it is a file of a statistics program; save the table as CSV or, with pandas, as Parquet"
_UNPACK = "it is packed in a rare way; unpack it, and choose the file in it, or make a zip"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", _TORCH),
    (b"\x89PNG", ONE_PICTURE),
    (b"\xff\xd8\xff", ONE_PICTURE),
    (b"GIF8", ONE_PICTURE),
    (b"BM", ONE_PICTURE),
    (b"RDX", _R),
    (b"RDA", _R),
    (b"X\n\0\0", _R),
    (b"ID3\2", _AUDIO),
    (b"ID3\3", _AUDIO),
    (b"ID3\4", _AUDIO),
    (b"OggS", _AUDIO),
    (b"fLaC", _AUDIO),
    (b"<stata_dta>", _STATISTICS),
    (b"$FL2", _STATISTICS),
    (b"$FL3", _STATISTICS),
    (b"HEADER RECORD", _STATISTICS),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60", _STATISTICS),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is a file of old Office; save it there as .xlsx or CSV (UTF-8)"),
    (b"7z\xbc\xaf", _UNPACK),
    (b"Rar!", _UNPACK),
    (b"\x04\x22\x4d\x18", _UNPACK),
    (b"\x1f\x9d", _UNPACK),
    (b"%PDF", "it is a PDF; the table in it has to be saved as CSV by a program that shows it"),
    (b"SQLite format 3", "it is a database of SQLite; export the table as CSV"),
    (b"CDF\1", "it is a file of NetCDF 3; save it as NetCDF 4 (HDF5), or the table as CSV"),
    (b"version https://git-lfs", "it only points to a file that Git LFS keeps; run git lfs pull, or download the file"),
)
_ENDINGS = {  # of most members of a zip
    ("wav", "mp3", "flac", "ogg", "m4a"): _AUDIO.replace("it is", "it holds"),
    ("dcm", "dicom"): "it holds pictures of DICOM; export them as PNG or TIFF",
    ("svg",): "it holds drawings (SVG); export them as PNG",
}
_OLD_PICKLE = re.compile(rb"\((dp|lp)\d+\n|c(numpy|pandas|builtins|__builtin__|copy_reg|collections)[\w.]*\n\w+\n")
_PAGE = re.compile(rb"\s*(<!doctype html|<html|<head|<\?xml[^>]*>\s*<html)", re.IGNORECASE)


def reason(content: bytes) -> str:
    """What this is and what to do instead, in words that go on after "since"; "" for what may be read."""
    for beginning, said in _BEGINNINGS:
        if content.startswith(beginning) and (beginning != b"BM" or b"\0" in content[:54]):
            return said
    new_pickle = content[:1] == b"\x80" and content[1:2] in (b"\2", b"\3", b"\4", b"\5")
    if new_pickle or (_OLD_PICKLE.match(content[:80]) and content.rstrip().endswith(b".")):
        return _PICKLE
    found = ""
    if content[:4] == b"RIFF":
        found = ONE_PICTURE if content[8:12] == b"WEBP" else _AUDIO
    elif content[128:132] == b"DICM":
        found = "it is a picture of DICOM; export the pictures as PNG or TIFF, and put them into a zip"
    elif _PAGE.match(content[:300]):
        found = "it is a web page and no data, perhaps what a server sent instead of the file; download it again"
    return found


def reason_of_names(names: list[str]) -> str:
    """The same for a zip with members of these names."""
    if any(name.endswith("data.pkl") for name in names):
        return _TORCH
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return "it is a document of Office; save its table as .xlsx or CSV"
    if "content.xml" in names and "mimetype" in names:
        return "it is a document of LibreOffice; save it there as .xlsx or CSV"
    ends = [name.lower().rpartition(".")[2] for name in names if not name.endswith("/")]
    for kinds, said in _ENDINGS.items():
        if sum(end in kinds for end in ends) > 0.5 * len(ends):
            return said
    return ""
