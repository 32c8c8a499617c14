"""METHODS: all methods by key, in the order in which they build on each other, then those of plugins."""

from epochscope.methods import (
    aae,
    ae_gmm,
    ae_kmeans,
    dasc,
    dcan,
    dcc,
    dcgmm,
    dec,
    dgg,
    dkm,
    free_w,
    gan,
    gmm,
    idec,
    imsat,
    kingdra,
    kmeans,
    soft_kmeans,
    spectralnet,
    vade,
)
from epochscope.methods.base import Method, method_fault
from epochscope.plugins import Registry

METHODS: Registry[Method] = Registry(
    "epochscope.methods",
    "method",
    (
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
        imsat.METHOD,
        spectralnet.METHOD,
        dcc.METHOD,
        gan.METHOD,
        dcgmm.METHOD,
        kingdra.METHOD,
    ),
    method_fault,
)
