"""How large what matters is on a screen, measured in the browser."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Page

_BOXES = """() => {
    const part = (element) => {
        const box = element?.getBoundingClientRect();
        return box ? [box.x, box.y, box.width, box.height] : null;
    };
    const panels = [...document.querySelectorAll('[class*="st-key-embedding"] .es')];
    const [panel] = panels;
    const painted = window.__epochscope?.painted ?? {};
    const plot = (painted.embedding ?? painted.embedding0)?.plot;
    const scale = panel ? panel.getBoundingClientRect().width / panel.offsetWidth : 1;
    const head = document.querySelector("[data-testid=stHeader]")?.getBoundingClientRect().height ?? 0;
    const main = document.querySelector("[data-testid=stMain]");
    return {
        panel: part(panel),
        all: panels.map(part).reduce((area, [, , width, height]) => area + width * height, 0),
        plot: plot ? plot.map((length) => length * scale) : null,
        window: [innerWidth, innerHeight],
        head,
        wider: main ? main.scrollWidth - main.clientWidth : 0,
    };
}"""


class Sizes(NamedTuple):
    """CSS pixels of the embedding on the screen; of the first, where several runs are compared."""

    panel: tuple[float, float]  # with its key and caption
    plot: tuple[float, float]  # where points may be
    share: float  # of all embeddings in the window below Streamlit's header
    sideways: float  # by how much the page is wider than the window

    def words(self) -> str:
        """For a table."""
        (w, h), (x, y) = self.plot, self.panel
        return f"plot {w:.0f} x {h:.0f}, panel {x:.0f} x {y:.0f}, {100 * self.share:.0f}% of the window"


def embedding_sizes(page: Page) -> Sizes | None:
    """Sizes of the embedding that the page shows; None where it shows none."""
    seen = page.evaluate(_BOXES)
    if not seen["panel"] or not seen["plot"]:
        return None
    _, _, width, height = seen["panel"]
    window_width, window_height = seen["window"]
    share = seen["all"] / (window_width * (window_height - seen["head"]))
    return Sizes((width, height), tuple(seen["plot"]), share, seen["wider"])
