"""METHODS: every algorithm the program offers, by key."""

from core.methods import ae_kmeans, dec, idec, kmeans
from core.methods.base import Method

METHODS: dict[str, Method] = {
    "kmeans": kmeans.METHOD,
    "ae_kmeans": ae_kmeans.METHOD,
    "dec": dec.METHOD,
    "idec": idec.METHOD,
}
