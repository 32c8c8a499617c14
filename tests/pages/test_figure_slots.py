"""Which figures stand on the Train page: by the rule, by the address line, and where a run shows less."""

import pytest
from epochscope import methods
from epochscope.data.dataset_cache import dataset
from epochscope.figures import FIGURES
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.shown import provides
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.ui.shared.figure_slots import in_slots, possible, tall_slots

from tests.support.pages import app, panels
from tests.support.showcase import SHOWCASE


@pytest.fixture(autouse=True)
def _showcase(monkeypatch):
    monkeypatch.setitem(methods.METHODS, "showcase", SHOWCASE)


def run_of(method: str, data: str = "blobs", k: int = 3, **params) -> Run:
    writer = RunWriter(RunSpec(data, method, k, 0, data={"n": 120} if data == "blobs" else {}, params=params), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


def keys(run: Run, asked: str = "") -> list[str]:
    return [figure.key for figure in in_slots(possible(provides(run, None)), asked)]


def test_a_run_with_everything_gets_the_most_special_figures():
    run = run_of("showcase", "digits", 10, epochs=2)
    assert keys(run) == ["q", "field", "perturbed", "scores", "losses", "spectral_loss"]
    assert {"pictures", "truth", "measures"} <= provides(run, None)
    assert {figure.key for figure in possible(provides(run, None))} == set(FIGURES) - {"embedding", "compare"}


def test_pictures_are_offered_only_where_features_are_pixels():
    shown = {figure.key for figure in possible(provides(run_of("showcase", epochs=2), None))}
    assert "field" in shown
    assert not {"decoded_centers", "samples", "reconstructions", "cross_reconstructions"} & shown


def test_choices_of_the_address_line_take_their_places_and_what_was_there_makes_way():
    run = run_of("showcase", "digits", 10, epochs=2)
    assert keys(run, "..samples") == ["q", "field", "samples", "scores", "losses", "spectral_loss"]
    assert keys(run, "field") == ["field", "q", "perturbed", "scores", "losses", "spectral_loss"]
    assert keys(run, "nope.field.<b>") == keys(run)
    assert keys(run, ".......q") == keys(run)


def test_before_a_run_has_loaded_its_data_the_page_s_data_say_what_can_be_shown():
    waiting = Run(RunWriter(RunSpec("digits", "showcase", 10, 0), PROGRAM).id)
    data = dataset("digits", waiting.spec.data)
    assert {"pictures", "truth"} <= provides(waiting, data)
    assert "pictures" not in provides(waiting, None)


def test_a_run_with_few_figures_has_few_places():
    run = run_of("kmeans", epochs=2)
    assert keys(run) == ["changed", "scores", "losses", "sizes"]
    test = app(run=run.id)
    assert panels(test) == 7
    assert tall_slots(possible(provides(run, None))) == 1


def test_the_page_mounts_all_places_for_any_address():
    run = run_of("showcase", "digits", 10, epochs=2)
    test = app(run=run.id, figures="samples..nope.measures", show="graph.ellipses")
    assert panels(test) == 9
    assert not test.error
