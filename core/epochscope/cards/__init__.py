"""CARDS: the card of each method, by key. What code can tell of a method (parameters, source) is not written here."""

from epochscope.cards import (
    aae,
    abc_,
    ae_gmm,
    ae_kmeans,
    dasc,
    dcan,
    dcc,
    dcgmm,
    dcn,
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
    ltvae,
    n2d,
    one_step_vae,
    soft_kmeans,
    spectral,
    spectralnet,
    vade,
    vae,
    vaed,
)
from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Step, Symbol

__all__ = ["CARDS", "Card", "Formula", "Implementation", "Pitfall", "Source", "Step", "Symbol"]

CARDS: dict[str, Card] = {
    card.key: card
    for card in (
        kmeans.CARD,
        ae_kmeans.CARD,
        dec.CARD,
        idec.CARD,
        soft_kmeans.CARD,
        free_w.CARD,
        gmm.CARD,
        spectral.CARD,
        ae_gmm.CARD,
        n2d.CARD,
        abc_.CARD,
        dcn.CARD,
        dkm.CARD,
        vae.CARD,
        one_step_vae.CARD,
        vade.CARD,
        dgg.CARD,
        vaed.CARD,
        dcan.CARD,
        aae.CARD,
        dasc.CARD,
        imsat.CARD,
        spectralnet.CARD,
        dcc.CARD,
        gan.CARD,
        dcgmm.CARD,
        kingdra.CARD,
        ltvae.CARD,
    )
}
