"""Pictures of every page on every screen: `python -m benchmarks.gallery` (needs a Chromium, as the browser tests do).

One contact sheet for each size, `OUT/sheet_1440x900.png`, light beside dark, and the pictures behind it in a folder of
that size. The pages are those of the app's menu, each as it opens and with what `VIEWS` adds; prints how large the
embedding is in each. It goes on where it was interrupted: a picture that is there is kept (`--again` makes all anew).
`--pages train runs` and `--sizes 390x844` choose; a page is named by its module, a view by both (`train.present`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from epochscope.tours import STORIES
from epochscope.tours.base import address
from epochscope.ui.navigation import PAGES
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from benchmarks.calm import calm
from tests.support.browser import chromium, serving, settled
from tests.support.layout import embedding_sizes
from tests.support.waiting import until

SIZES = ("1440x900", "1366x768", "1024x768", "390x844")
SCHEMES = ("light", "dark")
PHONE = 500  # CSS pixels of width below which fingers point
VIEWS: dict[str, dict[str, dict[str, str]]] = {
    "train": {
        "run": {"run": "tour-dec", "epoch": "14"},
        "graph": {"run": "tour-dgg", "show": "graph"},
        "present": {"run": "tour-dec", "epoch": "14", "present": "2"},
        "one": {"run": "tour-dec", "epoch": "14", "present": "1"},
    },
    "inspect": {
        "run": {"run": "tour-dec", "epoch": "14"},
        "point": {"run": "tour-dec", "epoch": "14", "view": "point", "point": "7"},
        "cluster": {"run": "tour-dec", "epoch": "14", "view": "cluster", "group": "3"},
    },
    "compare": {"runs": {"runs": "tour-stable.tour-collapse"}},
}
"""What to look at beside each page as it opens: by module and name, what its link holds."""
_THUMB, _GAP, _LETTERS = 460, 16, 15  # pixels: width of a picture, between two, height of a line
_WAIT = 30  # seconds for everything on a page to come to rest


class View(NamedTuple):
    """A page with what its link holds."""

    name: str
    path: str  # as in the address, with the query


def views() -> Iterator[View]:
    """Every page of the menu as it opens, with the views of VIEWS, and the first step of every tour."""
    first = PAGES[""][0][0]
    for module in (one[0] for section in PAGES.values() for one in section):
        page = "" if module == first else module
        yield View(module, f"/{page}")
        for name, asked in VIEWS.get(module, {}).items():
            yield View(f"{module}.{name}", f"/{page}?{urlencode(asked)}")
    for story in STORIES.values():
        yield View(f"tours.{story.key}", f"/{story.steps[0].page}?{urlencode(address(story, 1))}")


def chosen(asked: Iterable[str]) -> list[View]:
    """The views that are asked for by module or by full name; all if none is. Unknown names raise SystemExit."""
    known, names = list(views()), set(asked)
    if unknown := names - {name for one in known for name in (one.name, one.name.partition(".")[0])}:
        raise SystemExit(
            f"No page is called {', '.join(sorted(unknown))}; there are {', '.join(v.name for v in known)}."
        )
    return [one for one in known if not names or {one.name, one.name.partition(".")[0]} & names]


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """A server with no runs but the bundled ones."""
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_OFFLINE": "1"}
    with serving(folder, environment) as url:
        yield url


_CALM = calm(
    'e.closest(".st-key-page-frame")',
    "Object.values(window.__epochscope?.painted ?? {}).every((p) => p.frames > 0 && !p.tweening)",
)


def picture(page: Page) -> bytes:
    """The page as soon as it is drawn, its panels are painted and two pictures in a row are alike.

    What is not at rest after a while is pictured as it is.
    """
    last = b""

    def alike() -> bytes | None:
        nonlocal last
        before, last = last, page.screenshot(animations="disabled")
        return last if last == before else None

    try:
        settled(page)
        page.wait_for_function(_CALM, timeout=1000 * _WAIT)
        return until(alike, _WAIT) or last
    except (PlaywrightTimeoutError, AssertionError) as error:
        print(f"  {page.url}: not at rest ({str(error).splitlines()[0]})")
        return page.screenshot(animations="disabled")


def picture_all(url: str, browser: Browser, size: str, wanted: list[View], folder: Path, *, again: bool) -> None:
    """Makes the pictures of one size that are missing, and prints how large the embedding is."""
    width, height = map(int, size.split("x"))
    for scheme in SCHEMES:
        missing = [view for view in wanted if again or not _file(folder, view, scheme).exists()]
        if not missing:
            continue
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "has_touch": width < PHONE}
        context = browser.new_context(**screen)
        for view in missing:
            page = context.new_page()
            page.goto(url + view.path)
            _file(folder, view, scheme).write_bytes(picture(page))
            if sizes := embedding_sizes(page):
                print(f"{size} {scheme:5} {view.name:18} {sizes.words()}", flush=True)
            page.close()
        context.close()


def _file(folder: Path, view: View, scheme: str) -> Path:
    return folder / f"{view.name}_{scheme}.png"


def contact_sheet(folder: Path, wanted: list[View]) -> Image.Image:
    """All pictures of a size, one row a view, light beside dark; views whose pictures are missing are left out."""
    rows = [(view, _files(folder, view)) for view in wanted]
    rows = [(view, files) for view, files in rows if all(file.exists() for file in files)]
    if not rows:
        return Image.new("RGB", (1, 1))
    with Image.open(rows[0][1][0]) as first:
        tall = round(_THUMB * first.height / first.width)
    across = 4 if tall > _THUMB else 2  # views in a row
    step = (2 * (_THUMB + _GAP), tall + _LETTERS + 2 * _GAP)
    sheet = Image.new("RGB", (across * step[0] + _GAP, -(-len(rows) // across) * step[1] + _GAP), "#888888")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS)
    for place, (view, files) in enumerate(rows):
        x, y = _GAP + place % across * step[0], _GAP + place // across * step[1]
        pen.text((x, y), view.name, fill="white", font=font)
        for column, file in enumerate(files):
            with Image.open(file) as whole:
                small = whole.convert("RGB").resize((_THUMB, tall), Image.Resampling.LANCZOS)
            sheet.paste(small, (x + column * (_THUMB + _GAP // 2), y + _LETTERS + _GAP // 2))
    return sheet


def _files(folder: Path, view: View) -> list[Path]:
    return [_file(folder, view, scheme) for scheme in SCHEMES]


def main() -> None:
    """Pictures and sheets of the sizes and pages that are asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "--pages", nargs="*", default=[], help="modules (train) or views (train.present); all by default"
    )
    asked.add_argument("--sizes", nargs="*", default=SIZES, help=f"all by default: {' '.join(SIZES)}")
    asked.add_argument("--out", type=Path, default=Path("build/gallery"), help="folder (build/gallery)")
    asked.add_argument("--again", action="store_true", help="also pictures that are there")
    given = asked.parse_args()
    wanted = chosen(given.pages)
    with (
        tempfile.TemporaryDirectory() as scratch,
        app(Path(scratch)) as url,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        for size in given.sizes:
            folder = given.out / size
            folder.mkdir(parents=True, exist_ok=True)
            picture_all(url, browser, size, wanted, folder, again=given.again)
            sheet = given.out / f"sheet_{size}.png"
            contact_sheet(folder, wanted).save(sheet)
            print(sheet, flush=True)


if __name__ == "__main__":
    main()
