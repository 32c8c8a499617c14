"""Branches: a new run goes on from an epoch of another one, with other parameters or another seed from there on.

The state of that epoch is computed again, as in `resume`: no weights of all methods are stored. So a branch is a run
with a course: after these epochs, these changes. Its epochs up to the branch are its own (another run may be deleted
without harm), and each must have the digest that it has in the run it left: the same state, bit for bit.

What can change after an epoch: a parameter that the method has not read by then (whatever its value, the epoch is the
same), and one that is live or read anew in each epoch and is still read afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from epochscope.params import Range, current_name
from epochscope.runs.format.lineage import SEED
from epochscope.runs.format.run import Run
from epochscope.runs.format.schema import Branch, CourseStep
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import Resolved, reason_not_repeatable, resolve
from epochscope.types import EpochscopeError

Spans = Mapping[str, tuple[int, int]]
"""epochscope.runs.training.reads.Reads.spans"""


class OtherPast(EpochscopeError):
    """An epoch of the common past, computed again, is not that of the run which was left."""


def reason_not_branchable(run: Run) -> str:
    """Why no run can go on from an epoch of this one here, in one sentence; empty if one can."""
    if why := reason_not_repeatable(run.spec):
        return why
    return "" if run.epochs() else f"{run.title} has no epoch yet that another run could go on from."


def branch_spec(
    run: Run, epoch: int, changes: Mapping[str, Any], *, seed: int | None = None, data_at_hand: bool = False
) -> RunSpec:
    """The settings of a run that goes on from an epoch of this one. `changes`: parameters by dotted name; those that
    have this value already are left out. `seed`: of everything random from there on; None: as in this run.
    `data_at_hand`: whether the data are in memory, of whatever kind.

    Raises EpochscopeError where there is no such epoch, or a parameter cannot change there.
    """
    if (why := reason_not_branchable(run)) and not (data_at_hand and run.epochs()):
        raise EpochscopeError(why)
    request, now = resolve(run.spec), values_at(run, epoch)
    hp = request.method_params.but(now)
    asked = hp.but(changes).flat()
    changed = {name: asked[name] for given in changes if asked[name := current_name(given, now)] != now[name]}
    for name in changed:
        if why := reason_fixed(run, epoch, name, request):
            raise EpochscopeError(why)
    _require_a_future(run, epoch, changed, request)
    info = run.info or {}
    hp.but(changed).check(n=info["n"], f=info["f"], k=info["k"])
    table = run.epochs()
    step: CourseStep = {"epoch": epoch, "phase": _phase_after(table, epoch), "changes": changed}
    if seed is not None:
        step["seed"] = seed
    branch: Branch = {"parent": run.id, "digest": table[epoch].get("digest", ""), "course": [*_past(run, epoch), step]}
    if type(threads := info.get("made_with", {}).get("threads")) is int:
        branch["threads"] = threads
    return replace(request.spec, branch=branch)


def values_at(run: Run, epoch: int) -> dict[str, Any]:
    """The parameters with which this epoch of a run was trained. Raises EpochscopeError if there is no such epoch."""
    last = len(run.epochs()) - 1
    if not 0 <= epoch <= last:
        raise EpochscopeError(f"There is no epoch {epoch}: {run.title} has the epochs 0 to {last}.")
    values = dict(resolve(run.spec).spec.params)
    for change in run.param_changes():
        if change["epoch"] < epoch and change["name"] in values:
            values[change["name"]] = change["new"]
    return values


def changeable(run: Run, epoch: int) -> dict[str, str]:
    """Every parameter of the method, by dotted name, with the reason why it cannot change there; empty if it can."""
    request = resolve(run.spec)
    return {name: reason_fixed(run, epoch, name, request) for name, _ in request.algorithm.params.ranges()}


def reason_fixed(run: Run, epoch: int, name: str, request: Resolved) -> str:
    """Why a parameter cannot change after an epoch of a run, in one sentence; empty if it can."""
    about = dict(request.algorithm.params.ranges())[name]
    spans: Spans = (run.info or {}).get("reads", {})
    if not spans:
        if about.live or about.anew:
            return ""
        return (
            f"{about.title(name)} may change during training in no run, and which parameters were not read yet at "
            "this epoch is known once the run has ended, of runs of this version."
        )
    return _reason_by_reads(about.title(name), about, spans.get(name), epoch, len(run.epochs()) - 1)


def _reason_by_reads(title: str, about: Range, span: tuple[int, int] | None, epoch: int, last: int) -> str:
    if span is None or span[0] > epoch:
        return ""
    if not (about.live or about.anew):
        return f"{title} is read once, before epoch {epoch}: start a new run to change it."
    if span[1] > epoch or (epoch == last and span[1] == last):
        return ""
    return f"{title} is not read after epoch {epoch}: a change would have no effect."


def require_unread(course: Course, epoch: int, spans: Spans, request: Resolved) -> None:
    """The same once the state is there: whatever was known before, nothing changes that the state depends on."""
    for name in course.changes(epoch) or {}:
        about = dict(request.algorithm.params.ranges())[name]
        if name in spans and not (about.live or about.anew):
            raise EpochscopeError(f"{about.title(name)} is read once, before epoch {epoch}: start a new run instead.")


def _require_a_future(run: Run, epoch: int, changed: Iterable[str], request: Resolved) -> None:
    """Raises EpochscopeError where the run ended by itself at this epoch, and nothing that is changed alters that."""
    about = dict(request.algorithm.params.ranges())
    ended = run.status["state"] == "done" and epoch == len(run.epochs()) - 1
    if ended and not any(about[name].anew for name in changed):
        raise EpochscopeError(
            f"{run.title} ended by itself at epoch {epoch}; to go on from there, raise its number of epochs or change "
            "when it stops."
        )


def _phase_after(table: list[dict[str, Any]], epoch: int) -> str:
    return table[epoch + 1]["phase"] if epoch + 1 < len(table) else ""


def _past(run: Run, epoch: int) -> list[CourseStep]:
    """All changes in this run before an epoch, in their order."""
    table, steps = run.epochs(), {}
    for change in run.param_changes():
        at = change["epoch"]
        if at < epoch and change["name"] != SEED:
            empty: CourseStep = {"epoch": at, "phase": _phase_after(table, at), "changes": {}}
            steps.setdefault(at, empty)["changes"][change["name"]] = change["new"]
    for known in run.spec.course:
        if (at := known["epoch"]) < epoch and "seed" in known:
            steps.setdefault(at, {"epoch": at, "phase": known["phase"], "changes": {}})["seed"] = known["seed"]
    return [steps[at] for at in sorted(steps)]


class Course:
    """What a branch does on its way: nothing for a run that is none."""

    def __init__(self, spec: RunSpec) -> None:
        self._steps = {step["epoch"]: step for step in spec.course}
        self.epoch = spec.course[-1]["epoch"] if spec.course else -1
        """The epoch at which it left the other run; -1 for a run that is no branch."""
        self.threads = spec.branch.get("threads") if spec.branch else None
        """The number of threads of torch that the common past needs; None where any does."""
        self._digests = _digests(spec)

    def changes(self, epoch: int) -> dict[str, Any] | None:
        """The changes after an epoch of the common past; None beyond."""
        if epoch > self.epoch:
            return None
        return dict(self._steps[epoch]["changes"]) if epoch in self._steps else {}

    def all_changes(self) -> list[dict[str, Any]]:
        """The changes of each step, by epoch."""
        return [step["changes"] for step in self._steps.values()]

    def seed(self, epoch: int) -> int | None:
        """The seed of everything random after this epoch; None where it goes on."""
        return self._steps[epoch].get("seed") if epoch in self._steps else None

    def seed_before(self, epoch: int, first: int) -> int:
        """The seed that held up to this epoch; `first`: that of the start."""
        earlier = [step["seed"] for at, step in self._steps.items() if at < epoch and "seed" in step]
        return earlier[-1] if earlier else first

    def computes_pretraining(self, phases: Iterable[str]) -> bool:
        """Whether something changes before the last of these phases, so that pretraining cannot come from a cache."""
        *_, last = phases
        return any(step["phase"] != last and (step["changes"] or "seed" in step) for step in self._steps.values())

    def doing(self, count: int) -> str:
        """How far the common past is computed, after `count` epochs; empty beyond it."""
        return f"computing the common past: epoch {count} of {self.epoch}" if count <= self.epoch else ""

    def verify(self, epoch: int, digest: str) -> None:
        """Raises OtherPast if this epoch has another digest in the run that was left."""
        if self._digests.get(epoch, digest) != digest:
            raise OtherPast(
                f"Epoch {epoch}, computed again, is not that of the run it branches from (another version, machine, "
                "file of data, or a device that rounds differently): train that run again here, and branch from it."
            )


def _digests(spec: RunSpec) -> dict[int, str]:
    """Digests of the epochs of the common past, as far as they are known."""
    if not spec.branch or not spec.parent:
        return {}
    last, found = spec.course[-1]["epoch"], {}
    try:
        found = {line["epoch"]: line.get("digest", "") for line in Run(spec.parent).epochs()[: last + 1]}
    except EpochscopeError:
        found = {}  # deleted or damaged: the digest below is enough
    return {epoch: digest for epoch, digest in {**found, last: spec.branch["digest"]}.items() if digest}
