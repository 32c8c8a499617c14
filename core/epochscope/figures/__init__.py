"""FIGURES: all figures by key. A figure is offered for every run that provides what it needs."""

from epochscope.figures import cluster_bars, curves, grids, heat_map, pictures
from epochscope.figures.base import Figure, Scene, chosen, shown_by
from epochscope.figures.compare import COMPARE
from epochscope.figures.embedding import EMBEDDING
from epochscope.figures.force import FORCE
from epochscope.figures.row_entropy import ENTROPY

__all__ = ["COMPARE", "EMBEDDING", "FIGURES", "Figure", "Scene", "chosen", "shown_by"]

FIGURES: dict[str, Figure] = {
    made.key: made
    for made in (
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
        curves.SCORES,
        curves.LOSSES,
        curves.GRAPH,
        curves.MEASURES,
        curves.CHANGED,
        cluster_bars.SIZES,
        cluster_bars.MIXING,
        ENTROPY,
        FORCE,
        COMPARE,
        EMBEDDING,
    )
}
