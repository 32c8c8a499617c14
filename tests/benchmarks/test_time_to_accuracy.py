"""What counts as reached, and how runs are summed up."""

from __future__ import annotations

import json

from benchmarks import time_to_accuracy
from benchmarks.time_to_accuracy import Point, lasting, row, summary


def course(*accs: float) -> list[Point]:
    return [Point(10.0 * i, 5.0 * i, acc) for i, acc in enumerate(accs, start=1)]


def test_a_level_counts_from_the_epoch_after_which_it_lasts() -> None:
    assert lasting(course(0.7, 0.8, 0.7, 0.76, 0.9), 0.75) == Point(40.0, 20.0, 0.76)
    assert lasting(course(0.8, 0.9), 0.75) == Point(10.0, 5.0, 0.8)
    assert lasting(course(0.8, 0.7), 0.75) is None


def test_the_summary_counts_who_reached_a_level() -> None:
    told = summary([course(0.7, 0.8), course(0.8, 0.9), course(0.7, 0.7)], [0.75, 0.95])
    assert told["acc"] == [0.8, 0.7, 0.9]
    assert told["0.75"] == {"reached": 2, "seconds": [15.0, 10.0, 20.0], "processor": [7.5, 5.0, 10.0]}
    assert told["0.95"]["seconds"] is None
    cells = "0.800 (0.700 to 0.900)", "20 (20 to 20) / 10 (10 to 10)", "15 (10 to 20) / 8 (5 to 10); 2 of 3"
    assert row("ours", told, [0.75, 0.95]) == f"| ours | {' | '.join(cells)} | -; 0 of 3 |"


def test_runs_are_written_down_and_not_run_again(tmp_path, monkeypatch, capsys) -> None:
    asked = []

    def course_of(wanted):
        asked.append((wanted["side"], wanted["seed"], wanted["values"]))
        return course(0.7, 0.8) if wanted["side"] == "ours" else course(0.7, 0.7, 0.7, 0.76)

    monkeypatch.setattr(time_to_accuracy, "course_of", course_of)
    monkeypatch.setattr(time_to_accuracy, "find_spec", lambda _: True)
    call = ["--results", str(tmp_path / "lines.jsonl"), "--seeds", "2", "--peer-seeds", "1"]
    time_to_accuracy.main(call)
    assert asked == [("ours", 0, []), ("peer", 0, []), ("ours", 1, [])]
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert printed["ratio"] == {"0.75": 0.5, "0.8": None}
    assert printed["sides"]["ours"]["runs"] == 2
    time_to_accuracy.main([*call, "--values", "net.d=10"])
    assert asked[3:] == [("ours", 0, ["net.d=10"]), ("ours", 1, ["net.d=10"])]  # the peer has no such values
    time_to_accuracy.main([*call, "--table"])
    assert len(asked) == 5
