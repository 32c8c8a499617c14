"""All figures. A new one is listed here and appears wherever a run provides what it needs."""

from core.figures.base import Figure, Scene
from core.figures.cluster_sizes import CLUSTER_SIZES
from core.figures.curves import CHANGED, LOSSES, SCORES
from core.figures.embedding import EMBEDDING
from core.figures.heat_map import P_MINUS_Q, P, Q

__all__ = ["FIGURES", "Figure", "Scene"]

FIGURES: dict[str, Figure] = {
    made.key: made for made in (EMBEDDING, Q, P, P_MINUS_Q, SCORES, LOSSES, CLUSTER_SIZES, CHANGED)
}
