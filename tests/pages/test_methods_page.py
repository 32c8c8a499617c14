"""The Methods page as Streamlit draws it, for every method, with a card and without."""

import inspect

import pytest
from epochscope.cards import CARDS
from epochscope.methods import METHODS

from tests.support.methods import EACH
from tests.support.pages import app


@pytest.mark.parametrize("key", EACH)
def test_every_tab_of_every_card(key):
    method, card = METHODS[key], CARDS[key]
    test = app("pages/methods.py")
    test.radio(key="card").set_value(key).run()

    def tab(title):
        test.session_state["tab"] = title
        test.run()
        assert not test.exception, title
        assert test.subheader[0].value == method.title
        return test

    shown = [latex.value for latex in tab("Formulas").latex]
    assert len(shown) == len(card.formulas)
    assert all(formula.latex in value for formula, value in zip(card.formulas, shown, strict=True))
    assert test.table[0].value["meaning"].tolist() == [symbol.meaning for symbol in card.symbols]

    listed = [table.value["line"].tolist() for table in test.table if "line" in table.value]
    assert listed == ([[step.line for step in card.steps]] if card.steps else [])

    names = {name for table in tab("Parameters").table for name in table.value.get("name", ())}
    assert names == {f"`{name}`" for name, _ in method.params.ranges()}

    assert tab("Pitfalls").table[0].value["symptom"].tolist() == [pitfall.symptom for pitfall in card.pitfalls]
    for table in tab("Results").table:
        assert not table.value.empty
    assert tab("Source").code[0].value.strip() == inspect.getsource(inspect.getmodule(method.run)).strip()


def test_all_methods_can_be_chosen():
    test = app("pages/methods.py")
    assert test.radio(key="card").options == [method.title for method in METHODS.values()]


def test_a_method_without_a_card_shows_what_the_program_knows(monkeypatch):
    monkeypatch.delitem(CARDS, "dec")
    test = app("pages/methods.py")
    test.radio(key="card").set_value("dec").run()
    assert not test.exception
    assert METHODS["dec"].about in [text.value for text in test.markdown]
    assert not test.latex
    assert [tab.label for tab in test.tabs] == ["Parameters", "Results", "Source"]


def test_published_numbers_come_with_their_evidence():
    test = app("pages/methods.py", tab="Results")
    test.radio(key="card").set_value("dec").run()
    published = next(table.value for table in test.table if "evidence" in table.value)
    assert len(published) >= 4
    assert published["what differs"].str.len().min() > 0
