"""What people write about a run: name, tags, notes; and the group it was started with. No result depends on it.

about.json in the run folder; replaced as a whole, also while the run trains. All of it is text by users: pages
show it literally, never as HTML or Markdown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from epochscope import rights
from epochscope.files import reason, write_whole
from epochscope.rights import Action, Visitor
from epochscope.runs.format import schema
from epochscope.types import EpochscopeError

NAME_LENGTH, TAG_LENGTH, MOST_TAGS, NOTES_LENGTH = 120, 30, 12, 20_000
FILE = "about.json"
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069]"
)  # control characters, and those that reverse the direction of text


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Cleaned on construction: control characters are dropped, lengths limited, duplicate tags removed."""

    name: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    group: str = ""  # id shared by runs that were started together
    group_title: str = ""

    def __post_init__(self) -> None:
        line = " ".join
        object.__setattr__(self, "name", line(_clean(self.name).split())[:NAME_LENGTH])
        object.__setattr__(self, "notes", _clean(self.notes)[:NOTES_LENGTH].strip())
        object.__setattr__(self, "group", re.sub(r"[^\w-]", "", _clean(self.group))[:60])
        object.__setattr__(self, "group_title", line(_clean(self.group_title).split())[:NAME_LENGTH])
        given_tags = self.tags if isinstance(self.tags, list | tuple) else ()
        tags = dict.fromkeys(line(_clean(tag).split())[:TAG_LENGTH] for tag in given_tags)
        object.__setattr__(self, "tags", tuple(tag for tag in tags if tag)[:MOST_TAGS])

    @property
    def kept(self) -> bool:
        """Whether somebody named, tagged or annotated this run: then a quota does not propose to delete it."""
        return bool(self.name or self.tags or self.notes)


def _clean(text: Any) -> str:
    return _UNSEEN.sub("", text) if isinstance(text, str) else ""


def tags_of(text: str) -> tuple[str, ...]:
    """Tags from text in which commas separate them."""
    return tuple(part.strip().lstrip("#") for part in text.split(","))


def read(folder: Path) -> Metadata:
    """The content of about.json; empty if it is missing or damaged."""
    try:
        fields = schema.parsed(schema.read_bytes(folder / FILE), dict[str, Any])
    except (OSError, ValueError, EpochscopeError):
        return Metadata()
    return Metadata(**schema.fields_that_fit(fields, schema.MetadataFile))


def write(folder: Path, metadata: Metadata, visitor: Visitor) -> None:
    """Replaces about.json. Raises EpochscopeError if it cannot be written or the visitor may not change it."""
    rights.require(visitor, Action.DESCRIBE, rights.thing_of(folder / rights.OWNER))
    try:
        if not folder.is_dir():
            raise FileNotFoundError(2, "it is no longer there")
        write_whole(folder / FILE, json.dumps(asdict(metadata), ensure_ascii=False))
    except OSError as error:
        raise EpochscopeError(f"{folder / FILE} cannot be written ({reason(error)}).") from None


def used_tags(written: Iterable[Metadata]) -> list[str]:
    """Every tag in use, the most frequent first."""
    counts: dict[str, int] = {}
    for metadata in written:
        for tag in metadata.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))
