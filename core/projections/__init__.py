"""PROJECTIONS: the explicit list of ways to draw codes in the plane."""

from core.projections.base import DrawParams, Frame, Projection
from core.projections.pca import PCA
from core.projections.raw import RAW
from core.projections.tsne import TSNE
from core.projections.umap_ import UMAP

PROJECTIONS: dict[str, Projection] = {projection.key: projection for projection in (PCA, TSNE, UMAP, RAW)}

__all__ = ["PROJECTIONS", "DrawParams", "Frame", "Projection"]
