"""METHODS: every algorithm the program offers, by key, in the order in which they build on each other."""

from core.methods import ae_kmeans, dec, dkm, free_w, idec, kmeans, soft_kmeans
from core.methods.base import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        kmeans.METHOD,
        soft_kmeans.METHOD,
        free_w.METHOD,
        ae_kmeans.METHOD,
        dkm.METHOD,
        dec.METHOD,
        idec.METHOD,
    )
}
