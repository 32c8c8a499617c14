"""Pages are drawn a few at a time, in order, and none waits for one that itself waits."""

import threading
import time

import pytest
from epochscope.server.drawing import Drawing

from tests.support.waiting import until


def drawn(drawing: Drawing, done: list[int], number: int, go: threading.Event) -> threading.Thread:
    def draw() -> None:
        with drawing.one_more():
            done.append(number)
            go.wait(60)

    thread = threading.Thread(target=draw)
    thread.start()
    return thread


def test_one_after_the_other_in_the_order_in_which_they_came():
    drawing, done, go = Drawing(1, counts=60), [], threading.Event()
    threads = []
    for number in range(6):
        threads.append(drawn(drawing, done, number, go))
        until(lambda number=number: len(drawing._begun) + len(drawing._waiting) == number + 1, 10)
    assert done == [0]
    go.set()
    for thread in threads:
        thread.join(10)
    assert done == list(range(6))
    assert not drawing._begun
    assert not drawing._waiting


def test_a_page_that_waits_keeps_no_other_waiting():
    drawing, done, go = Drawing(1, counts=0.05), [], threading.Event()
    threads = [drawn(drawing, done, number, go) for number in range(3)]
    until(lambda: len(done) == 3, 10)  # although none has ended
    go.set()
    for thread in threads:
        thread.join(10)


def test_two_at_a_time():
    drawing, done, go = Drawing(2, counts=60), [], threading.Event()
    threads = [drawn(drawing, done, number, go) for number in range(3)]
    until(lambda: len(done) == 2 and len(drawing._waiting) == 1, 10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(done) == 3


def test_a_page_that_breaks_off_gives_its_place_back():
    drawing = Drawing(1, counts=60)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), drawing.one_more():
            raise ZeroDivisionError
    began = time.monotonic()
    with drawing.one_more():
        assert time.monotonic() - began < 10
