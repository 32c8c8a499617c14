"""CARDS: the card of each method, by key. What code can tell of a method (parameters, source) is not written here."""

from epochscope.cards import (
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
    ltvae,
    soft_kmeans,
    spectralnet,
    vade,
)
from epochscope.cards.base import Card, Formula, Implementation, Pitfall, Source, Symbol

__all__ = ["CARDS", "Card", "Formula", "Implementation", "Pitfall", "Source", "Symbol"]

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
        ae_gmm.CARD,
        dkm.CARD,
        vade.CARD,
        dgg.CARD,
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
