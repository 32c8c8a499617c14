"""PROJECTIONS: all ways to draw codes in the plane, by key."""

from epochscope.projections.base import DrawParams, Frame, Projection
from epochscope.projections.learned import LEARNED
from epochscope.projections.pca import PCA
from epochscope.projections.raw import RAW
from epochscope.projections.tsne import TSNE
from epochscope.projections.umap_ import UMAP

PROJECTIONS: dict[str, Projection] = {projection.key: projection for projection in (PCA, TSNE, UMAP, LEARNED, RAW)}

__all__ = ["PROJECTIONS", "DrawParams", "Frame", "Projection"]
