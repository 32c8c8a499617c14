"""FIGURES: all figures by key, then those of plugins. A figure is offered for every run that provides what it needs."""

from epochscope.figures import cluster_bars, curves, grids, heat_map, pictures
from epochscope.figures.base import Figure, Scene, chosen, figure_fault, shown_by
from epochscope.figures.compare import COMPARE
from epochscope.figures.embedding import EMBEDDING
from epochscope.figures.force import FORCE
from epochscope.figures.information import INFORMATION, PLANE
from epochscope.figures.row_entropy import ENTROPY, ENTROPY_P
from epochscope.plugins import Registry

__all__ = ["COMPARE", "EMBEDDING", "FIGURES", "Figure", "Scene", "chosen", "shown_by"]

FIGURES: Registry[Figure] = Registry(
    "epochscope.figures",
    "figure",
    (
        heat_map.Q,
        heat_map.P,
        heat_map.P_MINUS_Q,
        heat_map.PI,
        heat_map.PI_MINUS_Q,
        grids.FIELD,
        grids.AFFINITY,
        pictures.CENTERS,
        pictures.SAMPLES,
        pictures.RECONSTRUCTIONS,
        pictures.CROSS,
        pictures.PERTURBED,
        curves.SCORES,
        curves.LOSSES,
        curves.SPECTRAL,
        curves.GRAPH,
        curves.MEASURES,
        curves.CHANGED,
        cluster_bars.SIZES,
        cluster_bars.MIXING,
        ENTROPY,
        ENTROPY_P,
        INFORMATION,
        PLANE,
        FORCE,
        COMPARE,
        EMBEDDING,
    ),
    figure_fault,
)
