"""User data sets as sources: one per stored set, "own-<id>", and one for the command line that reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from epochscope.data.base import Source
from epochscope.data.cache import Fetcher
from epochscope.data.draw import draw_seed, drawn
from epochscope.data.own import process
from epochscope.data.own.choose import ALL, DROP, MEAN, NO_CLASS, UNLABELED, VARIABLE, Choice, chosen
from epochscope.data.own.questions import answers_checked
from epochscope.data.own.raw import MOST_ROWS, Raw, guess
from epochscope.data.own.read import name_of
from epochscope.data.own.user_datasets import (
    RECOMMENDED,
    UserDataset,
    is_id,
    keep,
    look,
    read_points,
    stored_datasets,
)
from epochscope.data.scaling import (
    AS_STORED,
    COUNTS,
    LOG_RATIO,
    MIN_MAX,
    ROOT,
    STANDARDIZE,
    TFIDF,
    TOGETHER,
    VARIED_COUNTS,
    fitted,
    help_for,
    likelihood,
)
from epochscope.params import Params, param
from epochscope.rights import PROGRAM
from epochscope.types import Dataset, EpochscopeError

PREFIX = "own-"
SCALINGS = (STANDARDIZE, MIN_MAX, TOGETHER, COUNTS, VARIED_COUNTS, TFIDF, LOG_RATIO, ROOT, AS_STORED)
HELP_RECOMMENDED = (
    f"Recommended looks at the numbers, never at labels, and takes what suits them. {help_for(*SCALINGS)}"
)
NO_LABEL = "none"
USUAL = "as many as fit"


def _scaling(usual: str) -> Any:
    return param(usual, options=SCALINGS, label="Scaling", help=help_for(*SCALINGS))


def _points(most: int = MOST_ROWS) -> Any:
    return param(
        max(most, 3),
        2,
        max(most, 3),
        log=True,
        label="Points",
        help="Number of points drawn at random, if there are more.",
    )


@dataclass(frozen=True)
class OwnParams(Params):
    n: int = _points()
    seed: int = draw_seed()
    scaling: str = _scaling(STANDARDIZE)


@dataclass(frozen=True)
class FileParams(Params):
    file: str = param(
        "",
        label="File",
        help="Path of the file: csv, txt, json, arff, libsvm, mtx, xlsx, parquet, feather, npy, npz, safetensors, mat, "
        "h5, h5ad or a zip of pictures.",
    )
    label: str = param(
        "", label="Label", help=f"Column of the true classes; guessed by default; {NO_LABEL}: there is none."
    )
    leave_out: str = param("", label="Left out", help="Columns that are no features, apart by commas; ids are guessed.")
    missing: str = param(DROP, options=(DROP, MEAN), label="Missing values", help="What becomes of rows with a gap.")
    unlabeled: str = param(
        NO_CLASS,
        options=UNLABELED,
        label="Without a label",
        help="What becomes of points without a label, or with -1.",
    )
    features: str = param(
        USUAL,
        options=(USUAL, ALL, VARIABLE),
        label="Features",
        help="Of a sparse matrix: all of them if there is room.",
    )
    answers: str = param(
        "", label="Answers", help="How to read the file otherwise, as question=answer apart by semicolons."
    )
    scaling: str = param(RECOMMENDED, options=(RECOMMENDED, *SCALINGS), label="Scaling", help=HELP_RECOMMENDED)
    n: int = _points()
    seed: int = draw_seed()


@lru_cache(maxsize=64)
def _params(n: int, usual: str) -> type[Params]:
    """OwnParams for a set of n points with this default scaling."""
    fields = [("n", int, _points(n)), ("scaling", str, _scaling(usual))]
    return make_dataclass("OwnParams", fields, bases=(OwnParams,), frozen=True)


def own_source(key: str) -> Source | None:
    """The source of this key; for a removed set, one that raises EpochscopeError when loaded. None for other keys."""
    if not key.startswith(PREFIX):
        return None
    own_id = key.removeprefix(PREFIX)
    if not is_id(own_id):
        return None
    load = partial(_load, own_id=own_id)
    kept = look(own_id)
    if kept is None:
        return Source(key, f"own data {own_id[:6]} (removed)", "These data have been removed.", OwnParams, load)
    classes = f", classes from the column {kept.label!r}" if kept.class_names else ", without labels"
    about = f"Your own data: {kept.n:,} points of {kept.f:,} features from {kept.file}{classes}."
    return Source(key, kept.title, about, _params(kept.n, kept.scaling), load)


def own_keys() -> Iterator[str]:
    """Keys of the stored sets."""
    return (PREFIX + kept.id for kept in stored_datasets())


def _load(hp: OwnParams, fetcher: Fetcher, own_id: str) -> Dataset:
    kept, arrays = read_points(own_id, fetcher.cache)
    rows = drawn(kept.n, hp.n, hp.seed) if hp.n < kept.n else slice(None)
    truth, pictures = arrays.get("truth"), arrays.get("pictures")
    scaling = fitted(arrays["x"], hp.scaling)
    names, features = kept.feature_names, scaling.features
    return Dataset(
        key=PREFIX + own_id,
        title=kept.title,
        x=scaling.of(arrays["x"])[rows],
        truth=None if truth is None else truth[rows].astype("int64"),
        class_names=kept.class_names,
        feature_names=names if features is None or not names else tuple(names[i] for i in features),
        scaling="; ".join((*kept.steps, hp.scaling)),
        likelihood=likelihood(hp.scaling),
        pictures=None if pictures is None else pictures[rows],
        origin=f"your own: {kept.file}",
        license="not stated",
    )


def choice_for(raw: Raw, *, label: str = "", leave_out: tuple[str, ...] = (), missing: str = DROP) -> Choice:
    """The given choice, completed by a guess; the label NO_LABEL means that there are no labels."""
    guessed = guess(raw)
    named = "" if label == NO_LABEL and NO_LABEL not in raw.columns else label or guessed.label
    return Choice(named, leave_out or tuple(name for name in guessed.left_out if name != named), missing)


def _read_and_keep(hp: FileParams, fetcher: Fetcher) -> Dataset:
    """Reads a file, stores its points as a user data set, and loads that; the loaded set has its key."""
    if not hp.file:
        raise EpochscopeError("No file was given: add --data.file PATH, or add the file on the Data page.")
    path, name = Path(hp.file), name_of(hp.file)
    answers = dict(part.split("=", 1) for part in hp.answers.split(";") if "=" in part)
    answers = {key.strip(): answer.strip() for key, answer in answers.items()}
    raw = process.read(path, name, answers)
    answers_checked(answers, raw.questions, name)
    left_out = tuple(part.strip() for part in hp.leave_out.split(",") if part.strip())
    choice = choice_for(raw, label=hp.label, leave_out=left_out, missing=hp.missing)
    choice = choice._replace(unlabeled=hp.unlabeled, features="" if hp.features == USUAL else hp.features)
    kept = keep(chosen(raw, choice, name), PROGRAM, title="", file=name, label=choice.label, scaling=hp.scaling)
    scaling = kept.scaling if hp.scaling == RECOMMENDED else hp.scaling
    return _load(OwnParams(n=hp.n, seed=hp.seed, scaling=scaling), fetcher, kept.id)


FILE = Source("own", "A file of your own", "Any table or zip of images.", FileParams, _read_and_keep)
"""For the command line only: runs and links must not name paths, since their senders may not read files here."""

__all__ = [
    "FILE",
    "HELP_RECOMMENDED",
    "NO_LABEL",
    "RECOMMENDED",
    "SCALINGS",
    "UserDataset",
    "choice_for",
    "own_keys",
    "own_source",
]
