"""Colors of groups are told apart by all kinds of color vision, and texts in them can be read."""

import numpy as np
import pytest
from epochscope.figures.theme import PALETTE, READABLE, contrast, ink

# Machado, Oliveira & Fernandes 2009, severity 1: what a person sees of linear light.
SEEN = {
    "trichromacy": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
LEAST = 0.11
"""Distance in OKLab that small dots need to be told apart, five times the 0.02 of large fields side by side."""


def linear(colors) -> np.ndarray:
    parts = np.array([[int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)] for color in colors])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def oklab(light: np.ndarray) -> np.ndarray:
    """Ottosson 2020."""
    cones = light @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.cbrt(cones.clip(0)) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )


def closest(colors, seen: np.ndarray) -> tuple[float, str, str]:
    """The two colors that look most alike, and how far apart they are."""
    places = oklab((linear(colors) @ seen.T).clip(0, 1))
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1) + 9 * np.eye(len(colors))
    i, j = np.unravel_index(apart.argmin(), apart.shape)
    return float(apart[i, j]), colors[i], colors[j]


def test_the_distance_is_that_of_oklab():
    assert oklab(linear(["#ffffff"]))[0] == pytest.approx([1, 0, 0], abs=1e-3)
    assert oklab(linear(["#ff0000"]))[0] == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)


@pytest.mark.parametrize("vision", SEEN)
def test_the_palette_is_told_apart(vision):
    apart, one, other = closest(PALETTE, SEEN[vision])
    assert apart >= LEAST, (one, other)


@pytest.mark.parametrize("tone", PALETTE)
def test_dots_stand_out_from_both_pages_and_texts_in_their_colors_can_be_read(tone):
    assert contrast(tone, "#ffffff") >= 1.5
    assert contrast(tone, "#171614") >= 3
    assert contrast(ink(tone, "light"), "#ffffff") >= READABLE
    assert contrast(ink(tone, "dark"), "#171614") >= READABLE


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
