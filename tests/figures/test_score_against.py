"""A score against a setting, or against the seed."""

from epochscope.figures.score_against import MOST_BANDS, Dot, by_seed, scatter


def dot(value, *each):
    ordered = sorted(each)
    return Dot(value, "", ordered[len(ordered) // 2], ordered[0], ordered[-1], f"value {value}", each)


def test_seeds_stand_beside_each_other_with_their_range():
    figure = by_seed([dot(1.0, 0.5, 0.7, 0.6)], [(0, 40, 7)], "ACC")
    (runs,) = figure.data
    assert (list(runs.x), list(runs.y)) == ([0, 40, 7], [0.5, 0.7, 0.6])
    assert figure.layout.xaxis.type == "linear"
    band, middle = figure.layout.shapes
    assert (band.y0, band.y1) == (0.5, 0.7)
    assert middle.y0 == middle.y1 == 0.6


def test_bands_do_not_cover_each_other():
    many = [dot(float(i), 0.5, 0.6) for i in range(MOST_BANDS + 1)]
    figure = by_seed(many, [(0, 1)] * len(many), "ACC")
    assert len(figure.data) == len(many)
    assert not figure.layout.shapes


def test_a_setting_shows_each_of_its_seeds():
    figure = scatter([dot(1.0, 0.5, 0.7, 0.6), dot(2.0, 0.4)], "nu", "ACC", best=None)
    seeds, settings = figure.data
    assert list(seeds.y) == [0.5, 0.7, 0.6]
    assert list(seeds.x) == [1.0] * 3
    assert list(settings.x) == [1.0, 2.0]
    assert list(settings.error_y.array) == [0.7 - 0.6, 0.0]
