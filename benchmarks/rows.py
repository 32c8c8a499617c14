"""What benchmarks share: rows of tables in words, and files of one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epochscope.formulas.dispersion import median_range


def ranged(values: Sequence[float | None], digits: int = 3) -> str:
    """median (lowest to highest); a single value alone; "-" without values"""
    found = [value for value in values if value is not None]
    if len(found) < 2:
        return f"{found[0]:.{digits}f}" if found else "-"
    return "{0:.{d}f} ({1:.{d}f} to {2:.{d}f})".format(*median_range(found), d=digits)


def row(*cells: object) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |"


def head(*names: str) -> str:
    """The first two lines of a Markdown table."""
    return f"{row(*names)}\n{'|---' * len(names)}|"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file of one JSON object a line; a line that was cut off is left out. [] without a file."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        found += [value] if isinstance(value, dict) else []
    return found


def append_line(path: Path, value: dict[str, Any]) -> None:
    """Adds an object to such a file; one write, so that several programs may append at once."""
    with path.open("ab") as file:
        file.write(json.dumps(value, allow_nan=False).encode() + b"\n")
