"""What a page costs a browser: when something is to be seen, what moves afterwards, what keeps it busy."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from playwright.sync_api import CDPSession, Page

WATCH = """
performance.setResourceTimingBufferSize(2000);
window.__speed = { shifts: [], tasks: [], picture: null, moving: null };
const describe = (node) => node?.closest?.("[class*=st-key-],[data-testid]");
const nameOf = (e) => e && ([...e.classList].find((c) => c.startsWith("st-key-")) ?? e.dataset.testid ?? e.tagName);
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
        if (one.hadRecentInput) continue;
        const moved = one.sources.map(({ node, previousRect: a, currentRect: b }) => {
            const e = node?.nodeType === 1 ? node : node?.parentElement;
            return [nameOf(describe(e)) ?? "?", [a.x, a.y, a.width, a.height].map(Math.round).join(" "),
                [b.x, b.y, b.width, b.height].map(Math.round).join(" ")].join(": ");
        });
        window.__speed.shifts.push({ at: one.startTime, value: one.value, moved });
    }
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.__speed.tasks.push([one.startTime, one.duration]);
}).observe({ type: "longtask", buffered: true });
const look = () => {
    const seen = window.__epochscope?.painted?.embedding;
    if (seen?.frames > 0) window.__speed.picture ??= performance.now();
    if (seen?.tweening) window.__speed.moving ??= performance.now();
    if (window.__speed.moving === null) requestAnimationFrame(look);
};
look();
"""
"""To be run before anything of a page: keeps times (ms since the page was asked for) in `__speed`."""

PLAY = """(epochs) => new Promise((done) => {
    const [store] = window.__epochscope.stores.values();
    const { cursor } = store;
    let last = cursor.epoch;
    let steps = 0;
    const look = () => {
        if (cursor.epoch !== last) steps++;
        last = cursor.epoch;
        if (steps >= epochs) return done(steps);
        if (!cursor.playing) cursor.toggle(1);
        requestAnimationFrame(look);
    };
    cursor.setSpeed(4);
    look();
})"""
"""Replays the run of a page, from the start again where it ends, until the cursor has moved so many times."""

_TOLD = """() => ({ ...window.__speed,
    painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    heap: performance.memory?.usedJSHeapSize ?? 0,
    loaded: ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
        .map((one) => [one.responseEnd, one.transferSize]) })"""


class Shift(NamedTuple):
    """One layout shift that no press or key caused."""

    at: float  # ms since the page was asked for
    value: float  # as the Layout Instability specification counts it
    moved: tuple[str, ...]  # "element: x y width height before: after"


class Speed(NamedTuple):
    """Times in ms since the page was asked for; None: not yet."""

    painted: float | None  # first contentful paint
    picture: float | None  # the embedding is painted
    moving: float | None  # its points move
    shifts: tuple[Shift, ...]
    tasks: tuple[tuple[float, float], ...]  # start and duration of those over 50 ms
    heap: float  # bytes in use
    loaded: tuple[tuple[float, int], ...]  # when a file was there, and its bytes on the way; 0 from the browser's store

    @property
    def shift(self) -> float:
        """Cumulative layout shift: all of it, not the worst window of five seconds."""
        return sum(one.value for one in self.shifts)

    @property
    def bytes(self) -> int:
        """Bytes that were transferred, those of sockets aside."""
        return sum(size for _, size in self.loaded)

    @property
    def bytes_first(self) -> int:
        """Those that were there before the embedding was painted; all of them where there is none."""
        return sum(size for at, size in self.loaded if self.picture is None or at <= self.picture)


def speed(page: Page) -> Speed:
    """What the page has told so far; `WATCH` must have run in it first."""
    told: dict[str, Any] = page.evaluate(_TOLD)
    shifts = tuple(Shift(one["at"], one["value"], tuple(one["moved"])) for one in told["shifts"])
    tasks = tuple((began, lasted) for began, lasted in told["tasks"])
    loaded = tuple((at, size) for at, size in told["loaded"])
    return Speed(told["painted"], told["picture"], told["moving"], shifts, tasks, told["heap"], loaded)


class Trace:
    """Records what the main thread of a page does, from `begin` to `longest_task`."""

    def __init__(self, page: Page) -> None:
        self._page, self._browser = page, page.context.browser

    def begin(self) -> None:
        assert self._browser
        self._browser.start_tracing(page=self._page, categories=["toplevel", "devtools.timeline"])

    def longest_task(self) -> float:
        """Milliseconds of processor time of the longest task: the same however busy the machine is."""
        assert self._browser
        events = json.loads(self._browser.stop_tracing())["traceEvents"]
        named = (one for one in events if one["name"] == "thread_name")
        main = {(one["pid"], one["tid"]) for one in named if one["args"]["name"] == "CrRendererMain"}
        tasks = (one for one in events if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in main)
        return max(one.get("tdur", 0) for one in tasks) / 1000


class Work(NamedTuple):
    """What the main thread has done since the page was opened, in seconds of processor time and in calls."""

    styles: float
    layouts: float
    scripts: float
    tasks: float


def work(session: CDPSession) -> Work:
    """What a page has done so far, read off a session for which metrics are enabled; differences of two count."""
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return Work(*(told[name] for name in ("RecalcStyleDuration", "LayoutDuration", "ScriptDuration", "TaskDuration")))
