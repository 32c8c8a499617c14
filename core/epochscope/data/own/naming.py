"""What the name of an array or of a column says about it: points, labels, and the part of a set (train, test)."""

from __future__ import annotations

import re

POINTS = (
    "x", "fea", "feas", "feat", "features", "feature", "data", "points", "samples", "inputs", "input", "images",
    "imgs", "pixels", "attr", "matrix", "embeddings", "embedding", "emb", "embs", "feats", "vectors", "z", "codes",
    "latent", "latents", "representations", "activations", "counts", "spectra", "values_block_0",
)  # fmt: skip
"""Names of the points themselves, the most telling one first."""

LABELS = (
    "label", "labels", "class", "classes", "target", "targets", "y", "gnd", "gt", "truth", "ground_truth", "y_true",
    "category", "categories", "class_label", "outcome", "species", "cell_type", "celltype", "cell_types", "cluster",
    "folder", "cls",
)  # fmt: skip
"""Names of the true classes, the most telling one first."""

PARTS = {
    "train": "train", "training": "train", "tr": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "te": "test", "eval": "test", "t10k": "test",
}  # fmt: skip
"""Words for a part of a set, and the one word that stands for each of them here."""

ORDER = ("train", "val", "test")
_ROLES = "|".join(sorted({*POINTS, *LABELS}, key=len, reverse=True))
_WORDS = "train|test|valid|val"
_NUMBERED = re.compile(r"(_\d+)+$")  # of a cell of MATLAB, "X {1}"
_GLUED = re.compile(rf"(?P<a>{_ROLES})(?P<b>{_WORDS})|(?P<c>{_WORDS})(?P<d>{_ROLES})", re.IGNORECASE)


def tokens(name: str) -> list[str]:
    """The words that a name consists of, in lower case: "X_train", "xTrain" and "train/X" have two."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return [part for part in re.split(r"[\W_]+", apart.lower()) if part]


def part_of(name: str) -> tuple[str, str]:
    """(name without the part, part): ("x", "train") for "x_train", "train/x" and "Xtrain"; ("x", "") for "x"."""
    words = tokens(name)
    for place, word in enumerate(words):
        if word in PARTS and (len(words) > 1 or len(word) > 2):
            return "_".join(words[:place] + words[place + 1 :]) or "x", PARTS[word]
    if glued := _GLUED.fullmatch(name.strip("/ ")):
        base, part = glued["a"] or glued["d"], glued["b"] or glued["c"]
        return base.lower(), PARTS[part.lower()]
    return "_".join(words), ""


def _rank(name: str, known: tuple[str, ...]) -> int:
    """Place of a name among the known ones, by its last word or what follows a slash if need be; len(known): none."""
    base = part_of(name)[0]
    base = _NUMBERED.sub("", base) if name.endswith("}") else base
    last = base.rpartition("_")[2]
    for said in (base, last if len(last) > 2 else "", part_of(name.rpartition("/")[2])[0]):
        if said in known:
            return known.index(said)
    return len(known)


def points_rank(name: str) -> int:
    """0 for the most telling name of points; len(POINTS) for a name that says nothing of the kind."""
    return _rank(name, POINTS)


def labels_rank(name: str) -> int:
    """0 for the most telling name of labels; len(LABELS) for a name that says nothing of the kind."""
    return _rank(name, LABELS)


def says_points(name: str) -> bool:
    """Whether this is a usual name of the points."""
    return points_rank(name) < len(POINTS)


def says_labels(name: str) -> bool:
    """Whether this is a usual name of the true classes."""
    return labels_rank(name) < len(LABELS)
