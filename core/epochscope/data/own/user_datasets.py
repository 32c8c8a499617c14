"""User data sets on disk: <data folder>/own/<id>.npz and <id>.json. The id is a hash of the content.

They are stored with the other data sets, so that EPOCHSCOPE_DATA moves them along, and clearing that folder loses only
copies. The same file with the same choice gets the same id again, so that runs and links find it.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import json
import re
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from epochscope import limits, rights
from epochscope.data.cache import cache_folder
from epochscope.data.labels import sanitize
from epochscope.data.npz import read_npz
from epochscope.data.own.choose import Points
from epochscope.data.own.recognize import Recognized, recognize
from epochscope.data.scaling import HELP, STANDARDIZE
from epochscope.files import reason, write_whole
from epochscope.params import FORMER_OPTIONS
from epochscope.rights import Action, Visitor
from epochscope.types import EpochscopeError

FOLDER = "own"
RECOMMENDED = "recommended"
"""A choice of scaling that is settled when a set is kept, so that no stored set or run depends on how things are
recognized later."""

ADDED = "These data were added"
"""Start of the sentence that says why a set cannot be changed."""
_ID = re.compile(r"[0-9a-f]{16}")
_MOST_ABOUT = 20_000_000  # bytes of a description: 20,000 names of features fit


class UserDataset(NamedTuple):
    """Description of a stored set, known without reading its points."""

    id: str
    title: str
    file: str  # name of the file it came from
    n: int
    f: int
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    steps: tuple[str, ...]
    label: str  # column of the classes
    scaling: str  # default of its params


def folder(cache: Path | None = None) -> Path:
    """The folder of user data sets."""
    return (cache or cache_folder()) / FOLDER


def is_id(text: str) -> bool:
    """Whether the text has the form of an id; the set need not exist."""
    return bool(_ID.fullmatch(text))


def owner_file(own_id: str) -> Path:
    """Names who added a set (epochscope.rights)."""
    return folder() / f"{own_id}.owner"


def recognized(points: Points) -> Recognized:
    """What the points are, and the scaling recommended for them; their labels are not looked at."""
    return recognize(points.x, points.feature_names, pictures=points.pictures is not None)


def keep(
    points: Points, visitor: Visitor, *, title: str, file: str, label: str, scaling: str = RECOMMENDED
) -> UserDataset:
    """Writes a set and returns what is known of it; one with the same content is only renamed, if there is a title.

    `scaling` becomes the default of its params: RECOMMENDED stands for the one that suits what is recognized.

    One with the same content that the visitor may not change stays as it is, and is returned. Raises EpochscopeError
    where the folder cannot be written, there is no room, or it is not known who asks.
    """
    rights.require(visitor, Action.ADD_DATA, rights.NEW)
    arrays = {"x": np.ascontiguousarray(points.x)}
    if points.truth is not None:
        arrays["truth"] = points.truth.astype(np.int32)
    if points.pictures is not None:
        arrays["pictures"] = np.ascontiguousarray(points.pictures)
    words = json.dumps([points.class_names, points.feature_names, points.steps], ensure_ascii=False)
    digest = hashlib.sha256(words.encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data)
    n, f = points.x.shape
    names = tuple(points.class_names), tuple(points.feature_names), tuple(points.steps)
    own_id, file, label = digest.hexdigest()[:16], sanitize(file), sanitize(label)
    before = look(own_id)
    if before and not rights.may(visitor, Action.CHANGE_DATA, rights.thing_of(owner_file(own_id), ADDED)):
        return before
    title = _free(
        sanitize(title) or (before.title if before else file) or "own data",
        {kept.title for kept in stored_datasets() if kept.id != own_id},
    )
    scaling = recognized(points).scaling if scaling == RECOMMENDED else scaling
    kept = UserDataset(own_id, title, file, n, f, *names, label, scaling)
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    root = folder()
    if before is None:
        limits.require_room(visitor, root, data_bytes, "data", content.getbuffer().nbytes)
    try:
        root.mkdir(parents=True, exist_ok=True)
        if before is None:
            rights.write_owner(visitor, owner_file(own_id))
        write_whole(root / f"{kept.id}.npz", content.getvalue())
        about = {**kept._asdict(), "format": 1, "kept": time.time()}
        write_whole(root / f"{kept.id}.json", json.dumps(about, ensure_ascii=False))
    except OSError as error:
        raise EpochscopeError(
            f"The folder for data {root} cannot be written ({reason(error)}); set EPOCHSCOPE_DATA to one that can."
        ) from None
    return kept


def data_bytes(mark: str | None) -> int:
    """Bytes of the sets that the visitor with this mark added; of all sets for None."""
    total = 0
    for points in folder().glob("*.npz"):
        with suppress(OSError):
            if mark is None or rights.thing_of(points.with_suffix(".owner")).owner == mark:
                total += points.stat().st_size + points.with_suffix(".json").stat().st_size
    return total


def _free(title: str, taken: Set[str]) -> str:
    """The title, numbered if another set has it, so that titles are unique."""
    again = (f"{title} ({count})" for count in itertools.count(2))
    return title if title not in taken else next(one for one in again if one not in taken)


def stored_datasets(cache: Path | None = None) -> Iterator[UserDataset]:
    """All stored sets, sorted by title; unreadable ones are skipped."""
    root = folder(cache)
    paths = sorted(root.glob("*.json")) if root.is_dir() else []
    stored = [kept for path in paths if (kept := look(path.stem, cache)) is not None]
    return iter(sorted(stored, key=lambda kept: (kept.title.lower(), kept.id)))


def look(own_id: str, cache: Path | None = None) -> UserDataset | None:
    """Description of one set; None if it does not exist."""
    if not _ID.fullmatch(own_id):
        return None
    path = folder(cache) / f"{own_id}.json"
    with suppress(OSError):
        about, points = path.stat(), path.with_suffix(".npz").stat()
        if about.st_size <= _MOST_ABOUT and points.st_size:
            return _described(path, about.st_mtime_ns, about.st_size)
    return None


@functools.lru_cache(maxsize=256)
def _described(path: Path, _changed: int, _size: int) -> UserDataset | None:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return UserDataset(
            id=path.stem,
            title=sanitize(about["title"]),
            file=sanitize(about["file"]),
            n=int(about["n"]),
            f=int(about["f"]),
            class_names=tuple(map(sanitize, about["class_names"])),
            feature_names=tuple(map(sanitize, about["feature_names"])),
            steps=tuple(map(sanitize, about["steps"])),
            label=sanitize(about["label"]),
            scaling=_scaling(about["scaling"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _scaling(name: object) -> str:
    """A known scaling by its name or former name; the default for others."""
    today = FORMER_OPTIONS.get(str(name), name)
    return str(today) if today in HELP else STANDARDIZE


def read_points(own_id: str, cache: Path | None = None) -> tuple[UserDataset, dict[str, np.ndarray]]:
    """A set with its arrays x (n x f), truth (n) and pictures (n x h x w, or x 3 in color), if it has them.

    Raises EpochscopeError.
    """
    kept = look(own_id, cache)
    path = folder(cache) / f"{own_id}.npz"
    if kept is None:
        raise EpochscopeError(
            f"This user data set no longer exists (no {path}): add the same file in the same way on the Data page, "
            "and it is found again."
        )
    arrays = read_npz(path, most_bytes=1 << 30)
    x, truth, pictures = (arrays.get(name) for name in ("x", "truth", "pictures"))
    good = (
        x is not None
        and x.shape == (kept.n, kept.f)
        and x.dtype == np.float32
        and np.isfinite(x).all()
        and (truth is None or (truth.shape == (kept.n,) and truth.dtype == np.int32 and truth.min() >= 0))
        and (truth is None or truth.max() < len(kept.class_names))
        and (
            pictures is None
            or (
                pictures.shape[:1] == (kept.n,)
                and pictures.dtype == np.uint8
                and (pictures.ndim == 3 or pictures.shape[3:] == (3,))
            )
        )
    )
    if not good:
        raise EpochscopeError(f"{path} does not match its description; remove this set and add the file again.")
    return kept, arrays


def remove(own_id: str, visitor: Visitor) -> None:
    """Deletes a set. Runs that used it can still be shown, but not repeated.

    Raises EpochscopeError if the visitor may not, or a file cannot be deleted.
    """
    if not _ID.fullmatch(own_id):
        return
    rights.require(visitor, Action.REMOVE_DATA, rights.thing_of(owner_file(own_id), ADDED))
    try:
        for ending in ("json", "npz", "owner"):  # the owner last: what can still be seen has one
            (folder() / f"{own_id}.{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise EpochscopeError(f"These data cannot be removed from {folder()} ({reason(error)}).") from None
