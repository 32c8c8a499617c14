"""METHODS: all methods by key, in the order in which they build on each other."""

from epochscope.methods import (
    aae,
    ae_gmm,
    ae_kmeans,
    dasc,
    dcan,
    dec,
    dgg,
    dkm,
    free_w,
    gmm,
    idec,
    kmeans,
    soft_kmeans,
    vade,
)
from epochscope.methods.base import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        kmeans.METHOD,
        gmm.METHOD,
        soft_kmeans.METHOD,
        free_w.METHOD,
        ae_kmeans.METHOD,
        ae_gmm.METHOD,
        dkm.METHOD,
        dec.METHOD,
        idec.METHOD,
        vade.METHOD,
        dgg.METHOD,
        aae.METHOD,
        dasc.METHOD,
        dcan.METHOD,
    )
}
