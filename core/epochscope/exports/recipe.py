"""A run as text that others can use: a command, a line of Python (epochscope.runs.library.citation: to cite it)."""

from __future__ import annotations

import shlex
from typing import Any

from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec

_WIDTH = 88  # letters in a line of the command
_MOST_CHANGES = 20  # that are listed


def command(spec: RunSpec) -> str:
    """The command that trains this run again; it names every setting, so that no later default changes it."""
    flags = {"dataset": spec.dataset, "method": spec.method, "k": spec.k, "seed": spec.seed}
    flags |= {"preset": spec.preset} if spec.preset else {}
    flags |= {f"data.{name}": value for name, value in spec.data.items()} | dict(spec.params)
    lines = ["epochscope run"]
    for name, value in flags.items():
        part = f"--{name} {shlex.quote(str(value))}"
        if len(lines[-1]) + len(part) < _WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}")
    return " \\\n".join(lines)


def not_told(run: Run) -> str:
    """What the command and the call of Python leave out of a run, as a comment to stand above them, and what repeats it
    with that; empty where they tell all.
    """
    changes = [f"{one['name']} {one['old']} -> {one['new']} after epoch {one['epoch']}" for one in run.param_changes()]
    if not changes:
        return ""
    words = [f"#   {one}" for one in changes[:_MOST_CHANGES]]
    words += [f"#   and {len(changes) - _MOST_CHANGES} more"] if len(changes) > _MOST_CHANGES else []
    return "\n".join(
        [
            "# These are the settings of the start. While it trained, this was changed:",
            *words,
            f"# `epochscope replay {run.id}` trains it again with these changes.",
            "",
        ]
    )


def python(spec: RunSpec) -> str:
    """The same in Python."""
    words: dict[str, Any] = {"method": spec.method, "k": spec.k, "seed": spec.seed}
    words |= {"preset": spec.preset} if spec.preset else {}
    lines = [f"    {name}={value!r}," for name, value in words.items()]
    for name, values in (("data", spec.data), ("params", spec.params)):
        if values:
            inner = "".join(f"        {key!r}: {value!r},\n" for key, value in values.items())
            lines.append(f"    {name}={{\n{inner}    }},")
    return "\n".join(["import epochscope", "", "run = epochscope.train(", f"    {spec.dataset!r},", *lines, ")"])
