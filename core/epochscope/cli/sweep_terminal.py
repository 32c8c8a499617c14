"""What a terminal shows of a sweep: a line for each run that ends, how far it is, and a table at its end."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

_EVERY_SECONDS = 2.0


class Terminal:
    """Prints lines for people, or one JSON object for machines (`quiet`)."""

    def __init__(self, begun: Any, varied: Sequence[str] | None, *, quiet: bool) -> None:
        """`varied`: the parameters of the grid; None where they are not known any longer."""
        from epochscope.runs.format.run import Run

        self.group = begun.group
        self._runs = {writer.id: Run(writer.id, writer.folder) for writer in begun.writers}
        self._varied, self._quiet = varied, quiet
        self._ended: dict[str, tuple[str, str]] = {}
        self._shown, self._began = "", time.monotonic()
        self._told = 0.0
        if not quiet:
            print(f"{len(self._runs)} runs in group {self.group}; the Runs page shows them.", flush=True)

    def ended(self, one: Any) -> None:
        """A run has come to its end."""
        self._ended[one.run_id] = (one.state, one.message)
        if self._quiet:
            return
        run, words = self._runs[one.run_id], []
        table = run.epochs()
        last = _scores(table)
        words += [f"{name.upper()} {last[name]:.3f}" for name in ("acc", "nmi") if last.get(name) is not None]
        words += [f"{len(table)} epochs", f"{sum(line['seconds'] for line in table):.1f} s"]
        self._clear()
        print(
            f"[{len(self._ended)}/{len(self._runs)}] {one.state}: {run.title}{self._setting(run)}  {'  '.join(words)}"
        )
        if one.message:
            print(f"    {one.message}")
        sys.stdout.flush()

    def progress(self) -> None:
        """How far the sweep is: on a terminal one line that is overwritten, elsewhere a line where it changed."""
        if self._quiet or time.monotonic() - self._told < _EVERY_SECONDS:
            return
        self._told = time.monotonic()
        states = Counter(run.status["state"] for run_id, run in self._runs.items() if run_id not in self._ended)
        waits = states.pop("queued", 0)
        text = f"{len(self._ended)} of {len(self._runs)} ended, {states.total()} train, {waits} wait"
        if sys.stderr.isatty():
            text += f" ({time.monotonic() - self._began:.0f} s)"
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
        elif text != self._shown:
            print(text, file=sys.stderr, flush=True)
        self._shown = text

    def _clear(self) -> None:
        if sys.stderr.isatty() and self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def summary(self) -> Counter[str]:
        """Prints the table of settings, or the JSON object; returns how many runs are in which state."""
        rows = [self._row(run) for run in self._runs.values()]
        if self._quiet:
            print(json.dumps({"group": self.group, "runs": rows}))
        else:
            self._clear()
            _print_table(rows)
        return Counter(row["state"] for row in rows)

    def _row(self, run: Any) -> dict[str, Any]:
        state, message = self._ended.get(run.id) or (run.status["state"], run.status["message"])
        table = run.epochs()
        last = _scores(table)
        return {
            "run": run.id,
            "state": state,
            "message": message,
            "method": run.spec.method,
            "values": {name: self._value(run, name) for name in self._names(run)},
            "seed": run.spec.seed,
            "epochs": len(table),
            "training_seconds": round(sum(line["seconds"] for line in table), 2),
            **{name: last.get(name) for name in ("acc", "nmi", "ari")},
        }

    def _names(self, run: Any) -> list[str]:
        return [name for name in self._varied or () if name == "k" or name in run.spec.params]

    def _value(self, run: Any, name: str) -> Any:
        return run.spec.k if name == "k" else run.spec.params[name]

    def _setting(self, run: Any) -> str:
        return "".join(f", {name} = {self._value(run, name)}" for name in self._names(run))


def _scores(table: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return next((line["scores"] for line in reversed(table) if "scores" in line), {})


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Median and range over the seeds of each setting, of the runs that are done."""
    from epochscope.formulas.dispersion import median_range

    settings: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        values = ", ".join(f"{name} = {value}" for name, value in row["values"].items())
        settings.setdefault(f"{row['method']}{', ' if values else ''}{values}", []).append(row)
    print("\n| setting | runs done | ACC | NMI |\n|---|---|---|---|")
    for setting, members in settings.items():
        done = [row for row in members if row["state"] == "done"]
        cells = []
        for name in ("acc", "nmi"):
            known = [row[name] for row in done if row[name] is not None]
            cells.append("{:.3f} ({:.3f} to {:.3f})".format(*median_range(known)) if known else "-")
        print(f"| {setting} | {len(done)} of {len(members)} | {' | '.join(cells)} |")
