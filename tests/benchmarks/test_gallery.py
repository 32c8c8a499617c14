"""The gallery: its pages are those of the menu, and its sheets show what was pictured."""

import pytest
from epochscope.ui.navigation import PAGES
from PIL import Image

from benchmarks.gallery import SCHEMES, VIEWS, chosen, contact_sheet, views


def test_every_page_of_the_menu_is_pictured_and_nothing_else():
    modules = {module for section in PAGES.values() for module, _, _ in section}
    names = [view.name for view in views()]
    assert len(names) == len(set(names))
    assert {name.partition(".")[0] for name in names} == modules
    assert set(VIEWS) <= modules
    paths = {view.name: view.path for view in views()}
    assert (paths["train"], paths["runs"]) == ("/", "/runs")
    assert paths["train.present"].startswith("/?run=tour-dec")


def test_pages_are_chosen_by_module_or_by_view():
    assert [view.name for view in chosen(["runs", "train.present"])] == ["train.present", "runs", "runs.some"]
    assert len(chosen(["train"])) > 2
    with pytest.raises(SystemExit, match="No page is called nope"):
        chosen(["nope"])


def test_a_sheet_shows_light_beside_dark_and_leaves_out_what_is_missing(tmp_path):
    wanted = chosen(["runs", "data"])
    colors = dict(zip(SCHEMES, ("#ffffff", "#101010"), strict=True))
    for scheme, color in colors.items():
        Image.new("RGB", (1440, 900), color).save(tmp_path / f"runs_{scheme}.png")
    Image.new("RGB", (1440, 900)).save(tmp_path / "data_light.png")  # the dark one is missing
    sheet = contact_sheet(tmp_path, wanted)
    seen = {color for _, color in sheet.getcolors(1 << 24) or []}
    assert {(255, 255, 255), (16, 16, 16)} <= seen
    middle = sheet.height // 2
    row = [sheet.getpixel((x, middle)) for x in range(sheet.width)]
    assert row.index((255, 255, 255)) < row.index((16, 16, 16))
    assert sheet.height < 2 * 460
