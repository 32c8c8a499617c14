"""The queue: people take turns, limits refuse in a sentence, and a run that is paused for long gives way."""

from collections.abc import Iterator

import pytest
from epochscope import limits, rights
from epochscope.rights import PROGRAM, Kind, Visitor
from epochscope.runs.format import disk
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, folder_of, runs_folder
from epochscope.runs.library import trash
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.manager import Manager
from epochscope.runs.training.turns import Place, Turns
from epochscope.types import EpochscopeError
from hypothesis import given
from hypothesis import strategies as st

from tests.support.waiting import until

ANNA, BEN, CLARA = (Visitor(Kind.BROWSER, letter * 64) for letter in "abc")
SPEC = RunSpec("blobs", "kmeans", 3, 0, data={"n": 60})
LONG = RunSpec("digits", "dec", 10, 0, params={"pretrain.epochs": 400})


class Idle(Manager):
    """Queues runs and trains none."""

    def _work(self) -> None:
        return


@pytest.fixture
def idle() -> Iterator[Manager]:
    manager = Idle()
    yield manager
    manager.shutdown(PROGRAM)


@pytest.fixture
def busy() -> Iterator[Manager]:
    manager = Manager()
    yield manager
    manager.shutdown(PROGRAM)


def test_whoever_asks_for_a_hundred_gets_one_turn_as_everybody_does():
    turns = Turns()
    for number in range(100):
        turns.put(Place(f"a{number}", "a", in_group=True))
    turns.put(Place("b0", "b"))
    turns.put(Place("b1", "b"))
    turns.put(Place("c0", "c"))
    assert [place.run_id for place in turns.order()[:6]] == ["a0", "b0", "c0", "a1", "b1", "a2"]
    first = turns.take()
    assert turns.take().run_id == "b0"
    assert turns.take().run_id == "c0"  # she has none in training, the others have one
    turns.end(first)
    assert turns.take().run_id == "a1"


def test_single_runs_of_a_person_come_before_their_groups():
    turns = Turns()
    for name, in_group in (("g0", True), ("s0", False), ("g1", True), ("s1", False)):
        turns.put(Place(name, "a", in_group))
    assert [place.run_id for place in turns.order()] == ["s0", "s1", "g0", "g1"]
    with pytest.raises(IndexError):
        Turns().take()


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "end", "remove"]), st.integers(0, 5)), max_size=120))
def test_nobody_is_served_twice_while_somebody_who_waits_and_trains_less_was_not(steps):
    turns, waiting, training = Turns(), [], []
    for number, (step, who) in enumerate(steps):
        if step == "put":
            waiting.append(Place(f"{number}", f"{who}", number % 2 == 0))
            turns.put(waiting[-1])
        elif step == "take" and waiting:
            place = turns.take()
            counts = {one.who: sum(other.who == one.who for other in training) for one in waiting}
            assert counts[place.who] == min(counts.values())
            waiting.remove(place)
            training.append(place)
        elif step == "end" and training:
            turns.end(training.pop(0))
        elif step == "remove" and waiting:
            assert turns.remove(waiting.pop(who % len(waiting)))
        assert (len(turns), turns.training) == (len(waiting), len(training))
        assert sorted(turns.order()) == sorted(waiting)
        assert all(turns.of(f"{one}") == sum(p.who == f"{one}" for p in [*waiting, *training]) for one in range(6))


