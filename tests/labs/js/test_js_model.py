"""The lab on JS between two Gaussians: the document's sentence holds in one case of three."""

import pytest
import torch
from epochscope.labs.js import model as lab


def judged(name: str, distance: float = 3.0, degrees: float = 20.0) -> list[bool]:
    pair = lab.pair(*lab.PRESETS[name], distance, degrees)
    return [claim.holds for claim in lab.claims(pair, lab.divergences(pair), lab.around(pair))]


@pytest.mark.parametrize(
    ("name", "axis", "both"),
    [
        ("both wide along the first axis", True, False),
        ("wide along different axes", False, False),
        ("both round", True, True),
    ],
)
@pytest.mark.parametrize("distance", [1.5, 3.0])
def test_when_the_document_s_sentence_holds(name, axis, both, distance):
    assert judged(name, distance) == [True, True, True, axis, both]


def test_the_curve_is_what_single_pairs_say():
    preset = lab.PRESETS["wide along different axes"]
    curve = lab.around(lab.pair(*preset, 3.0, 10.0))
    assert curve.degrees[0] == 0
    assert curve.degrees[-1] == 180
    for place in (0, 7, 13, 20, 30, len(curve.js) - 1):
        one = lab.divergences(lab.pair(*preset, 3.0, float(curve.degrees[place])))
        assert float(curve.js[place]) == pytest.approx(one.js, abs=1e-6)
        assert one.js_error < 1e-6


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_bound_is_half_a_kl_where_the_posterior_is_one_of_the_two(share):
    known = lab.divergences(lab.pair((4, 1), (0.5, 2), 2.0, 70.0, share))
    assert known.bound >= known.js
    if share in (0.0, 1.0):
        assert known.bound == pytest.approx((known.kl_ij if share else known.kl_ji) / 2)


def test_extremes_of_the_sliders_are_computed_exactly_enough():
    for variances in ((0.25, 9.0), (9.0, 0.25)):
        pair = lab.pair((9.0, 0.25), variances, 4.0, 37.0)
        assert lab.divergences(pair).js_error < 1e-3
        held = [claim.holds for claim in lab.claims(pair, lab.divergences(pair), lab.around(pair))]
        assert held[:3] == [True, True, True]
        assert torch.isfinite(lab.around(pair).js).all()
