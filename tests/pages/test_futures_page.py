"""The Futures page as Streamlit draws it: nothing yet, futures that have ended, and who may delete them."""

from epochscope.futures.store import every
from epochscope.futures.training import futures_writer, train
from epochscope.methods import METHODS
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control

from tests.support.pages import app

SMALL = {"net.widths": "8", "net.d": 2, "pretrain.batch": 512, "pretrain.epochs": 1, "cluster.epochs": 1}


def test_the_page_says_how_to_begin_and_what_futures_came_to():
    test = app("pages/futures.py")
    assert not test.exception
    assert "Many at once" in test.markdown[0].value
    hp = METHODS["dec"].params().but({**SMALL, "cluster.batch": 512, "cluster.restarts": 1})
    writer = futures_writer(RunSpec("digits", "dec", 10, 0, {}, hp.flat()), range(3), None, PROGRAM)
    train(writer, Control())
    test = app("pages/futures.py")
    assert not test.exception
    assert test.selectbox[0].value == writer.id
    words = " ".join(one.value for one in test.caption)
    assert "done · 4 epochs" in words
    assert "**Basins:**" in words
    assert "**One seed proves nothing:** ACC from" in words
    next(one for one in test.button if one.label == "Delete these futures").click().run()
    assert not test.exception
    assert every() == []
