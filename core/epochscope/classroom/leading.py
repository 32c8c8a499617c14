"""What who opened a lesson does with it: opens it, trains, reveals."""

from __future__ import annotations

from epochscope import rights, settings
from epochscope.classroom import preparing, rooms
from epochscope.classroom.experiments import Experiment
from epochscope.classroom.lesson import Revealed, Trained
from epochscope.classroom.outcomes import outcome, specs
from epochscope.classroom.rooms import Room
from epochscope.futures.plan import MOST_MEMBERS
from epochscope.futures.store import Futures
from epochscope.futures.training import futures_writer, train
from epochscope.rights import Action, Visitor
from epochscope.runs.format.spec import LIVE, RunSpec
from epochscope.runs.training.manager import manager
from epochscope.types import EpochscopeError


def open_lesson(experiment: Experiment, seeds: int, point: int | None, visitor: Visitor) -> Room:
    """A new lesson of the visitor. Raises EpochscopeError as `preparing.plan` and `rooms.open_room`."""
    rights.require(visitor, Action.START, rights.NEW)
    plan = preparing.plan(experiment, seeds, point, rooms.new_code())
    return rooms.open_room(plan, preparing.groups(experiment.spec).labels, visitor)


def most_seeds(experiment: Experiment, visitor: Visitor) -> int:
    """How many seeds this visitor's lesson may have: each training counts as a run of theirs."""
    most = preparing.most_seeds(experiment)
    if rights.operates(visitor):
        return most
    return max(2, min(most, settings.QUEUE_EACH() // (MOST_MEMBERS // most)))


def state_of(room: Room) -> str:
    """How the training is: a state of a run; empty before one began."""
    if not room.lesson.futures:
        return ""
    try:
        return Futures(room.lesson.futures).status["state"]
    except EpochscopeError:
        return "failed"


def begin(room: Room, visitor: Visitor) -> str:
    """Trains all seeds; returns the id of the futures.

    Raises EpochscopeError for anybody but who opened the lesson, while they train, and where a limit is reached.
    """
    rights.require(visitor, Action.TEACH, room.thing)
    with room.starting:
        return _begun(room, visitor)


def _begun(room: Room, visitor: Visitor) -> str:
    rights.require(visitor, Action.TEACH, room.thing)
    if state_of(room) in (*LIVE, "done"):
        raise EpochscopeError("The seeds of this lesson train or have been trained; open another lesson for more.")
    if room.lesson.ended or room.lesson.outcome:
        raise EpochscopeError("This lesson is over; open another one.")
    spec, plan = RunSpec(**room.plan.spec), room.plan
    count = len(specs(plan))
    started = manager().start_work(
        lambda: futures_writer(spec, plan.seeds, plan.values, visitor), train, visitor, counts=count
    )
    room.lead(visitor, Trained(started))
    return started


def reveal(room: Room, visitor: Visitor) -> None:
    """Tells everybody what happened. Raises EpochscopeError while the seeds train, and for anybody else."""
    rights.require(visitor, Action.TEACH, room.thing)
    if not room.lesson.futures:
        raise EpochscopeError("Nothing has been trained yet; press Train first.")
    room.lead(visitor, Revealed(outcome(room.plan, room.groups(), Futures(room.lesson.futures))))
