"""An append-only list on disk that survives a crash of its writer; readers never see half an entry."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from epochscope.files import append_to, cut_off, opened, reason
from epochscope.runs.format import schema
from epochscope.runs.format.schema import DamagedError
from epochscope.types import EpochscopeError

_THEN = "continue the run to compute what follows again, or delete that line and all after it."


def _anything(line: Any, before: list[Any], info: Any) -> None:
    """No check beyond the types."""


class Journal:
    """An append-only pair of files: JSON lines, and the bytes the lines point into (`content`: their file).

    `kind`: what a line is (epochscope.runs.format.schema); `check(line, lines before it, info)` raises ValueError where
    one does not fit what stands beside it; `info()` returns the sizes of the run, or None if they are unknown;
    `upgrade` converts a line of an older format to the current one, in place.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        content: str = "frames.bin",
        *,
        kind: Any,
        check: Callable[[Any, list[Any], Any], None] = _anything,
        info: Callable[[], Any] = lambda: None,
        upgrade: Callable[[Any], None] = lambda line: None,
    ) -> None:
        self.lines_path, self.bytes_path = folder / f"{name}.jsonl", folder / content
        self._kind, self._check, self._info, self._upgrade = kind, check, info, upgrade
        self._read = 0  # bytes of the lines
        self._end = 0  # of the bytes they point to
        self._lines: list[Any] = []
        self._reading = threading.Lock()

    def append(self, line: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
        """Writes the bytes, then the line that points to them. One writer only. Refuses what readers would refuse."""
        at = {}
        start = self.bytes_path.stat().st_size if parts and self.bytes_path.exists() else 0
        for key, data in parts.items():
            at[key] = (start, len(data))
            start += len(data)
        text = json.dumps({**line, "at": at}, allow_nan=False, separators=(",", ":")).encode()
        try:
            schema.parsed(text, self._kind)
        except ValueError as error:
            raise EpochscopeError(f"No reader would take this line of {self.lines_path.name}: {error}.") from None
        if parts:
            append_to(self.bytes_path, b"".join(parts.values()))
        append_to(self.lines_path, text + b"\n")

    def repair(self) -> int:
        """Cuts off all after the last whole entry, in both files; for the writer only. Returns how many remain."""
        lines, ends = self.whole()
        for path, end in zip((self.lines_path, self.bytes_path), ends, strict=True):
            cut_off(path, end)
        return len(lines)

    def whole(self) -> tuple[list[Any], tuple[int, int]]:
        """The entries before the first that is cut off, damaged or without its bytes; where both files end after them.

        A killed writer leaves half a line at most; a disk that lost power may leave more.
        """
        lines: list[Any] = []
        length = end = 0
        try:
            for line, size, end_of_bytes in self._entries(0, lines, 0, _silent(self._info)):
                lines.append(line)
                length, end = length + size, end_of_bytes
        except (DamagedError, FileNotFoundError):
            pass
        return lines, (length, end)

    def lines(self) -> list[Any]:
        """All whole lines so far; reads only what is new since the last call. The list only grows: do not change it.

        Raises DamagedError at a line that does not fit; those before it are read and remembered.
        """
        with self._reading:
            if self._nothing_new():
                return self._lines
            try:
                for line, size, end in self._entries(self._read, self._lines, self._end, self._info):
                    self._lines.append(line)
                    self._read, self._end = self._read + size, end
            except FileNotFoundError:
                pass
            return self._lines

    def _nothing_new(self) -> bool:
        """Whether the file ends where it has been read to: one look, since a class asks hundreds of times a second."""
        try:
            found = os.stat(self.lines_path, follow_symlinks=False)
        except OSError:
            return False
        return found.st_size == self._read and stat.S_ISREG(found.st_mode)

    def _entries(
        self, start: int, before: list[Any], end: int, info: Callable[[], Any]
    ) -> Iterator[tuple[Any, int, int]]:
        """(line, its length, where its bytes end) of each whole line from byte `start` on. `before` is filled outside.

        Raises FileNotFoundError, and DamagedError at the first line that does not fit.
        """
        most = schema.MOST_BYTES[self.lines_path.name]
        try:
            with opened(self.lines_path) as file:
                length = os.fstat(file.fileno()).st_size  # memory for all that may come would be taken at each look
                file.seek(start)
                new = file.read(max(0, min(length, most + 1) - start))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DamagedError(f"{self.lines_path} cannot be read ({reason(error)}).") from None
        whole = new.rfind(b"\n") + 1
        known, room = None, None
        for text in new[:whole].splitlines(keepends=True):
            if room is None:
                known, room = info(), self._room()
            where = f"{self.lines_path} is damaged at line {len(before) + 1}"
            try:
                if len(text) > schema.MOST_LINE_BYTES:
                    raise ValueError("it is too long")
                line = schema.parsed(text, self._kind)
                self._upgrade(line)
                self._check(line, before, known)
                end = _end(line["at"], end, room)
            except ValueError as error:
                raise DamagedError(f"{where} ({error}); {_THEN}") from None
            yield line, len(text), end
        if start + len(new) > most or len(new) - whole > schema.MOST_LINE_BYTES:
            raise DamagedError(f"{self.lines_path} is damaged at line {len(before) + 1} (it is too long); {_THEN}")

    def _room(self) -> int:
        try:
            return self.bytes_path.stat().st_size
        except OSError:
            return 0

    def read(self, at: tuple[int, int]) -> bytes:
        """The bytes a line points to. Raises EpochscopeError where they are not there."""
        try:
            with opened(self.bytes_path) as file:
                file.seek(at[0])
                content = file.read(at[1])
        except OSError as error:
            raise EpochscopeError(f"{self.bytes_path} cannot be read ({reason(error)}).") from None
        if len(content) != at[1]:
            raise DamagedError(f"{self.bytes_path} is damaged (it ends too early); continue the run to mend it.")
        return content


def _end(at: Mapping[str, tuple[int, int]], end: int, room: int) -> int:
    """Where the bytes of a line end; raises ValueError where they overlap earlier ones or are not there."""
    for name, (start, size) in at.items():
        if start < end:
            raise ValueError(f"the bytes of {name[:40]} overlap others")
        end = start + size
    if at and end > room:
        raise ValueError("its bytes are missing")
    return end


def _silent(info: Callable[[], Any]) -> Callable[[], Any]:
    def known() -> Any:
        try:
            return info()
        except EpochscopeError:
            return None

    return known
