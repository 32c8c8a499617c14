"""The class of each picture of a zip: the folder that varies, or what the names of the files begin with."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from epochscope.data.own.naming import ORDER, PARTS
from epochscope.data.own.questions import Answers, Question, ask

_PLAIN_FOLDERS = ("images", "image", "imgs", "img", "pictures", "photos", "data", "png", "jpg", "jpeg", "tif", "raw")
_BEGINNING = re.compile(r"([^\W\d_][^\d]*?)[ _.(-]*\d+\W*$")
_MOST_NAMED = 50


class Classes(NamedTuple):
    rows: list[int]  # the pictures that are taken
    classes: np.ndarray  # words, None where there is no folder
    questions: tuple[Question, ...]
    assumed: tuple[str, ...]


def classes_of(names: list[str], answers: Answers) -> Classes:
    """The class of each picture: the folder that varies, looked for from the picture upwards; train and test joined."""
    paths = [list(PurePosixPath(name).parts[:-1]) for name in names]
    found = {PARTS[word] for path in paths for folder in path if (word := folder.lower()) in PARTS}
    parts = [part for part in ORDER if part in found]
    of = [next((PARTS[folder.lower()] for folder in path if folder.lower() in PARTS), "") for path in paths]
    questions: list[Question] = []
    rows, assumed = list(range(len(names))), []
    if len(parts) > 1:
        joined = " and ".join(parts)
        options = (joined, *parts)
        questions.append(ask(answers, "parts", "Parts", options, joined, f"The zip holds folders {joined}."))
        rows = [row for row in rows if questions[0].chosen == joined or of[row] == questions[0].chosen]
        assumed.append(f"parts: {questions[0].chosen}")
    if parts and _varies([[folder for folder in path if folder.lower() not in PARTS] for path in paths]):
        paths = [[folder for folder in path if folder.lower() not in PARTS] for path in paths]
    bare = [[folder for folder in path if folder.lower() not in _PLAIN_FOLDERS] for path in paths]
    paths = [(bare if _varies(bare) else paths)[row] for row in rows]
    levels = _levels(paths)
    if not levels and (called := _by_name([names[row] for row in rows])) is not None:
        said = "class: the beginning of the names of the files"
        return Classes(rows, called, tuple(questions), (*assumed, said))
    if not levels:
        return Classes(
            rows, np.array([path[-1] if path else None for path in paths], object), tuple(questions), tuple(assumed)
        )
    shown = tuple(levels)
    level = shown[0]
    if len(shown) > 1:
        questions.append(ask(answers, "class", "Class", shown, shown[0], "Several levels of folders vary."))
        level = questions[-1].chosen
    return Classes(rows, levels[level], tuple(questions), (*assumed, "class: the folder that varies"))


def _varies(paths: list[list[str]]) -> bool:
    return bool(_levels(paths))


def _levels(paths: list[list[str]]) -> dict[str, np.ndarray]:
    """The levels of folders that hold more than one name, counted from the picture upwards, by some of their names."""
    found: dict[str, np.ndarray] = {}
    for up in range(1, max(map(len, paths), default=0) + 1):
        names = np.array([path[-up] if len(path) >= up else None for path in paths], object)
        some = sorted(set(names.tolist()) - {None})
        if len(some) > 1:
            more = " ..." if len(some) > 3 else ""
            found[f"folder {', '.join(some[:3])}{more} ({len(some)})"] = names
    return found


def _by_name(names: list[str]) -> np.ndarray | None:
    """The words that the names of files begin with, before a number, where several files share each; else None."""
    begin = [_BEGINNING.match(PurePosixPath(name).stem) for name in names]
    if not all(begin):
        return None
    words = np.array([match[1].rstrip(" _.-(") if match else None for match in begin], object)
    counts = Counter(words.tolist())
    few = 2 <= len(counts) <= min(_MOST_NAMED, len(names) // 3)
    return words if few and min(counts.values()) > 1 else None
