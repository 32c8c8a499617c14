"""Every method has a card; its LaTeX is what KaTeX understands; its symbols occur; what is read off code is true."""

import inspect
import re

import pytest
from epochscope.cards import CARDS
from epochscope.methods import METHODS
from epochscope.types import OPTIONAL_ARRAYS
from epochscope.ui.methods import facts
from epochscope.ui.shared.text import plain

COMMANDS = set(
    re.findall(
        r"\S+",
        r"""\# \, \; \\ \alpha \bar \begin \beta \big \Big \delta \dots \ell \end \eta \exp \frac \gamma \ge \hat \in
    \lambda \le \leftarrow \ln \lVert \mathbb \mathcal \mathrm \max \mid \min \mu \nabla \neq \nu \odot \Omega
    \operatorname \partial \phi \pi \Pr \propto \qquad \quad \rho \rVert \sigma \Sigma \sim \sqrt \sum \tau
    \text \tfrac \theta \tilde \to \top \varepsilon \Vert \widehat \xi \{ \}""",
    )
)
"""Commands that KaTeX knows and the cards may use."""

FORMULAS = [
    pytest.param(formula.latex, id=f"{key}-{i}")
    for key, card in CARDS.items()
    for i, formula in enumerate(card.formulas)
]
IN_TEXT = [
    pytest.param(mathematics, id=f"{key}-{mathematics}")
    for key, card in CARDS.items()
    for mathematics in sorted(
        {
            *(symbol.latex for symbol in card.symbols),
            *re.findall(r"(?<!\\)\$(.+?)(?<!\\)\$", repr(card).replace("\\\\", "\\")),
        }
    )
]


def everything(value) -> list[str]:
    """Every string within nested tuples."""
    return [value] if isinstance(value, str) else [text for part in value for text in everything(part)]


def test_every_method_has_a_card():
    assert METHODS.keys() <= CARDS.keys()
    assert all(card.key == key for key, card in CARDS.items())


@pytest.mark.parametrize("latex", FORMULAS + IN_TEXT)
def test_katex_understands_the_mathematics(latex):
    unknown = set(re.findall(r"\\(?:[a-zA-Z]+|.)", latex)) - COMMANDS
    assert not unknown
    assert balanced(re.sub(r"\\[{}]", "", latex)), "braces"
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    begun = re.findall(r"\\begin\{(\w+)\}", latex)
    assert sorted(begun) == sorted(re.findall(r"\\end\{(\w+)\}", latex))
    assert set(begun) <= {"aligned", "gathered", "cases"}
    if not begun:
        assert "&" not in latex
        assert r"\\" not in latex
    assert not re.search(r"\^\w\^|_\w_", latex), "double script"
    assert "$" not in latex
    assert latex.isascii()


def balanced(latex: str) -> bool:
    depth = 0
    for character in latex:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("latex", ["{", "}{", r"\frac{a}{b"])
def test_the_check_of_braces_can_fail(latex):
    assert not balanced(latex)


@pytest.mark.parametrize("key", CARDS)
def test_symbols_occur_in_a_formula_or_are_a_parameter(key):
    card = CARDS[key]
    formulas = " ".join(formula.latex for formula in card.formulas)
    letters = re.sub(r"\\(text|begin|end|operatorname\*?)\{.*?\}|\\[a-zA-Z]+", " ", formulas)  # "a" is not in "alpha"
    ranges = METHODS[key].params.ranges() if key in METHODS else ()
    settings = {facts.letter(about.symbol) for _, about in ranges if about.symbol}
    for symbol in card.symbols:
        hay = formulas if "\\" in symbol.latex else letters
        occurs = re.sub(r"[\s{}]", "", symbol.latex) in re.sub(r"[\s{}]", "", hay)
        assert occurs or facts.letter(symbol.latex) in settings, symbol.latex
    latex = [symbol.latex for symbol in card.symbols]
    assert len(set(latex)) == len(latex)


