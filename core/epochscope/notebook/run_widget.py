"""The widget of a run: the state of its model holds the stage, the facts of the run and the newest bundles."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anywidget
import traitlets

from epochscope.notebook.feed import Feed, NumberedBundle, question_of
from epochscope.portable import board, modules
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run, open_run
from epochscope.runs.format.spec import folder_of
from epochscope.runs.format.thumbnails import sheet_bytes
from epochscope.runs.library.shown import provides
from epochscope.runs.training.projector import projector
from epochscope.server import live, questions
from epochscope.types import EpochscopeError

SLOTS = 32
"""Bundles that the state holds: a browser takes seconds to load the stage, and reads there what was sent meanwhile."""


class RunWidget(anywidget.AnyWidget):
    """A run on the stage. Begins with `watch`, ends with `close`.

    Bundles go through the state, in turns through its slots, since a message that comes before the browser listens is
    lost. The names with an underscore are those that stage/hosts/notebook.js reads.
    """

    _esm = modules.loader()
    _stage = traitlets.Dict().tag(sync=True)
    _run = traitlets.Dict().tag(sync=True)
    _slots = traitlets.Int(SLOTS).tag(sync=True)
    for _number in range(SLOTS):  # a trait each, so that a new bundle does not send the others again
        locals()[f"_bundle_{_number}"] = traitlets.Dict().tag(sync=True)

    def __init__(self, folder: Path | None = None, panels: Sequence[str] | None = None) -> None:
        """Raises EpochscopeError if there is no such run or figure."""
        self._panels = board.checked(panels)
        run = None if folder is None else _opened(folder)
        super().__init__(_stage=modules.bundled()._asdict())
        self._feed: Feed | None = None
        self._shown: frozenset[str] = frozenset()
        self.on_msg(self._heard)
        if run:
            self._follow(run)

    def watch(self, folder: Path) -> None:
        """Shows the run in this folder from now on. Raises EpochscopeError if there is none."""
        self._follow(_opened(folder))

    def _follow(self, run: Run) -> None:
        self._end()
        offered = {projection.name: projection for projection in board.OFFERED}
        self._feed = Feed(
            run,
            offered,
            project=lambda projection: projector().request(run, projection, PROGRAM),
            look=lambda: self._describe(run),
            send=self._put,
            fail=self._say,
        )

    def _describe(self, run: Run) -> bool:
        """Tells what the run can show, when that has changed; says whether its data are loaded.

        Raises EpochscopeError if they never will be.
        """
        if run.info is None and not run.live:
            raise EpochscopeError(run.status["message"] or "This run ended before its data were loaded.")
        provided = provides(run) if run.info else frozenset()
        if provided and provided != self._shown:
            self._shown = provided
            self._run = {
                "info": live.info(run),
                "board": board.board(run, provided, self._panels),
                "sprites": sheet_bytes(run.folder, 0),
            }
        return bool(provided)

    def _put(self, bundle: NumberedBundle) -> None:
        """Hands a bundle to the browser."""
        counts = [{"epochs": at.epochs, "frames": at.frames} for at in (bundle.since, bundle.until)]
        state = {"number": bundle.number, "projection": bundle.projection, "message": bundle.message}
        self.set_trait(f"_bundle_{bundle.number % SLOTS}", {**state, "from": counts[0], "to": counts[1]})

    def _say(self, sentence: str) -> None:
        """Says in place of the stage why there is nothing (more)."""
        self._run = {"error": sentence}

    def _heard(self, _: object, said: object, __: object) -> None:
        """A message of the browser: what it wants next, or a question."""
        if not isinstance(said, Mapping) or self._feed is None:
            return
        if "want" in said:
            with contextlib.suppress(EpochscopeError):  # not from our stage: nobody waits for an answer
                self._feed.want(question_of(said["want"], self._feed.projections))
        if "ask" in said:
            self.send({"answer": said["ask"], **_answer(self._feed.run, str(said.get("path")))})

    def close(self) -> None:
        self._end()
        super().close()

    def _end(self) -> None:
        if feed := getattr(self, "_feed", None):
            feed.close()


def _opened(folder: Path) -> Run:
    """The run in a folder; among the other runs it is the one that all viewers share."""
    folder = folder.expanduser().resolve()
    try:
        if folder_of(folder.name).resolve() == folder:
            return open_run(folder.name).check()
    except EpochscopeError:
        if not (folder / "run.json").is_file():
            raise
    return Run(folder.name, folder).check()


def _answer(run: Run, path: str) -> dict[str, Any]:
    """Status and content of an answer, as HTTP has them."""
    parts = urlsplit(path)
    try:
        return {"status": 200, "content": questions.reply(run, parts.path, dict(parse_qsl(parts.query)))}
    except EpochscopeError as error:
        return {"status": 404, "content": {"error": str(error)}}
