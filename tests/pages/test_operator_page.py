"""The operator's page: everything at a glance for who sits at the machine, nothing for anybody else."""

import pytest
from epochscope.rights import SHARED, Kind, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library import trash
from epochscope.runs.training.manager import manager
from epochscope.server import connections
from epochscope.server.visitors import KEPT_AS
from streamlit.testing.v1 import AppTest

from tests.support.pages import app, button, made
from tests.support.waiting import until

ANNA, BEN = Visitor(Kind.BROWSER, "a" * 64), Visitor(Kind.BROWSER, "b" * 64)
STRANGER = {KEPT_AS: f"elsewhere {BEN.mark}"}
LONG = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})
PAGE = "pages/operate.py"


def metrics(test) -> dict[str, str]:
    return {one.label: one.value for one in test.metric}


def test_queue_people_and_limits_with_stop_and_empty():
    running = [manager().start(LONG, visitor) for visitor in (ANNA, BEN)]
    until(lambda: all(Run(one).status["state"] == "running" for one in running))
    manager().start_group([LONG] * 3, "three", BEN)
    trash.throw_away(made(1, visitor=ANNA).id, ANNA)
    with connections.opened(ANNA.mark), connections.opened(ANNA.mark), connections.opened("at 192.0.2.9"):
        test = app(PAGE)
    assert metrics(test) | {"Memory": "", "Disk of runs": ""} == {
        "Training": "2", "Waiting": "3", "Sockets": "3", "Uploads held": "0.0 MB", "Memory": "", "Disk of runs": "",
    }  # fmt: skip
    queue, people, limits = (one.value for one in test.dataframe)
    assert list(queue["state"]) == ["trains", "trains", "waits", "waits", "waits"]
    assert list(queue["asked for by"]) == ["visitor aaaaaa", *["visitor bbbbbb"] * 4]
    shown = people.set_index("visitor")[["sockets", "train", "wait"]]
    assert list(shown.loc["visitor aaaaaa"]) == [2, 1, 0]
    assert list(shown.loc["visitor bbbbbb"]) == [0, 1, 3]
    assert list(shown.loc["at 192.0.2.9"]) == [1, 0, 0]
    assert "EPOCHSCOPE_QUEUE_EACH" in list(limits["setting"])
    assert not [mark for mark in (ANNA.mark, BEN.mark) if mark in f"{test}"]
    assert button(test, "Stop the selected").disabled
    button(test, "Stop all 3 that wait").click().run()
    assert metrics(test)["Waiting"] == "0"
    button(test, "Empty the trash (1)").click().run()
    assert not list(trash.trash_folder().iterdir())
    assert [Run(one).live for one in running] == [True, True]


@pytest.mark.parametrize("mode", ["", "all", "own"])
def test_nobody_else_finds_the_page_or_what_it_shows(mode, monkeypatch):
    """It is in no menu and at no address, and draws nothing if it is reached in some other way."""
    monkeypatch.setenv(SHARED, mode)
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app(PAGE, user=STRANGER)
    test = AppTest.from_function(_only_the_page)
    test.user = STRANGER
    test.run()
    assert [one.value for one in test.error] == [
        "Only whoever runs this server, at the machine itself, sees and changes what it does for everybody."
    ]
    assert not [*test.metric, *test.button, *test.dataframe, *test.expander]


def _only_the_page():
    from epochscope.ui.operate.page import operate_page

    operate_page()
