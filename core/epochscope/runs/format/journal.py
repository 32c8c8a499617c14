"""An append-only list on the disk: it survives the death of its writer, and readers never see half an entry."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochscope.types import EpochscopeError


class Journal:
    """An append-only pair of files: JSON lines, and the bytes the lines point into (`content`: their file)."""

    def __init__(self, folder: Path, name: str, content: str = "frames.bin") -> None:
        self.lines_path, self.bytes_path = folder / f"{name}.jsonl", folder / content
        self._read = 0
        self._lines: list[dict[str, Any]] = []
        self._reading = threading.Lock()

    def append(self, line: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
        """Bytes first, then the line that makes them exist. Only one writer."""
        at = {}
        if parts:
            with self.bytes_path.open("ab") as file:
                for key, data in parts.items():
                    at[key] = (file.tell(), len(data))
                    file.write(data)
        with self.lines_path.open("ab") as file:
            file.write(json.dumps({**line, "at": at}, allow_nan=False, separators=(",", ":")).encode() + b"\n")

    def repair(self) -> int:
        """Cuts off what comes after the last whole entry, in both files; for the writer alone. How many stay."""
        lines, ends = self.whole()
        for path, end in zip((self.lines_path, self.bytes_path), ends, strict=True):
            if path.exists() and path.stat().st_size > end:
                os.truncate(path, end)
        return len(lines)

    def whole(self) -> tuple[list[dict[str, Any]], tuple[int, int]]:
        """The entries before the first that is cut off, damaged or without its bytes; where both files end after them.

        A killed writer leaves half a line at most; a disk that lost power may leave more.
        """
        content = self.lines_path.read_bytes() if self.lines_path.exists() else b""
        room = self.bytes_path.stat().st_size if self.bytes_path.exists() else 0
        lines, length, end = [], 0, 0
        for text in content[: content.rfind(b"\n") + 1].splitlines(keepends=True):
            try:
                line = json.loads(text)
                reach = max((start + size for start, size in line["at"].values()), default=end)
            except (ValueError, TypeError, KeyError, AttributeError):
                break
            if reach > room:
                break
            lines.append(line)
            length, end = length + len(text), max(end, reach)
        return lines, (length, end)

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines so far; reads only what is new since the last call. The list only grows: do not change it."""
        with self._reading:
            try:
                with self.lines_path.open("rb") as file:
                    file.seek(self._read)
                    new = file.read()
            except FileNotFoundError:
                return self._lines
            for text in new[: new.rfind(b"\n") + 1].splitlines(keepends=True):
                try:
                    self._lines.append(json.loads(text))
                except ValueError:
                    raise EpochscopeError(
                        f"{self.lines_path} is damaged at line {len(self._lines) + 1}; "
                        "continue the run to compute what follows again, or delete that line and all after it."
                    ) from None
                self._read += len(text)
            return self._lines

    def read(self, at: tuple[int, int]) -> bytes:
        """The bytes a line points to. Empty if the file was cut."""
        with self.bytes_path.open("rb") as file:
            file.seek(at[0])
            return file.read(at[1])
