"""The best epoch by the sign without labels, and the finding that a run went back to it."""

from __future__ import annotations

from typing import Any

from epochscope.inspect.health import notes
from epochscope.inspect.health.returned import best_epoch
from epochscope.types import AGREEMENT, BACK


def course(*signs: float | None, back: int | None = None) -> list[dict[str, Any]]:
    """Lines of epochs: pretraining where the sign is None."""
    lines: list[dict[str, Any]] = [
        {
            "epoch": epoch,
            "phase": "pretrain" if sign is None else "cluster",
            "losses": {},
            "scores": {},
            "measures": {} if sign is None else {AGREEMENT: sign},
        }
        for epoch, sign in enumerate(signs)
    ]
    if back is not None:
        lines[-1]["measures"][BACK] = back
    return lines


def kinds(lines: list[dict[str, Any]]) -> dict[str, int]:
    return {note.kind: note.epoch for note in notes(lines, n=100, k=3)}


def said(lines: list[dict[str, Any]]) -> str:
    return next(note.sentence for note in notes(lines, n=100, k=3) if note.kind == "returned")


def test_the_best_epoch_is_that_of_the_highest_agreement() -> None:
    assert best_epoch(course(None, None, 0.2, 0.5, 0.4)) == (3, 0.5, False)
    assert best_epoch(course(None, 0.2, 0.5, 0.3, 0.5, back=2)) == (2, 0.5, True)
    assert best_epoch(course(None, None)) is None
    assert best_epoch([]) is None


def test_a_return_is_found_at_the_epoch_it_went_back_to() -> None:
    lines = course(None, 0.2, 0.5, 0.3, 0.25, 0.5, back=2)
    assert kinds(lines)["returned"] == 2
    assert said(lines) == (
        "Clustering got worse after epoch 2 (agreement of neighbors 0.500; 0.250 in epoch 4), so the last epoch has "
        "the state of epoch 2 again"
    )


def test_a_return_to_the_start_says_that_nothing_was_better() -> None:
    lines = course(None, 0.5, 0.502, 0.499, 0.5, back=1)
    assert best_epoch(lines) == (1, 0.5, True)
    assert said(lines).startswith("No epoch of clustering was clearly better than its start, epoch 1")


def test_a_run_that_kept_improving_or_is_not_watched_has_no_such_finding() -> None:
    assert "returned" not in kinds(course(None, 0.2, 0.3, 0.4))
    assert "returned" not in kinds(course(None, None))
