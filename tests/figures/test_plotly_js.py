"""The bundle of plotly.js that ships: what npm has, of the version of the package plotly, with all that we draw."""

import re
from collections.abc import Iterator
from pathlib import Path

from epochscope.figures import plotly_js
from epochscope.resources import resource
from plotly.offline import get_plotlyjs, get_plotlyjs_version

PACKAGE = resource("stage").parent
INSTALLED = Path(__file__).parents[2] / "node_modules" / "plotly.js-cartesian-dist-min"
DRAWN_BY_STREAMLIT = {("figures/score_against.py", "parcoords")}


def test_it_is_the_one_that_npm_has_with_its_license():
    script = plotly_js.script()
    assert script == (INSTALLED / plotly_js.BUNDLE.stem).read_bytes(), "npm ci; python -m assets.plotly"
    assert f"v{plotly_js.VERSION}\n" in script[:200].decode()
    assert plotly_js.BUNDLE.with_name("LICENSE").read_bytes() == (INSTALLED / "LICENSE").read_bytes()


def test_it_has_the_version_that_figures_are_made_for():
    assert get_plotlyjs_version() == plotly_js.VERSION, (
        "The package plotly has another plotly.js: set this version in package.json and figures/plotly_js.py, then "
        "npm install; python -m assets.plotly"
    )


def test_it_has_every_trace_that_is_drawn():
    bundled, known = (
        set(re.findall(r'moduleType:"trace",name:"(\w+)"', script))
        for script in (plotly_js.script().decode(), get_plotlyjs())
    )
    assert {"scatter", "bar", "heatmap"} <= bundled < known
    used = set(_traces(known))
    assert {kind for _, kind in used} >= {"scatter", "bar", "heatmap", "parcoords"}
    assert {(file, kind) for file, kind in used if kind not in bundled} == DRAWN_BY_STREAMLIT


def _traces(known: set[str]) -> Iterator[tuple[str, str]]:
    """Files and the kinds of traces that they name: `go.Bar`, `add_bar`, {"type": "bar"}; in JavaScript type: "bar"."""
    for path in (*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js")):
        file, text = path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8")
        named = set(re.findall(r"""\btype["']?: ?["'](\w+)["']""", text))
        if path.suffix == ".py":
            named |= set(re.findall(r"\b(?:go\.|add_)(\w+)\(", text))
        yield from ((file, name.lower()) for name in named if name.lower() in known)
