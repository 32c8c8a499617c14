"""Pictures of every page on every screen: `python -m benchmarks.gallery` (needs a Chromium, as the browser tests do).

One contact sheet for each size, `OUT/sheet_1440x900.png`, light beside dark, and the pictures behind it in a folder of
that size. The pages are those of the app's menu, each as it opens and with what `VIEWS` adds; prints how large the
embedding is in each. A page is loaded once for a mouse and once for fingers, then the window gets each size and each
color scheme, which the page has to follow. It goes on where it was interrupted: a picture that is there is kept
(`--again` makes all anew). `--pages train runs` and `--sizes 390x844` choose; a page is named by its module, a view by
both (`train.present`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from urllib.parse import urlencode

from epochscope.runs.format.spec import RunSpec
from epochscope.tours import STORIES
from epochscope.tours.base import address
from epochscope.ui.navigation import PAGES
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from benchmarks.calm import calm
from tests.support.browser import Server, chromium, serving, settled, trained
from tests.support.layout import embedding_sizes
from tests.support.waiting import until

SIZES = ("1440x900", "1366x768", "1024x768", "390x844")
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
PHONE = 500  # CSS pixels of width below which fingers point
VIEWS: dict[str, dict[str, dict[str, str]]] = {
    "train": {
        "next": {"data": "Digits 8 x 8"},
        "run": {"run": "tour-dec", "epoch": "14"},
        "graph": {"run": "tour-dgg", "show": "graph"},
        "present": {"run": "tour-dec", "epoch": "14", "present": "2"},
        "one": {"run": "tour-dec", "epoch": "14", "present": "1"},
    },
    "inspect": {
        "run": {"run": "tour-dec", "epoch": "14"},
        "point": {"run": "tour-dec", "epoch": "14", "view": "point", "point": "7"},
        "cluster": {"run": "tour-dec", "epoch": "14", "view": "cluster", "group": "3"},
        "changes": {"run": "tour-dec", "epoch": "14", "view": "changed"},
        "findings": {"run": "tour-collapse", "focus": "shares"},
    },
    "runs": {"some": {}},
    "compare": {"runs": {"runs": "tour-stable.tour-collapse"}},
    "futures": {"some": {"futures": "tour-seeds"}},
    "classroom": {"opened": {}},
    "data": {"own": {}},
}
"""What to look at beside each page as it opens: by module and name, what its link holds."""
_PRESSED = {"data.own": "Add your own data", "classroom.opened": "Open the class"}  # in these views
_STORED = ("runs.some",)  # views of a server that has stored runs of its own
_SMALL = {"net.widths": "16", "pretrain.epochs": 3, "cluster.epochs": 8, "cluster.tol": 0.0}
_LONE = {"n": 300, "k": 3, "imbalance": 50.0, "seed": 4}
_NAIVE = {"alpha": 10.0, "standardize": "no", "softmax": "naive", "start": "random points"}
_THUMB, _GAP, _LETTERS = 460, 16, 15  # pixels: width of a picture, between two, height of a line
_OPENS = 1000  # milliseconds until what was pressed has begun to draw
_WAIT = 30  # seconds for everything on a page to come to rest
_LOADS = 120  # seconds until a page is there: the machine may be busy


class View(NamedTuple):
    """A page with what its link holds."""

    name: str
    path: str  # as in the address, with the query
    press: str = ""  # a button, or what can be unfolded


def views() -> Iterator[View]:
    """Every page of the menu as it opens, with the views of VIEWS, and the first step of every tour."""
    first = PAGES[""][0][0]
    for module in (one[0] for section in PAGES.values() for one in section):
        page = "" if module == first else module
        yield View(module, f"/{page}")
        for name, asked in VIEWS.get(module, {}).items():
            view = f"{module}.{name}"
            yield View(view, f"/{page}?{urlencode(asked)}", _PRESSED.get(view, ""))
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
def app(folder: Path) -> Iterator[Server]:
    """A server with no runs but the bundled ones."""
    environment = {**os.environ, "EPOCHSCOPE_RUNS": str(folder / "runs"), "EPOCHSCOPE_OFFLINE": "1"}
    with serving(folder, environment) as url:
        yield Server(url, folder / "runs", environment)


def store_runs(server: Server) -> None:
    """Small runs of two settings and three seeds, and one that fails."""
    for lr in (1e-3, 1e-2):
        for seed in range(3):
            trained(server, RunSpec("blobs", "dec", 3, seed, data={"n": 300}, params={**_SMALL, "cluster.lr": lr}))
    trained(server, RunSpec("unbalanced", "soft_kmeans", 3, 2, data=_LONE, params=_NAIVE))


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


class Shot(NamedTuple):
    """One picture to be made."""

    size: str
    scheme: Scheme
    file: Path


def missing(view: View, sizes: Iterable[str], out: Path, *, again: bool) -> list[Shot]:
    """The pictures of a view that are to be made: all schemes of a size, before the window gets another one."""
    every = [Shot(size, scheme, _file(out / size, view, scheme)) for size in sizes for scheme in SCHEMES]
    return [shot for shot in every if again or not shot.file.exists()]


def picture_all(url: str, context: BrowserContext, wanted: dict[View, list[Shot]]) -> list[str]:
    """Loads each view once and makes its pictures; returns the names of those that did not come in time."""
    late = []
    context.set_default_timeout(1000 * _LOADS)
    for view, shots in wanted.items():
        page = context.new_page()
        try:
            _picture_view(page, url, view, shots)
        except PlaywrightTimeoutError as error:
            print(f"  {view.name}: given up ({str(error).splitlines()[0]})", flush=True)
            late.append(view.name)
        page.close()
    return late


def _picture_view(page: Page, url: str, view: View, shots: list[Shot]) -> None:
    """The pictures of one view; prints how large the embedding is."""
    for place, shot in enumerate(shots):
        width, height = map(int, shot.size.split("x"))
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=shot.scheme)
        if place == 0:
            page.goto(url + view.path)
            settled(page)
        if place == 0 and view.press:
            page.get_by_test_id("stMainBlockContainer").get_by_text(view.press, exact=True).first.click()
            page.wait_for_timeout(_OPENS)
        shot.file.write_bytes(picture(page))
        if shot.scheme == SCHEMES[0] and (sizes := embedding_sizes(page)):
            print(f"{shot.size} {view.name:18} {sizes.words()}", flush=True)


def _file(folder: Path, view: View, scheme: str) -> Path:
    return folder / f"{view.name}_{scheme}.png"


def _phone(size: str) -> bool:
    return int(size.partition("x")[0]) < PHONE


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
    for size in given.sizes:
        (given.out / size).mkdir(parents=True, exist_ok=True)
    late: list[str] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        app(Path(scratch)) as server,
        sync_playwright() as playwright,
        chromium(playwright) as browser,
    ):
        for stored in (False, True):
            some = [view for view in wanted if (view.name in _STORED) == stored]
            if stored and any(missing(view, given.sizes, given.out, again=given.again) for view in some):
                store_runs(server)
            for fingers in (False, True):
                sizes = [size for size in given.sizes if _phone(size) == fingers]
                shots = {view: missing(view, sizes, given.out, again=given.again) for view in some}
                context = browser.new_context(has_touch=fingers)
                late += picture_all(server.url, context, {view: those for view, those in shots.items() if those})
                context.close()
    for size in given.sizes:
        sheet = given.out / f"sheet_{size}.png"
        contact_sheet(given.out / size, wanted).save(sheet)
        print(sheet, flush=True)
    if late:
        raise SystemExit(f"Not all is pictured; run this again for {', '.join(late)}.")


if __name__ == "__main__":
    main()
