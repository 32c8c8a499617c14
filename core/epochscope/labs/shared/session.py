"""Base of all lab sessions: what a person has chosen and moved, and the figures that result.

The browser sends events (`handle_event`) and receives everything that changed (`answer`). A session lasts as long as
its connection; the address line has what is needed to restore it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, ClassVar, NamedTuple

from epochscope.labs.shared.figures.plotly_json import FigureDict, as_json
from epochscope.labs.shared.model import Claim
from epochscope.language import marked, tr

SLIDER, MENU, PILLS, SWITCH, BUTTON = "slider", "menu", "pills", "switch", "button"
_PLACES = "at"  # of the handles, in the address line
_LONGEST = 4000  # most characters read from the address line for the handles


class Widget(NamedTuple):
    """A widget of a lab: a choice of one option, at first `start`, or the first option without it.

    A button has no options; it is pressed.
    """

    key: str  # in the address line
    label: str
    look: str
    options: tuple[Any, ...] = ()
    start: Any = None
    help: str = ""

    def read(self, text: str | None) -> Any:
        """The option named by a text; the initial one if the text names none."""
        for option in self.options:
            if text == words(option) or (isinstance(option, float | int) and _number(text) == option):
                return option
        return self.options[0] if self.start is None else self.start


class Edit(NamedTuple):
    """Positions of all handles after a person has moved, added or removed some."""

    points: list[list[float]]  # handles that may be added and removed
    others: list[list[float]]


class View(NamedTuple):
    """Everything that a lab shows."""

    figures: Mapping[str, FigureDict]  # by the key of their panel
    claims: Sequence[Claim]
    handles: Sequence[Mapping[str, Any]] = ()
    may_add: bool = False
    lines: Mapping[str, Sequence[str]] = {}  # by the key of their panel; text between ** is bold
    variant: str = ""  # which formulas the page shows, if it has several


class LabSession:
    """A lab in use by one person."""

    waiting: ClassVar[str] = marked("Setting up the lab …")
    """Shown until the first answer, which may have to train something."""
    max_points: ClassVar[int] = 0
    """Most points, counting those that a person adds."""
    keeps_places: ClassVar[bool] = True
    """Whether the address line keeps the positions of the handles; not if widgets determine them."""
    restarting: ClassVar[Sequence[Widget]] = ()
    """Widgets whose change restarts the lab, such as the choice of the initial points."""

    def __init__(self, address: Mapping[str, str]) -> None:
        """`address`: names and values of the address line. Values that cannot be read are ignored."""
        self._texts = dict(address)
        self._sent: dict[str, str] = {}
        self._placed: str | None = None  # positions of the handles that a person has moved
        self.serial, self.running = 0, False
        self._left = False  # whether it is no longer where the widgets of `restarting` say that it began
        self.begin()
        places = _read_places(address.get(_PLACES, "")) if self.keeps_places else []
        n = len(places) - self.others()
        if places and min(1, self.max_points) <= n <= self.max_points:
            self._take(Edit(places[:n], places[n:]))

    def __getitem__(self, widget: Widget) -> Any:
        """The chosen option."""
        return widget.read(self._texts.get(widget.key))

    def choose(self, widget: Widget, option: Any) -> None:
        """Sets a widget that follows from something else that a person moved."""
        self._texts[widget.key] = words(option)

    def forget(self, *widgets: Widget) -> None:
        """Controls are where they start."""
        for widget in widgets:
            self._texts.pop(widget.key, None)

    def widgets(self) -> list[Widget]:
        """The current widgets, in the order in which they are shown."""
        raise NotImplementedError

    def begin(self) -> None:
        """Puts everything that a person can move to its initial position, as the widgets say."""

    def view(self) -> View:
        """Everything to be shown now."""
        raise NotImplementedError

    def restart(self) -> None:
        """Undoes all that a person has moved."""
        self._placed, self.running = None, False
        self.begin()

    def others(self) -> int:
        """Number of handles beside the points."""
        return 0

    def take(self, edit: Edit) -> None:
        """Applies an edit of the handles."""

    def places(self) -> Iterable[Sequence[float]]:
        """Positions of all handles, in the order of `take`."""
        return ()

    def step(self) -> None:
        """One step of the process that the lab can run."""

    def press(self, key: str) -> None:
        """Carries out a button: run or stop, one step, reset."""
        if key == "reset":
            self.restart()
        elif key == "run":
            self.running = not self.running
        elif key == "one":
            self._left = True
            self.step()

    def run_bar(self) -> list[Widget]:
        """Buttons for one step, run or stop, and reset."""
        run = marked("Stop") if self.running else marked("Run")
        return [
            Widget("one", marked("Step"), BUTTON),
            Widget("run", run, BUTTON),
            Widget("reset", marked("Reset"), BUTTON),
        ]

    def handle_event(self, event: object) -> None:
        """Applies what a person did, as the browser sent it. Raises ValueError if it is no event of a lab."""
        if not isinstance(event, Mapping) or not isinstance(event.get("serial"), int):
            raise ValueError("An event of a lab has a serial number.")
        self.serial = event["serial"]
        known = {widget.key for widget in self.widgets()}
        for key, text in _entries(event.get("set")):
            if key in known:
                self._texts[key] = text
            if key in {widget.key for widget in self.restarting}:
                self.restart()
                self._left = False
            elif key in known and not self.keeps_places:
                self._left = True
        if isinstance(pressed := event.get("press"), str):
            self.press(pressed)
            self._left = pressed != "reset" and self._left
        if "xy" in event:
            n = len(list(self.places())) - self.others()
            if edit := edited(event, n, self.others(), most=self.max_points):
                self._take(edit)
        if event.get("step") and self.running:
            self._left = True
            self.step()

    def _take(self, edit: Edit) -> None:
        self.take(edit)
        self._left = True
        self._placed = _write_places(self.places()) if self.keeps_places else None

    def answer(self) -> str:
        """Everything shown, as JSON; of the figures only those that changed since the last answer."""
        view = self.view()
        drawn = {key: as_json(figure) for key, figure in view.figures.items()}
        new = {key: text for key, text in drawn.items() if self._sent.get(key) != text}
        self._sent |= drawn
        rest = {
            "serial": self.serial,
            "controls": [self._described(widget) for widget in self.widgets()],
            "handles": list(view.handles),
            "may_add": view.may_add,
            "claims": [[tr(claim.says), claim.holds, _off_by(claim)] for claim in view.claims],
            "lines": view.lines,
            "variant": view.variant,
            "playing": self.running,
            "address": self.address(),
        }
        figures = ",".join(f"{json.dumps(key)}:{text}" for key, text in new.items())
        return f'{json.dumps(rest, allow_nan=False)[:-1]},"figures":{{{figures}}}}}'

    def address(self) -> dict[str, str | None]:
        """The entries of the address line that restore this session; None for a name that is not needed."""
        needed: dict[str, str | None] = {_PLACES: self._placed}
        for widget in self.widgets():
            if widget.options:
                value = self[widget]
                needed[widget.key] = None if value == widget.read(None) else words(value)
        return needed

    def _described(self, widget: Widget) -> dict[str, Any]:
        label = tr(widget.label)
        if self._left and widget in self.restarting:
            label = tr("{label} (changed since)", label=label)
        described: dict[str, Any] = {"key": widget.key, "label": label, "look": widget.look, "help": tr(widget.help)}
        if not widget.options:
            return described
        options = [words(option) for option in widget.options]
        described |= {"options": options, "value": words(self[widget])}
        titles = [tr(option) for option in options]
        return described if titles == options else {**described, "titles": titles}


def words(option: Any) -> str:
    """An option as it is shown, sent and kept in the address line."""
    if isinstance(option, bool):
        return "yes" if option else "no"
    return f"{option:g}" if isinstance(option, float) else str(option)


def edited(event: Mapping[str, Any], n: int, others: int, *, most: int) -> Edit | None:
    """The edit that an event describes, of handles whose first `n` are points; None if the event is invalid.

    One point always stays, and there are never more than `most`.
    """
    xy = _numbers(event.get("xy"))
    if xy is None or len(xy) != n + others:
        return None
    points = xy[:n]
    gone, new = event.get("remove"), _numbers([event.get("add")])
    if isinstance(gone, int) and 0 <= gone < n and n > 1:
        del points[gone]
    if new is not None and len(points) < most:
        points += new
    return Edit(points, xy[n:])


def handles(
    xy: Sequence[Sequence[float]], name: str, colors: Sequence[str], *, center: bool = False
) -> list[dict[str, Any]]:
    """Handles for points, which can be removed, or for centers (diamonds with their number)."""
    more = {"shape": "diamond"} if center else {"shape": "circle", "may_go": True}
    return [
        {"x": x, "y": y, "color": color, "name": f"{name} {i}", **more, **({"letter": str(i)} if center else {})}
        for i, ((x, y), color) in enumerate(zip(xy, colors, strict=True), 1)
    ]


def _off_by(claim: Claim) -> str:
    if not isfinite(claim.residual):
        return tr("undefined: a number is too large or too small here")
    return f"{claim.residual:.1e}" if claim.residual else "0"


def _entries(sent: object) -> list[tuple[str, str]]:
    """The pairs of name and text in what a browser sent; all else is dropped."""
    items = sent.items() if isinstance(sent, Mapping) else ()
    return [(key, text) for key, text in items if isinstance(key, str) and isinstance(text, str)]


def _numbers(pairs: object) -> list[list[float]] | None:
    """The pairs of finite numbers that a browser sent, or None if they are anything else."""
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return None
    if not all(isinstance(value, int | float) and isfinite(value) for pair in pairs for value in pair):
        return None
    return [[float(value) for value in pair] for pair in pairs]


def _write_places(xy: Iterable[Sequence[float]]) -> str:
    """With three decimals, more than can be seen."""
    return "_".join(f"{value:.3f}".rstrip("0").rstrip(".") for pair in xy for value in pair)


def _read_places(text: str) -> list[list[float]]:
    """Positions from the address line; empty if they cannot be read."""
    values = [_number(part) for part in text[:_LONGEST].split("_")]
    if not text or len(values) % 2 or not all(isfinite(value) for value in values):
        return []
    return [values[at : at + 2] for at in range(0, len(values), 2)]


def _number(text: str | None) -> float:
    """The number in a text; NaN if there is none."""
    try:
        return float("nan" if not text or "_" in text else text)
    except ValueError:
        return float("nan")
