"""The table of attacks: one of them in short, and lines that replace their own and no other."""

import pytest

from benchmarks.attack import ATTACKS, DOCUMENT, line, one, write
from benchmarks.bystander import Delay, Measured, answers_by_time
from benchmarks.trainers import Answer


def test_every_attack_has_a_line_in_the_document():
    text = DOCUMENT.read_text()
    for attack in ATTACKS:
        assert f"| {attack.name} | " in text


def test_a_line_replaces_its_own(tmp_path):
    document = tmp_path / "SECURITY.md"
    document.write_text(DOCUMENT.read_text())
    first, second = ATTACKS[0].name, ATTACKS[1].name
    row = line(first, [Measured(1, Delay(0.001, 0.1), Delay(0.002, 0.2), 0.3)] * 3)
    health, run = " · ".join(["0.001 / 0.10"] * 3), " · ".join(["0.002 / 0.20"] * 3)
    assert row == f"| {first} | 1 · 1 · 1 | {health} | {run} | 0.30 · 0.30 · 0.30 |\n"
    write({first: row}, document)
    write({first: row}, document)
    before, after = DOCUMENT.read_text().splitlines(), document.read_text().splitlines()
    assert [new for new in after if new not in before] == [row.strip()]
    assert [old for old in before if old not in after and not old.startswith(f"| {first} |")] == []
    assert any(text.startswith(f"| {second} |") for text in after)


def test_an_answer_belongs_to_the_time_in_which_somebody_waited_for_it():
    before, during, across, after = (Answer(began, seconds) for began, seconds in ((1, 1), (5, 1), (3, 9), (12, 1)))
    spans = answers_by_time([before, during, across, after], [0, 4, 10, 20])
    assert spans == [[before], [during, across], [after]]
    assert Delay.of(spans[1]) == (5.0, 9)
    assert Delay.of([Answer(0, float("inf"))]).longest == float("inf")


@pytest.mark.slow
def test_an_attack_costs_others_nothing():
    before, during, after = one(ATTACKS[0])
    assert during.memory < before.memory + 100
    assert after.memory < before.memory + 100
