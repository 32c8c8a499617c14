"""`run.show()`: the widget in a notebook, the app elsewhere."""

import sys
import types
import urllib.request

import epochscope
import pytest
from epochscope import EpochscopeError
from epochscope.api import show
from epochscope.runs.format.run import Run
from epochscope.testing.trial import digits

X = digits().x.numpy()


@pytest.fixture(scope="module")
def run():
    return epochscope.train(X, "kmeans", k=3, restarts=2, progress=False)


@pytest.fixture
def opened(monkeypatch):
    """The addresses to which a browser was sent."""
    addresses = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    return addresses


def notebook(monkeypatch, widget) -> None:
    """Makes this program a notebook, with this function as epochscope.notebook.show."""
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    module = types.ModuleType("epochscope.notebook")
    module.show = widget
    monkeypatch.setitem(sys.modules, "epochscope.notebook", module)


def test_in_a_notebook_it_is_the_widget(monkeypatch, opened, run):
    shown = []
    notebook(monkeypatch, shown.append)
    assert run.show() is None
    assert shown == [Run(run.id).folder]
    aside = epochscope.train(X, "kmeans", k=3, restarts=2, progress=False, record=False)
    assert aside.show() is None
    assert len(shown) == 2
    assert opened == []


def test_without_the_widget_s_packages_it_is_the_app(monkeypatch, opened, run):
    def fails(folder):
        raise EpochscopeError("The notebook widget needs anywidget.")

    notebook(monkeypatch, fails)
    monkeypatch.setattr(show, "_app", lambda: "http://127.0.0.1:1")
    address = f"http://127.0.0.1:1/?run={run.id}"
    assert run.show() == address
    assert opened == [address]


def test_the_app_lists_no_run_of_a_temporary_folder(opened):
    aside = epochscope.train(X, "kmeans", k=3, restarts=2, progress=False, record=False)
    with pytest.raises(EpochscopeError, match="The app does not list this run: train it with record=True"):
        aside.show()
    assert opened == []


@pytest.mark.slow
def test_the_app_starts_and_answers(opened, run):
    address = run.show()
    assert opened == [address]
    with urllib.request.urlopen(f"{address.partition('/?')[0]}/_stcore/health", timeout=60) as answer:
        assert answer.status == 200
    assert run.show() == address  # the same app again
