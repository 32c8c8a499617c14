"""METHODS: every algorithm the program offers, by key, in the order in which they build on each other."""

from core.methods import ae_gmm, ae_kmeans, dcan, dec, dgg, gmm, idec, kmeans, vade
from core.methods.base import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        kmeans.METHOD,
        gmm.METHOD,
        ae_kmeans.METHOD,
        ae_gmm.METHOD,
        dec.METHOD,
        idec.METHOD,
        vade.METHOD,
        dgg.METHOD,
        dcan.METHOD,
    )
}
