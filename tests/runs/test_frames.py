"""Packing: nothing a screen could show is lost."""

import numpy as np
import pytest
from epochscope.runs.training.packing import HEAT_MAP_ROWS, Packer, quantized
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

PLANE = arrays(np.float32, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(-1e6, 1e6, width=32))


@given(PLANE)
def test_coordinates_come_back_within_half_a_step(xy):
    packed = quantized(xy)
    back = packed.values / 32767 * packed.scale + packed.center
    assert np.abs(back - xy).max() <= packed.scale / 32767 * 0.51 + 1e-6 * np.abs(xy).max()
    assert np.abs(packed.values.astype(int)).max() <= 32767


def test_centers_share_the_grid_of_the_points():
    packed = quantized(np.zeros((3, 2), np.float32), np.array([[10.0, 0.0]], np.float32))
    assert len(packed.values) == 4
    assert packed.values[3, 0] / 32767 * packed.scale + packed.center[0] == pytest.approx(10, abs=1e-3)


def test_channels_of_one_epoch():
    q = np.array([[0.25, 0.75], [1.0, 0.0]], np.float32)
    packed, held = Packer()(0, {"labels": np.array([1, 0]), "q": q})
    assert packed == {"labels": b"\x01\x00", "confidence": bytes([191, 255]), "q": bytes([64, 191, 255, 0])}
    assert held == {}


def test_heat_maps_take_the_first_rows_only():
    q = np.full((HEAT_MAP_ROWS + 5, 2), 0.5, np.float32)
    assert len(Packer()(0, {"q": q, "p": q})[0]["p"]) == 2 * HEAT_MAP_ROWS
