"""Links that are wrong in every way: the page opens with what can be used of them and says the rest in a sentence."""

import pytest

from tests.support.pages import app

HTML = "<img src=x onerror=alert(1)>"
LINKS = [
    {"data": "nope", "method": "nope", "seed": "many", "blobs.clusters": "0"},
    {"data": HTML, "method": HTML, "run": HTML, "epoch": HTML, "color": HTML, "show": HTML, "figures": HTML},
    {"data": "Blobs", "blobs.clusters": "999999999999999999999", "seed": "-1", "blobs.n": "nan"},
    {"data": "Blobs", "blobs.clusters": "3.7", "seed": "1e999", "blobs.n": "1e18", "blobs.spread": "inf"},
    {"dec.net.widths": "999999-999999", "dec.pretrain.epochs": "-7", "dec.cluster.optimizer": "__import__('os')"},
    {
        "dec.nu": "NaN",
        "dec.cluster.lr": "-inf",
        "dec.pretrain.batch": "[64]",
        "dec.preset": HTML,
        "nothing": "x" * 5000,
    },
    {"run": "../../../etc/passwd", "runs": "..", "epoch": "-1", "projection": "tsne2", "pca.points": "1e9"},
    {"run": "a" * 5000, "epoch": "9" * 500, "figures": "....,,,,", "show": ".".join("x" * 300), "pca.points": "\u202e"},
]


@pytest.mark.parametrize("link", LINKS, ids=range(len(LINKS)))
def test_the_page_opens(link):
    test = app(**link)
    for message in [*test.error, *test.warning]:
        assert "\n" not in message.value
        assert len(message.value) < 1500
        assert "<img" not in message.value.replace(r"\<", "")
    assert [one.label for one in test.button].count("Play") == 1
    assert test.selectbox(key="method").value


def test_the_same_name_twice_in_a_link():
    test = app(**{"seed": ["1", "2"], "data": ["Blobs", "Moons"], "run": ["a", "b"]})
    assert [one.label for one in test.button].count("Play") == 1


def test_compare_says_which_runs_of_a_link_are_not_there():
    test = app("pages/compare.py", runs="tour-dec.gone..gone.tour-naive." + ".".join("x" * 400))
    assert test.multiselect(key="compared").value == ["tour-dec", "tour-naive"]
    assert ["gone" in one.value for one in test.error] == [True, False]
    test.multiselect(key="compared").set_value(["tour-dec"]).run()
    assert not test.error
