"""A lesson as a value: who may join and answer, and what each event makes of it."""

import pytest
from epochscope.classroom.lesson import (
    LONGEST_NAME,
    MOST_CHANGES,
    Answered,
    Asked,
    Closed,
    Ended,
    Joined,
    Lesson,
    Option,
    Outcome,
    Plan,
    Question,
    Revealed,
    Trained,
    after,
)
from epochscope.types import EpochscopeError

MOST = 5
ONE, TWO, THREE = ("a" * 64, "b" * 64, "c" * 64)
CHOICE = Question("joins", "Which?", "", (Option("left"), Option("right"), Option("both")))
NUMBER = Question("score", "How much?", "")
PLAN = Plan("ABCDEF", "A class", 0.0, {}, (7, 8), (CHOICE, NUMBER))


def lesson(*events) -> Lesson:
    found = Lesson(PLAN)
    for event in events:
        found = after(found, event, MOST)
    return found


JOINED = lesson(Joined(ONE, "Ada"), Joined(TWO, "Bo"), Joined(THREE, "Cy"))
ASKED = after(JOINED, Asked("joins"), MOST)


def test_students_own_seeds_in_turn_and_share_them():
    assert [JOINED.seed_of(mark) for mark in (ONE, TWO, THREE)] == [0, 1, 0]
    assert [JOINED.sharing(mark) for mark in (ONE, TWO, THREE)] == [1, 0, 1]


def test_the_same_device_has_its_place_again_whatever_name_it_gives():
    assert after(JOINED, Joined(ONE, "Somebody else"), MOST) is JOINED


def test_names_are_short_plain_and_told_apart():
    found = lesson(
        *(Joined(letter * 64, name) for letter, name in zip("abcd", ["Ada", "ada", "ADA ", "x" * 99], strict=True))
    )
    assert [one.name for one in found.students.values()][:3] == ["Ada", "ada (2)", "ADA (3)"]
    assert len(found.students["d" * 64].name) == LONGEST_NAME
    evil = lesson(Joined(ONE, "<img src=x onerror=alert(1)>"), Joined(TWO, "\u202eevil\n\x00name"))
    for student in evil.students.values():
        assert not set(student.name) & set("<>&\n\x00\u202e")
    for nothing in ("", "  ", "\n\t", "\u200b"):
        with pytest.raises(EpochscopeError, match="Type a name"):
            lesson(Joined(ONE, nothing))


def test_long_names_that_are_alike_are_told_apart():
    found = lesson(Joined(ONE, "y" * 24), Joined(TWO, "y" * 24))
    assert len({one.name for one in found.students.values()}) == 2
    assert all(len(one.name) <= LONGEST_NAME for one in found.students.values())


def test_no_more_join_than_there_is_room_for():
    full = lesson(*(Joined(letter * 64, letter) for letter in "abcde"))
    with pytest.raises(EpochscopeError, match="5 students have joined"):
        after(full, Joined("f" * 64, "f"), MOST)
    assert after(full, Joined("a" * 64, "a"), MOST) is full


def test_the_last_answer_before_the_end_counts():
    found = after(after(ASKED, Answered(ONE, "joins", 1), MOST), Answered(ONE, "joins", 2), MOST)
    assert found.answers["joins"] == {ONE: 2}
    assert after(found, Answered(ONE, "joins", 2), MOST) is found
    for late in (Closed(), Asked("score"), Trained("x")):
        with pytest.raises(EpochscopeError, match="Too late"):
            after(after(found, late, MOST), Answered(ONE, "joins", 0), MOST)
    again = after(after(found, Closed(), MOST), Asked("joins"), MOST)
    assert after(again, Answered(ONE, "joins", 0), MOST).answers["joins"] == {ONE: 0}
    assert again.asked == ("joins",)


def test_nobody_changes_an_answer_without_end():
    found = ASKED
    for turn in range(MOST_CHANGES):
        found = after(found, Answered(ONE, "joins", turn % 2), MOST)
    with pytest.raises(EpochscopeError, match="as often as is allowed"):
        after(found, Answered(ONE, "joins", 2), MOST)


@pytest.mark.parametrize(
    ("key", "value"), [("joins", -1), ("joins", 3), ("joins", 0.5), ("joins", float("nan")), ("score", 1.01),
                       ("score", -0.01), ("score", float("nan")), ("score", float("inf"))],
)  # fmt: skip
def test_what_is_no_answer_is_refused(key, value):
    with pytest.raises(EpochscopeError, match="not an answer"):
        after(after(JOINED, Asked(key), MOST), Answered(ONE, key, value), MOST)


def test_who_has_not_joined_does_not_answer():
    with pytest.raises(EpochscopeError, match="Join first"):
        after(ASKED, Answered("f" * 64, "joins", 1), MOST)
    with pytest.raises(EpochscopeError, match="no such question"):
        after(ASKED, Answered(ONE, "what", 1), MOST)


def test_predictions_come_before_the_training_and_nothing_after_the_end():
    trained = after(ASKED, Trained("futures"), MOST)
    assert trained.open == ""
    with pytest.raises(EpochscopeError, match="before it"):
        after(trained, Asked("score"), MOST)
    with pytest.raises(EpochscopeError, match="Nothing has been trained"):
        after(ASKED, Revealed(Outcome({})), MOST)
    told = after(trained, Revealed(Outcome({"joins": (0, 1)})), MOST)
    with pytest.raises(EpochscopeError, match="has been shown"):
        after(told, Trained("again"), MOST)
    ended = after(told, Ended(), MOST)
    for event in (Joined("d" * 64, "Di"), Asked("score"), Closed(), Ended()):
        with pytest.raises(EpochscopeError, match="has ended"):
            after(ended, event, MOST)


def test_asking_what_is_asked_changes_nothing():
    assert after(ASKED, Asked("joins"), MOST) is ASKED
    assert after(JOINED, Closed(), MOST) is JOINED
