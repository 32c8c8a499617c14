"""Facts of a method card that come from the code: parameters, presets, departures, sources, where symbols appear."""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from epochscope.cards import Symbol
from epochscope.figures import FIGURES
from epochscope.methods import METHODS
from epochscope.methods.base import Method
from epochscope.text import value_words
from epochscope.types import OPTIONAL_ARRAYS
from epochscope.ui.shared.text import plain

LIVE = "⚡"
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"

_ARRAYS = {
    "z",
    "q",
    "p",
    "labels",
    "centers",
} | OPTIONAL_ARRAYS.keys()  # a figure may also need what no method provides
_ELSEWHERE = {
    "x": "the Data page",
    "centers": "numbers on the embedding",
    "spread": "ellipses on the embedding",
    "forces": "arrows on the embedding",
    "neighbors": "edges on the embedding",
    "weights": "width of these edges",
}


class ParamGroup(NamedTuple):
    """The parameters of one expander, as rows of a table."""

    title: str
    rows: list[dict[str, str]]


def param_groups(method: Method) -> list[ParamGroup]:
    """Every parameter of a method, those of its own first, then group by group."""
    labels = method.params.group_labels()
    rows_by_group: dict[str, list[dict[str, str]]] = {}
    for flag, about in method.params.ranges():
        rows_by_group.setdefault(flag.rpartition(".")[0], []).append(
            {
                "parameter": plain(about.title(flag)) + f" {LIVE}" * about.live,
                "name": f"`{flag}`",
                "default": plain(value_words(about.default)),
                "allowed": plain("; ".join(about.options) or re.sub("^a (whole )?number from ", "", about.words)),
                "description": plain(about.help),
            }
        )
    return [
        ParamGroup(labels.get(prefix.split(".")[0], prefix) or "General", rows)
        for prefix, rows in rows_by_group.items()
    ]


def preset_rows(method: Method) -> list[dict[str, str]]:
    """Parameters in which any preset differs from the defaults or from another preset; one column a preset."""
    values = {preset.title: method.start(preset.title).flat() for preset in method.presets}
    rows = []
    for flag, about in method.params.ranges():
        column = {title: value_words(flat[flag]) for title, flat in values.items()}
        if len({value_words(about.default), *column.values()}) > 1:
            rows.append({"parameter": plain(about.title(flag)), **{t: plain(v) for t, v in column.items()}})
    return rows


def module_of(method: Method) -> ModuleType:
    """The module whose code runs."""
    module = inspect.getmodule(method.run)
    assert module is not None  # `run` is a function of a file
    return module


def departures(method: Method) -> str:
    """The paragraph after "Departs from the paper:" in the docstring of the method's module."""
    return departs(inspect.getdoc(module_of(method)) or "")


def departs(docstring: str) -> str:
    """The rest of the paragraph in which a line begins with "Departs from the paper:", on one line."""
    found = re.search(r"^Departs from the paper:\s*(.+?)(?:\n\s*\n|\Z)", docstring, re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def source(thing: ModuleType | Callable[..., Any]) -> str:
    """The text of a module or function as it stands on disk."""
    return inspect.getsource(thing).strip() + "\n"


def called(method: Method) -> Iterator[Callable[..., Any]]:
    """The formulas and shared parts that the method's module imports by name, in order of import."""
    files_of_methods = {other.run.__module__ for other in METHODS.values()}
    for thing in vars(module_of(method)).values():
        home = getattr(thing, "__module__", "") if inspect.isfunction(thing) else ""
        if (
            home.startswith(("epochscope.formulas.", "epochscope.methods."))
            and home not in files_of_methods
            and not thing.__name__.endswith("_param")
        ):
            yield inspect.unwrap(thing)


def seen(symbol: Symbol, method: Method) -> str:
    """Where this symbol appears in the app: parameters with that letter, figures that need it."""
    settings = [
        f"setting {plain(about.title(flag))}{f' {LIVE}' * about.live}"
        for flag, about in method.params.ranges()
        if about.symbol and letter(about.symbol) == letter(symbol.latex)
    ]
    drawn = {key: fig for key, fig in FIGURES.items() if fig.needs & _ARRAYS <= method.provides}
    figures = [drawn[symbol.seen]] if symbol.seen in drawn else [f for f in drawn.values() if symbol.seen in f.needs]
    other = [_ELSEWHERE[symbol.seen]] if symbol.seen in {"x", *method.provides} & _ELSEWHERE.keys() else []
    return "; ".join([*settings, *(plain(figure.title) for figure in figures), *other]) or "–"


def letter(name: str) -> str:
    r"""A symbol without markup: `\gamma`, "γ" and `{\gamma}` are the same, so are "λ₁" and `\lambda_1`."""
    for greek in _GREEK.split():
        name = re.sub(
            rf"\\{greek}(?![a-z])", unicodedata.lookup(f"GREEK SMALL LETTER {_SPELLED.get(greek, greek)}"), name
        )
    return re.sub(r"[_{}\s]", "", unicodedata.normalize("NFKC", name))


_SPELLED = {"lambda": "LAMDA"}
