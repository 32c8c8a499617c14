"""Tours and presentation mode as Streamlit draws them, without a browser."""

from pathlib import Path

import pytest
from epochscope.tours import STORIES
from epochscope.tours.base import address, step_text
from streamlit.testing.v1 import AppTest

from tests.support.pages import AT_THE_MACHINE, stage_panels

ROOT = Path(__file__).parents[2]


def opened(page: str, asked: dict[str, str]) -> AppTest:
    """As a link to a page opens it: the page is what the first run of the script draws."""
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.user = AT_THE_MACHINE
    for name, value in asked.items():
        test.query_params[name] = value
    test.run()
    if page:
        test.switch_page(f"pages/{page}.py").run()
    assert not test.exception, test.exception
    return test


def barred(page: str, name: str) -> AppTest:
    """Only what the frame around a page draws of a tour."""
    test = AppTest.from_string(f"from epochscope.ui.tours.bar import bar\nbar({page!r})", default_timeout=180)
    test.query_params["tour"] = name
    return test.run()


def kept(test: AppTest, name: str) -> str:
    """What the address line holds."""
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]


def html(test: AppTest) -> str:
    return "\n".join(one.proto.body for one in test.get("html"))


def test_the_page_lists_every_story_with_a_way_in():
    test = opened("tours", {})
    text = html(test)
    for story in STORIES.values():
        assert any(story.title in block.value for block in test.markdown)
        assert f"tour={story.key}.1" in text


@pytest.mark.parametrize("name", ["dec.1", "dec.7", "detach.2", "detach.4", "nan.2"])
def test_a_step_opens_its_page_and_draws_its_bar(name):
    key, place = name.split(".")
    story, place = STORIES[key], int(place)
    step = story.steps[place - 1]
    assert not opened(step.page, address(story, place)).error
    test = barred(step.page, name)
    text = html(test)
    assert step_text(story, step)[0] in text
    assert f"{place} of {len(story.steps)}" in text
    assert f".st-key-{step.look} {{ outline: 3px solid" in text
    assert ("tour-next" in [one.key for one in test.button]) == (place < len(story.steps))
    test.button(key="tour-end").click().run()
    assert "tour" not in test.query_params
    assert not html(test)


def test_next_sets_what_its_link_says_without_leaving_the_page():
    story = STORIES["dec"]
    test = opened("", address(story, 5) | {"focus": "flow", "color": "mistakes"})
    test.button(key="tour-next").click().run()
    assert not test.exception
    asked = address(story, 6)
    assert {name: kept(test, name) for name in asked} == asked
    assert "focus" not in test.query_params  # which belonged to no step of this page


def test_a_link_to_no_step_says_so_and_one_to_another_page_draws_no_bar():
    for name, words in (("dec.99", "has 7 steps, no step '99'"), ("nobody", "no tour 'nobody'"), ("<b>.1", "no tour")):
        test = barred("", name)
        assert not html(test)
        assert words in test.warning[0].value.replace("\\", "")
    test = barred("compare", "dec.1")
    assert not html(test)
    assert not test.warning


def test_the_bar_is_above_the_page():
    text = html(opened("", address(STORIES["dec"], 1)))
    assert "1 of 7" in text


def test_a_presentation_shows_one_or_two_figures_and_nothing_else():
    for count, panels in (("2", 4), ("1", 3), ("x", 4)):
        test = opened("", {"run": "tour-dec", "epoch": "9", "present": count, "projection": "t-SNE"})
        assert len(stage_panels(test)) == panels
        assert not test.sidebar.selectbox
        assert kept(test, "present") == {"1": "1"}.get(count, "2")
        assert kept(test, "projection") == "t-SNE"


def test_the_stage_leads_to_the_presentation_and_no_run_to_none():
    test = opened("", {"run": "tour-dec"})
    test.button(key="present").click().run()
    assert kept(test, "present") == "2"
    assert len(stage_panels(test)) == 4
    assert opened("", {"present": "2"}).button(key="play")
