"""Files as people have them, made by the tests: contents as bytes."""

import io
import zipfile

import h5py
import numpy as np
from PIL import Image


def packed(save, *values, **named) -> bytes:
    """What a function writes that takes a file first."""
    file = io.BytesIO()
    save(file, *values, **named)
    return file.getvalue()


def hdf5(fill, **how) -> bytes:
    """An HDF5 file that `fill` has filled."""
    file = io.BytesIO()
    with h5py.File(file, "w", **how) as made:
        fill(made)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def image(pixels, kind: str = "PNG", mode: str | None = None, **how) -> bytes:
    """A picture with these pixels."""
    made = Image.fromarray(np.asarray(pixels))
    return packed(lambda file: (made.convert(mode) if mode else made).save(file, kind, **how))


def idx(array) -> bytes:
    """An IDX file of bytes, MNIST's format."""
    return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


def matlab73(variables) -> bytes:
    """A .mat file of version 7.3: HDF5 after 512 bytes of MATLAB's own, arrays with columns first."""

    def fill(file):
        for name, value in variables.items():
            if isinstance(value, list):
                refs = []
                for place, word in enumerate(value):
                    cell = file.create_dataset(f"#refs#/{name}{place}", data=np.array([[ord(c)] for c in word], "u2"))
                    cell.attrs["MATLAB_class"] = np.bytes_("char")
                    refs.append(cell.ref)
                made = file.create_dataset(name, data=np.array([refs], h5py.ref_dtype))
                made.attrs["MATLAB_class"] = np.bytes_("cell")
            elif hasattr(value, "indptr"):
                made = file.create_group(name)
                made.attrs["MATLAB_sparse"] = np.uint64(value.shape[0])
                made.attrs["MATLAB_class"] = np.bytes_("double")
                made["data"], made["ir"] = value.data, value.indices.astype("u8")
                made["jc"] = value.indptr.astype("u8")
            else:
                made = file.create_dataset(name, data=np.asarray(value).T)
                made.attrs["MATLAB_class"] = np.bytes_("double")

    content = bytearray(hdf5(fill, userblock_size=512))
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024 HDF5 schema 1.00 ."
    content[: len(head)] = head
    return bytes(content)


def sparse_group(group, matrix, old: bool = False) -> None:
    """A sparse matrix in a group, as AnnData stores it; `old`: as before version 0.7."""
    kind = matrix.format
    if old:
        group.attrs.update({"h5sparse_format": kind, "h5sparse_shape": np.array(matrix.shape)})
    else:
        group.attrs.update({"encoding-type": f"{kind}_matrix", "shape": np.array(matrix.shape)})
    group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr


def tenx(matrix, name: str = "matrix", kinds=()) -> bytes:
    """A matrix of 10x Genomics: genes x cells by columns; before version 3 called by its genome."""

    def fill(file):
        stored = matrix.T.tocsc()
        group = file.create_group(name)
        group["data"], group["indices"], group["indptr"] = stored.data.astype("i4"), stored.indices, stored.indptr
        group["shape"] = np.array(stored.shape, "i4")
        group["barcodes"] = np.array([f"AAAC{i}-1" for i in range(stored.shape[1])], "S")
        names = [f"gene{i}" for i in range(stored.shape[0])]
        if name == "matrix":
            group["features/name"], group["features/id"] = np.array(names, "S"), np.array(names, "S")
            group["features/feature_type"] = np.array(kinds or ["Gene Expression"] * len(names), "S")
        else:
            group["genes"], group["gene_names"] = np.array(names, "S"), np.array(names, "S")

    return hdf5(fill)