@pytest.mark.parametrize("key", CARDS)
def test_what_shows_a_symbol_has_a_name(key):
    fields = {"x", "z", "q", "p", "labels", "centers", "losses", "measures", "scores"}
    for symbol in CARDS[key].symbols:
        assert not symbol.seen or symbol.seen in fields | OPTIONAL_ARRAYS.keys(), symbol.seen


@pytest.mark.parametrize("key", CARDS)
def test_a_card_says_something_in_every_part(key):
    card = CARDS[key]
    assert min(map(len, (card.formulas, card.symbols, card.pitfalls, card.sources))) >= 1
    assert len(card.words) > 200
    for text in everything(card):
        assert text.count("$") % 2 == 0, text
        assert "  " not in text, text
    for source in card.sources:
        assert source.link.startswith("https://") or not source.link
    for implementation in card.implementations:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", implementation.repository)


@pytest.mark.parametrize("key", METHODS)
def test_parameters_and_presets_are_those_of_the_method(key):
    method = METHODS[key]
    rows = [row for group in facts.param_groups(method) for row in group.rows]
    assert sorted(row["name"] for row in rows) == sorted(f"`{name}`" for name, _ in method.params.ranges())
    live = {row["name"].strip("`") for row in rows if facts.LIVE in row["parameter"]}
    assert live == method.params.live_names()
    for row in facts.preset_rows(method):
        assert row.keys() == {"parameter", *(preset.title for preset in method.presets)}


@pytest.mark.parametrize("key", METHODS)
def test_departures_are_those_of_the_file_that_runs(key):
    method = METHODS[key]
    words = facts.departures(method)
    text = " ".join((inspect.getdoc(inspect.getmodule(method.run)) or "").split())
    assert ("Departs from the paper:" in text) == bool(words)
    assert words in text
    assert f"def {method.run.__name__}(" in facts.source(facts.module_of(method))


@pytest.mark.parametrize("key", METHODS)
def test_each_line_of_an_algorithm_stands_in_the_file_that_runs(key):
    source = facts.source(facts.module_of(METHODS[key]))
    for step in CARDS[key].steps:
        assert step.code in source, step.code
    assert CARDS["dgg"].steps


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        ("Title.\n\nCite. 2016.\nDeparts from the paper: one\ntwo.\n\nMore.", "one two."),
        ("Title.\n\nDeparts from the paper: to the end", "to the end"),
        ("Title. Departs from the paper: in the middle of a line", ""),
        ("", ""),
    ],
)
def test_departures_end_with_their_paragraph(docstring, words):
    assert facts.departs(docstring) == words


def test_formulas_that_a_method_calls_are_found():
    called = {function.__name__ for function in facts.called(METHODS["dec"])}
    assert {"student_t", "kl", "first_clusters"} <= called
    assert "def student_t(" in facts.source(next(f for f in facts.called(METHODS["dec"]) if f.__name__ == "student_t"))


@pytest.mark.parametrize(
    ("latex", "symbol"), [(r"\gamma", "γ"), (r"\lambda_1", "λ₁"), (r"\nu", "ν"), ("L_{r}", "Lr"), ("T", "T")]
)
def test_a_letter_is_known_in_any_spelling(latex, symbol):
    assert facts.letter(latex) == facts.letter(symbol)


def test_where_a_symbol_is_seen_follows_from_what_the_method_provides():
    symbols = {symbol.latex: symbol for symbol in CARDS["idec"].symbols}
    places = {latex: facts.seen(symbol, METHODS["idec"]) for latex, symbol in symbols.items()}
    assert "setting γ · weight of clustering ⚡" in places[r"\gamma"]
    assert "Q" in places["q_{ij}"]
    assert "numbers on the embedding" in places[r"\mu_j"]
    assert facts.seen(symbols["q_{ij}"], METHODS["kmeans"]) == "–"  # no soft assignment there


def test_text_from_code_is_shown_as_it_is():
    assert plain("|z_i - mu_j|^2 * $x$") == r"\|z\_i - mu\_j\|^2 \* \$x\$"