def test_a_press_of_100_seeds_counts_as_100_places(idle, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_QUEUE_EACH", "20")
    idle.start(SPEC, ANNA)
    with pytest.raises(EpochscopeError, match=r"1 of your runs wait or train, so 100 more .* 20 is the most"):
        idle.start_group([SPEC] * 100, "many", ANNA)
    assert len(entries()) == 1  # none of the group was made
    idle.start_group([SPEC] * 19, "fewer", ANNA)
    with pytest.raises(EpochscopeError, match="20 of your runs"):
        idle.start(SPEC, ANNA)
    idle.start(SPEC, BEN)  # others have their own places
    idle.stop([one.id for one in entries()], ANNA)
    assert idle.counts() == (0, 1)
    idle.start(SPEC, ANNA)


def test_the_queue_of_all_has_an_end(idle, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_QUEUE", "3")
    idle.start_group([SPEC] * 2, "two", ANNA)
    idle.start(SPEC, BEN)
    for visitor in (CLARA, PROGRAM):
        with pytest.raises(
            EpochscopeError, match=r"3 runs wait or train here, so 1 more .* 3 is the most on this server"
        ):
            idle.start(SPEC, visitor)


def test_continuing_runs_takes_places_too(idle, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_QUEUE_EACH", "1")
    stopped = [idle.start(SPEC, ANNA)]
    idle.stop(stopped, ANNA)
    idle.start(SPEC, ANNA)
    with pytest.raises(EpochscopeError, match="1 is the most for one person"):
        idle.resume(stopped[0], ANNA)


def test_who_runs_the_server_has_no_limit_of_one_visitor_unless_many_share_the_machine(idle, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_QUEUE_EACH", "1")
    here = Visitor(Kind.AT_THE_MACHINE, "d" * 64)
    idle.start_group([SPEC] * 2, "two", here)
    monkeypatch.setenv(rights.SHARED, "own")
    with pytest.raises(EpochscopeError, match="1 is the most for one person"):
        idle.start(SPEC, here)


def test_runs_are_trained_in_turn(busy, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_TRAININGS", "1")
    first = busy.start(LONG, ANNA)
    until(lambda: Run(first).epochs())
    busy.start_group([SPEC] * 3, "three", ANNA)
    bens = busy.start(SPEC, BEN)
    assert [one.who for one in busy.queue(PROGRAM)] == [ANNA.mark, BEN.mark, ANNA.mark, ANNA.mark, ANNA.mark]
    assert [one.trains for one in busy.queue(PROGRAM)] == [True, False, False, False, False]
    busy.stop([first], ANNA)
    until(lambda: Run(bens).status["state"] == "done")
    until(lambda: busy.counts() == (0, 0))
    ended = {one.id: Run(one.id).status["updated"] for one in entries() if one.id != first}
    assert min(ended, key=lambda one: ended[one]) == bens


def test_a_run_paused_for_long_gives_way_to_others_and_can_be_continued(busy, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_TRAININGS", "1")
    monkeypatch.setenv("EPOCHSCOPE_PAUSE", "0.001")
    paused = busy.start(LONG, ANNA, step=True)
    until(lambda: Run(paused).status["state"] == "paused")
    assert busy._reason_to_give_way(ANNA.mark, 1e6) == ""  # nobody waits
    busy.start_group([SPEC], "of the same person", ANNA)
    assert busy._reason_to_give_way(ANNA.mark, 1e6) == ""
    bens = busy.start(SPEC, BEN)
    until(lambda: Run(bens).status["state"] == "done")
    status = Run(paused).status
    assert (status["state"], "while others waited; Continue goes on" in status["message"]) == ("stopped", True)
    busy.resume(paused, ANNA)
    until(lambda: Run(paused).status["state"] in ("running", "loading"))


def test_the_run_of_a_lecturer_may_be_paused_as_long_as_they_talk(busy, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_TRAININGS", "1")
    monkeypatch.setenv("EPOCHSCOPE_PAUSE", "0.001")
    paused = busy.start(LONG, Visitor(Kind.AT_THE_MACHINE, "d" * 64), step=True)
    until(lambda: Run(paused).status["state"] == "paused")
    busy.start(SPEC, BEN)
    assert busy._reason_to_give_way("of a visitor", 1e6)
    assert busy._jobs[paused].control.reason_to_give_way(1e6) == ""


def test_no_second_training_begins_while_memory_is_short(busy, monkeypatch):
    free = [10**8]
    monkeypatch.setattr(limits, "free_memory", lambda: free[0])
    first, second = busy.start(LONG, ANNA), busy.start(SPEC, BEN)
    until(lambda: Run(first).epochs())
    assert busy.counts() == (1, 1)
    assert Run(second).status["state"] == "queued"
    free[0] = 10**10
    until(lambda: Run(second).status["state"] == "done")


def fill(run_id: str, size: int) -> None:
    with (folder_of(run_id) / "frames.bin").open("wb") as file:
        file.truncate(size)


def test_the_disk_of_one_person_and_of_all(idle, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DISK_EACH", "0.5")
    monkeypatch.setenv("EPOCHSCOPE_DISK", "0.9")
    large = idle.start(SPEC, ANNA)
    idle.stop([large], ANNA)
    fill(large, 600_000_000)
    trash.throw_away(large, ANNA)  # what lies in the trash takes room as well
    with pytest.raises(
        EpochscopeError, match=r"Your runs take 600.\d MB, and 500.0 MB is the most for one person here"
    ):
        idle.start(SPEC, ANNA)
    bens = idle.start(SPEC, BEN)
    fill(bens, 400_000_000)
    with pytest.raises(EpochscopeError, match=r"of all together take 1.00 GB, and 900.0 MB is the most on this server"):
        idle.start(SPEC, CLARA)
    idle.start(SPEC, PROGRAM)
    trash.empty(ANNA)
    idle.start(SPEC, ANNA)


def test_nothing_begins_on_a_disk_that_those_who_train_need(idle, monkeypatch):
    monkeypatch.setattr(limits, "free_disk", lambda at: 400_000_000)
    for visitor in (ANNA, PROGRAM):
        with pytest.raises(EpochscopeError, match=r"Only 400.0 MB of the disk .* are free, and 1 GB are kept"):
            idle.start(SPEC, visitor)
    assert not entries()


def test_sizes_of_runs_are_counted_by_owner(idle):
    idle.stop([run_id := idle.start(SPEC, ANNA)], ANNA)
    (folder_of(run_id) / "note").write_bytes(bytes(5000))
    assert disk.run_bytes(ANNA.mark) == disk.run_bytes(None) > 5000
    assert disk.run_bytes(BEN.mark) == 0
    assert limits.free_disk(runs_folder() / "not" / "there") == pytest.approx(limits.free_disk(runs_folder()), rel=0.01)


def test_memory_is_read_from_the_machine_and_the_container(tmp_path, monkeypatch):
    assert (limits.free_memory() or 0) > 10**7
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:     3000 kB\n")
    monkeypatch.setattr(limits, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(limits, "_CGROUP", tmp_path)
    assert limits.free_memory() == 3000 * 1024
    (tmp_path / "memory.max").write_text("2000000\n")
    (tmp_path / "memory.current").write_text("1900000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 300000\n")
    assert limits.free_memory() == 400_000
    (tmp_path / "memory.max").write_text("max\n")
    assert limits.free_memory() == 3000 * 1024


def test_memory_is_read_from_a_container_of_the_first_control_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "_CGROUP", tmp_path)
    group = tmp_path / "memory"
    group.mkdir()
    (group / "memory.usage_in_bytes").write_text("1900000\n")
    (group / "memory.stat").write_text("inactive_file 7\ntotal_inactive_file 300000\n")
    (group / "memory.limit_in_bytes").write_text("2000000\n")
    assert limits.free_memory() == 400_000
    (group / "memory.limit_in_bytes").write_text("9223372036854771712\n")  # no limit
    assert (limits.free_memory() or 0) > 10**7
