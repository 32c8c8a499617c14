"""The table of epochs beside the peer's, from measurements made up; ClustPy itself is no part."""

from benchmarks.peer_epochs import AE, DEC, THEIR, ratios, table


def test_a_ratio_is_the_median_over_rounds_and_what_was_not_measured_has_none():
    seconds = {AE: [[2, 9], [3, 9], [8, 9]], THEIR + AE: [[4, 9], [4, 9], [10, 9]], DEC: [[1, 1], [1, 1], [1, 1]]}
    assert [(goal.of, goal.to, values) for goal, values in ratios(seconds)] == [(AE, THEIR + AE, [0.5, 0.75, 0.8])]
    lines = table({"seconds": seconds}).splitlines()
    assert lines[2] == "| autoencoder | 3.00 (2.00 to 8.00) | 9.00 (9.00 to 9.00) |"
    assert lines[-1] == "| autoencoder : ClustPy's autoencoder | <= 0.85 | 0.75 (0.50 to 0.80) | yes |"
