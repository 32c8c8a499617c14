"""A folder of pages: whole, with relative links that lead somewhere, and words of others as text."""

import gzip
import json
import re
import xml.etree.ElementTree as ET

import pytest
from epochscope.cli import main
from epochscope.portable.site import write_site
from epochscope.portable.thumbnail import thumbnail
from epochscope.rights import PROGRAM, UNKNOWN
from epochscope.types import EpochscopeError


@pytest.fixture(scope="module")
def site(tmp_path_factory, run, hostile):
    folder = tmp_path_factory.mktemp("site")
    write_site([run, hostile], PROGRAM, folder, "<i>Course</i>")
    return folder


def test_every_link_leads_to_a_file_of_the_site(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) == 4  # the index, two runs, both compared
    for page in pages:
        links = re.findall(r'(?:href|src|data-plotly)="([^"]*)"', page.read_text())
        assert links
        for link in links:
            assert link == "data:," or (page.parent / link).is_file(), link
    for module in (site / "assets" / "stage").rglob("*.js"):
        for link in re.findall(r'from "(\..*?)";$', module.read_text(), re.M):
            assert (module.parent / link).is_file(), link


def test_every_block_that_a_page_names_is_there(site, run, hostile):
    for name in (run.id, hostile.id, "compare"):
        page = json.loads(gzip.decompress((site / "runs" / name / "page.bin").read_bytes()))
        for shown in page["runs"]:
            for address in [*shown["blocks"].values(), *filter(None, [shown["sprites"]])]:
                assert gzip.decompress((site / "runs" / f"{address}.bin").read_bytes())
    assert [one["id"] for one in page["runs"]] == [run.id, hostile.id]


def test_pages_are_small_and_hold_no_markup_of_others(site):
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert len(text) < 5000
        assert "<img src=x" not in text
        assert "<i>Course" not in text
        assert all('src="' in one for one in re.findall(r"<script[^>]*>", text))
        assert "script-src 'self';" in text


def test_a_thumbnail_shows_the_points_of_the_last_epoch(run, hostile):
    picture = ET.fromstring(thumbnail(run, PROGRAM))
    dots = re.findall(r"M([\d.-]+) ([\d.-]+)h0", "".join(path.get("d", "") for path in picture.iter()))
    assert len(dots) == 120
    assert all(0 <= float(x) <= 320 and 0 <= float(y) <= 200 for x, y in dots)
    assert len({path.get("stroke") for path in picture.iter() if path.get("d")}) == 5  # one color a class
    (hostile.folder / "projections").rename(hostile.folder / "gone")
    try:
        assert ET.fromstring(thumbnail(type(hostile)(hostile.id), UNKNOWN)) is not None
    finally:
        (hostile.folder / "gone").rename(hostile.folder / "projections")


def test_a_folder_with_files_is_not_touched(site, run, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(EpochscopeError, match="not empty"):
        write_site([run], PROGRAM, tmp_path / "mine")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]
    assert main(["site", run.id, "--to", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.strip().endswith("index.html")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["assets", "index.html", "runs"]
