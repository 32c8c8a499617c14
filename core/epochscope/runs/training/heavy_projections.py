"""This side of the process that computes t-SNE and UMAP: what it is asked, what it answers, and its life.

Each request is answered in the end: by frames (in the run folder, or sent here where it cannot be written) or by a
sentence why there are none. A process that dies is started again and asked again what is not answered yet.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from typing import Any

from epochscope.files import patiently, reason
from epochscope.runs.format.memory_frames import keep_in_memory, refuse
from epochscope.runs.format.run import Run
from epochscope.runs.training.projection_frames import ProjectionSpec

At = tuple[str, str]  # folder of the run, name of the projection

_MOST_DEATHS = 3  # while it computes the same frames, before it is asked for them no more
_PAUSE_SECONDS = 0.2  # before it is started again; longer each time
_END_SECONDS = 2.0  # to end by itself


class HeavyProjections:
    """The process and its requests. Started with the first one, by a thread that lives as long as this program."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._wanted: dict[At, tuple[Run, ProjectionSpec]] = {}  # not answered yet, the latest last
        self._news: list[dict[str, Any]] = []  # what the process has not been told
        self._deaths: Counter[At | None] = Counter()  # None: before it began anything
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._ending = threading.Event()

    def ask(self, run: Run, spec: ProjectionSpec) -> None:
        """Has frames computed for every epoch, stored and coming."""
        self._tell(_asked(run, spec), wanted=(run, spec))

    def warm_up(self) -> None:
        """Starts the process and has it import and compile what it needs."""
        self._tell({"warm": True})

    def _tell(self, news: dict[str, Any], wanted: tuple[Run, ProjectionSpec] | None = None) -> None:
        with self._changed:
            if wanted:
                at = (str(wanted[0].folder), wanted[1].name)
                self._wanted.pop(at, None)
                self._wanted[at] = wanted
            self._news = [*(one for one in self._news if one != news), news]
            self._ending.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._supervise, name="projections", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def shutdown(self) -> None:
        """Ends the process; a later request starts it again."""
        with self._changed:
            self._ending.set()
            self._wanted.clear()
            self._news.clear()
            thread, self._thread = self._thread, None
            if self._process:
                self._process.terminate()
            self._changed.notify_all()
        if thread:
            thread.join(2 * _END_SECONDS)

    def _supervise(self) -> None:
        ending = self._ending
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or self._news or ending.is_set())
                if ending.is_set():
                    return
            doing = self._one_life()
            if ending.is_set():
                return
            self._deaths[doing] += 1
            if self._deaths[doing] >= _MOST_DEATHS:
                self._give_up(doing)
            ending.wait(_PAUSE_SECONDS * 2 ** min(self._deaths[doing], 6))

    def _one_life(self) -> At | None:
        """Starts the process and talks to it until it ends; what it was doing then."""
        command = [sys.executable, "-m", "epochscope.runs.training.projection_process", str(os.getpid())]
        pipe = subprocess.PIPE
        try:
            process = patiently(lambda: subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        except OSError as error:
            self._refuse_all(f"No process can be started for it ({reason(error)}).")
            return None
        with self._changed:
            self._process = process
            self._news = [_asked(*one) for one in self._wanted.values()] + [one for one in self._news if "warm" in one]
        doing: At | None = None
        try:
            assert process.stdout is not None
            for line in process.stdout:
                doing = self._heard(json.loads(line), doing)
        except (OSError, ValueError):
            pass  # it died in the middle of a line, or before it was answered
        finally:
            self._buried(process)
        return doing

    def _buried(self, process: subprocess.Popen[str]) -> None:
        """Makes sure that the process has ended, and leaves no zombie."""
        with self._changed:
            self._process = None
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                continue

    def _heard(self, message: dict[str, Any], doing: At | None) -> At | None:
        """Acts on a line of the process; returns what it is doing."""
        if "ready" in message:
            self._deaths.pop(None, None)  # it has started
            self._answer(idle=message["idle"])
            return None if message["idle"] else doing
        if "doing" in message:
            return _at(message["doing"])
        if "frame" in message:
            self._keep(_at(message["frame"]), message)
        elif "answered" in message:
            self._answered(_at(message["answered"]), message["why"])
        return doing

    def _answer(self, *, idle: bool) -> None:
        """Tells the process what is new; one that has nothing to do is answered when there is something."""
        with self._changed:
            if idle:
                self._changed.wait_for(lambda: self._news or self._ending.is_set())
            news, self._news = self._news, []
            process = self._process
        if process and process.stdin and not self._ending.is_set():
            process.stdin.write(json.dumps(news) + "\n")
            process.stdin.flush()

    def _keep(self, at: At, message: dict[str, Any]) -> None:
        with self._changed:
            known = self._wanted.get(at)
        if known:
            run, spec = known
            parts = {name: base64.b64decode(data) for name, data in message["parts"].items()}
            frames = keep_in_memory(run.folder / "projections" / spec.name, run.frames(spec.name))
            frames.append({name: value for name, value in message["line"].items() if name != "at"}, parts)

    def _answered(self, at: At, why: str) -> None:
        with self._changed:
            known = self._wanted.pop(at, None)
            self._deaths.pop(at, None)
        if known and why:
            refuse(known[0].folder / "projections" / known[1].name, why)

    def _give_up(self, at: At | None) -> None:
        """No more of what the process died of; of everything, if it died before it did anything."""
        self._deaths.pop(at, None)
        if at is None:
            return self._refuse_all(f"The process that computes it ended {_MOST_DEATHS} times at its start.")
        with self._changed:
            known = self._wanted.get(at)
        if known:
            title = known[1].projection.title
            self._answered(at, f"{title} ended its process {_MOST_DEATHS} times; there may be too little memory.")

    def _refuse_all(self, why: str) -> None:
        with self._changed:
            asked = list(self._wanted)
            self._news.clear()
        for at in asked:
            self._answered(at, why)


def _asked(run: Run, spec: ProjectionSpec) -> dict[str, Any]:
    return {"run": run.id, "folder": str(run.folder), "name": spec.name, "key": spec.key, "params": dict(spec.params)}


def _at(said: list[str]) -> At:
    return said[0], said[1]
