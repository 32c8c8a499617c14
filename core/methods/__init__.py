"""METHODS: every algorithm the program offers, by key, in the order in which they build on each other."""

from core.methods import ae_kmeans, dcan, dec, idec, kmeans
from core.methods.base import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        kmeans.METHOD,
        ae_kmeans.METHOD,
        dec.METHOD,
        idec.METHOD,
        dcan.METHOD,
    )
}
