"""A run as text that others can use: a command, a line of Python, a sentence to cite."""

from __future__ import annotations

import shlex
from typing import Any

from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.scores import SCORES

_WIDTH = 88  # letters in a line of the command


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


def citation(run: Run) -> str:
    """One paragraph: what was trained, with which version and settings, and what came out, to the last bit."""
    spec, made = run.spec, (run.info or {}).get("made_with", {})
    parts = [f"{name} {made[name]}" for name in ("torch", "python", "device") if made.get(name)]
    version = f"epochscope {made.get('epochscope', '(version unknown)')}" + (f" ({', '.join(parts)})" if parts else "")
    values = {**{f"data.{name}": value for name, value in spec.data.items()}, **spec.params}
    settings = ", ".join(f"{name} = {value}" for name, value in values.items())
    lines = run.epochs()
    scores = next((line["scores"] for line in reversed(lines) if "scores" in line), {})
    told = ", ".join(f"{SCORES.get(name, name)} {value:.4f}" for name, value in scores.items())
    digest = lines[-1].get("digest", "") if lines else ""
    result = f"After {len(lines)} epochs" + (f": {told}" if told else "") + (f"; digest {digest}" if digest else "")
    return f"{run.title}. Trained with {version}. Settings: {settings or 'none'}. {result}."
