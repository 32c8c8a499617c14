"""Matrices of 10x Genomics (.h5): a group of data, indices, indptr and shape, genes x cells, one column a cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from epochscope.data.own.anndata import Reader, text
from epochscope.data.own.arrays import from_arrays
from epochscope.data.own.questions import Answers, ask
from epochscope.data.own.raw import Raw
from epochscope.data.own.sparse import built
from epochscope.types import EpochscopeError

_PARTS = {"data", "indices", "indptr", "shape"}
_USUAL = "Gene Expression"


def groups(file: Any, h5py: Any) -> list[str]:
    """Names of the matrices: "matrix" since version 3, before that one for each genome."""
    found = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    return [
        name
        for name in found
        if isinstance(file[name], h5py.Group)
        and set(file[name]) >= _PARTS
        and {"barcodes", "genes", "features"} & set(file[name])
    ]


def read_tenx(file: Any, h5py: Any, where: str, answers: Answers, array: Reader) -> Raw:
    """One point for each cell, one feature for each gene; of several kinds of features the genes, unless asked."""
    names = groups(file, h5py)
    questions, name = [], names[0]
    if len(names) > 1:
        questions.append(
            ask(answers, "genome", "Genome", tuple(names), names[0], "The file holds one matrix for each.")
        )
        name = questions[-1].chosen
    group = file[name]
    parts = tuple(_needed(group, part, where, array) for part in ("data", "indices", "indptr"))
    shape = tuple(int(size) for size in _needed(group, "shape", where, array))
    cells = csr_matrix(built("csc", parts, shape, f"{name} in {where}").T)
    genes, kinds = _features(group, h5py, where, array)
    genes = genes if len(genes) == cells.shape[1] else []
    if len(set(kinds)) > 1 and len(kinds) == cells.shape[1]:
        options = tuple(sorted(set(kinds), key=lambda kind: (kind != _USUAL, kind)))
        questions.append(
            ask(answers, "kind", "Features", options, options[0], "The file holds several kinds of features.")
        )
        keep = np.flatnonzero(np.array(kinds) == questions[-1].chosen)
        cells, genes = csr_matrix(cells[:, keep]), [genes[i] for i in keep] if genes else []
    raw = from_arrays({"X": cells}, where, {}, {"X": genes}, settled=True)
    size = " x ".join(f"{size:,}" for size in cells.shape)
    assumed = f"10x Genomics: {name}, stored as genes x cells and turned, {size} cells x genes"
    return raw._replace(questions=tuple(questions), assumed=(assumed,))


def _needed(group: Any, name: str, where: str, array: Reader) -> np.ndarray:
    values = array(group[name], f"{group.name}/{name} in {where}")
    if values is None or values.ndim != 1 or values.dtype.kind not in "fiu":
        raise EpochscopeError(f"{group.name}/{name} in {where} has no numbers.")
    return values


def _features(group: Any, h5py: Any, where: str, array: Reader) -> tuple[list[str], list[str]]:
    """Names and kinds of the features, empty where the file has none."""
    features = group.get("features")
    if isinstance(features, h5py.Group):
        return _words(features, ("name", "id"), h5py, where, array), _words(
            features, ("feature_type",), h5py, where, array
        )
    return _words(group, ("gene_names", "genes"), h5py, where, array), []


def _words(group: Any, names: tuple[str, ...], h5py: Any, where: str, array: Reader) -> list[str]:
    for name in names:
        item = group.get(name)
        values = array(item, f"{name} in {where}") if isinstance(item, h5py.Dataset) and item.ndim == 1 else None
        if values is not None:
            return [text(value) for value in values.tolist()]
    return []
