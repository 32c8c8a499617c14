"""Published accuracies, each with how well it is known and what sets it apart from a run here.

The protocols are mixed: other subsets, features of networks trained with labels, best runs beside means. So these
numbers are read beside our own, never on one axis with them. All values are ACC in percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Cell(NamedTuple):
    """One published number."""

    printed: str  # in percent, with the deviation where one is printed
    evidence: str  # key of EVIDENCE
    note: str = ""  # a remark on this number
    by_labels: bool = False  # whether its source says that labels had a part in the choice of the run or of settings


class Row(NamedTuple):
    """One method of a table. Columns for which nothing was published are left out of `cells`."""

    title: str
    cells: dict[str, Cell]
    key: str = ""  # of METHODS, where it is one of ours


class Table(NamedTuple):
    """One published table."""

    title: str
    about: str
    columns: dict[str, str]  # data set -> what sets this column apart from a run here
    rows: tuple[Row, ...]


class Published(NamedTuple):
    """One published number with its context, to be shown outside its table."""

    data: str
    method: str
    acc: str
    evidence: str  # in words
    differs: str
    table: str


EVIDENCE: dict[str, tuple[str, str]] = {
    "second": ("second paper", "The same number stands in the text of a second paper."),
    "value": ("value only", "The number stands in a second paper, the deviation in this table alone."),
    "code": ("repository", "The number stands in the repository whose runs gave it."),
    "lists": (
        "second source",
        "The number stands in a public list of results, a repository, or a second paper's table.",
    ),
    "memory": ("unchecked", "As we remember the original paper; no second text was at hand to check it."),
    "alone": ("this table only", "No second source was found."),
    "conflict": ("sources disagree", "Two sources print different numbers; the note says which."),
    "restored": ("digits restored", "Print damaged in the copy we had: read from what is left of the digits."),
}
"""How well a number is supported: a short label for the table, a sentence for the legend."""

_MNIST = "all 70,000 pictures (here 10,000)"
_REUTERS = "RCV1 with 2,000 tf-idf features; 10,000 documents, but not the same ones in every paper"
_HAR = "called HHAR there; 561 features of phone sensors, 10,299 rows, cut to 10,200 by VaDE and DGG"
_RESNET = "features of a ResNet-50 trained on ImageNet with labels"

DGG_TABLE = Table(
    "DGG paper, Table 1",
    "Yang, Cheung, Li, Fang. ICCV 2019. Rows above DGG are quoted there from other papers.",
    {
        "MNIST": _MNIST,
        "STL-10": f"13,000 pictures as {_RESNET}",
        "Reuters-10k": _REUTERS,
        "UCI HAR": _HAR,
    },
    (
        Row(
            "AE + GMM",
            {
                "MNIST": Cell("82.18", "second"),
                "STL-10": Cell("79.83", "second"),
                "Reuters-10k": Cell(
                    "70.98", "conflict", "LTVAE's paper prints 68.68; 70.98 most likely belongs to all of Reuters"
                ),
                "UCI HAR": Cell("77.67", "conflict", "LTVAE's paper prints 78.90"),
            },
            "ae_gmm",
        ),
        Row(
            "DEC",
            {
                "MNIST": Cell("84.3", "second"),
                "STL-10": Cell("80.64", "conflict", "LTVAE's paper prints 80.62; DEC's own paper took HOG features"),
                "Reuters-10k": Cell("74.32", "second", "a rerun by VaDE's authors; DEC's own paper has 72.17"),
                "UCI HAR": Cell("79.86", "second"),
            },
            "dec",
        ),
        Row(
            "IMSAT (VAT)",
            {
                "MNIST": Cell("98.4 ± 0.4", "value", "no autoencoder; assumes classes of equal size"),
                "STL-10": Cell("94.1 ± 0.4", "memory"),
                "Reuters-10k": Cell("71.0 ± 4.9", "memory"),
            },
            "imsat",
        ),
        Row(
            "VaDE",
            {
                "MNIST": Cell("94.46", "code", "best run, from weights the authors released", by_labels=True),
                "STL-10": Cell("84.45", "memory"),
                "Reuters-10k": Cell("79.83", "memory", "the authors' repository claims 81.66 for its best run"),
                "UCI HAR": Cell("84.46", "memory", "the authors' repository claims 85.38 for its best run"),
            },
            "vade",
        ),
        Row(
            "SpectralNet",
            {
                "MNIST": Cell("97.1 ± 0.1", "value"),
                "Reuters-10k": Cell("80.3 ± 0.6", "memory", "this row: ALL 685,071 documents"),
            },
            "spectralnet",
        ),
        Row(
            "LTVAE",
            {
                "MNIST": Cell("86.30", "conflict", "the version of its paper at hand prints 86.32"),
                "STL-10": Cell("90.00", "second"),
                "Reuters-10k": Cell("80.96", "second"),
                "UCI HAR": Cell("85.00", "second"),
            },
            "ltvae",
        ),
        Row(
            "DGG",
            {
                "MNIST": Cell("97.58 ± 0.1", "restored", "starts from VaDE's released weights"),
                "STL-10": Cell("90.59 ± 0.2", "restored"),
                "Reuters-10k": Cell("82.3 ± 1.2", "restored", "starts from VaDE's released weights"),
                "UCI HAR": Cell("89.04 ± 0.?", "restored", "starts from VaDE's released weights; deviation unreadable"),
            },
            "dgg",
        ),
    ),
)

DCAN_TABLE = Table(
    "DCAN paper, Table 2",
    "Lim. arXiv 2412.08933, 2024. Not in the table although published before: IMSAT-VAT, VaDE and DGG, all of them "
    "above DCAN on MNIST.",
    {
        "MNIST": _MNIST,
        "Reuters-10k": _REUTERS,
        "CIFAR-10": "features of a network trained on ImageNet with labels: ResNet-50 in IMSAT and KINGDRA, probably "
        "ResNet-18 in DCAN",
    },
    (
        Row(
            "ABC",
            {
                "MNIST": Cell("76.0", "memory", "Song et al. 2013"),
                "Reuters-10k": Cell("70.19", "alone", "probably a rerun by DCAN's author"),
                "CIFAR-10": Cell("43.5", "alone", "probably a rerun by DCAN's author"),
            },
            "abc",
        ),
        Row(
            "DEC",
            {
                "MNIST": Cell("84.3", "lists"),
                "Reuters-10k": Cell("72.17", "lists", "a second source has it as 72"),
                "CIFAR-10": Cell("46.9", "memory", "a rerun by IMSAT's authors"),
            },
            "dec",
        ),
        Row(
            "DC-GMM",
            {"MNIST": Cell("85.55", "alone"), "Reuters-10k": Cell("69.06", "alone", "Tian et al. 2017")},
            "dcgmm",
        ),
        Row(
            "AAE",
            {
                "MNIST": Cell("83.48", "memory", "from VaDE's table: clusters of the codes, found afterwards"),
                "Reuters-10k": Cell("69.82", "memory", "from VaDE's table: clusters of the codes, found afterwards"),
            },
            "aae",
        ),
        Row(
            "IMSAT (RPT)",
            {
                "MNIST": Cell("89.6", "memory", "IMSAT's weaker variant; its VAT variant has 98.4"),
                "Reuters-10k": Cell("71.9", "memory"),
                "CIFAR-10": Cell("45.5", "memory"),
            },
            "imsat",
        ),
        Row(
            "KINGDRA",
            {
                "MNIST": Cell("98.5", "lists", "an ensemble of ten networks"),
                "Reuters-10k": Cell("70.5", "memory", "an ensemble of ten networks"),
                "CIFAR-10": Cell("54.6", "lists", "an ensemble of ten networks"),
            },
            "kingdra",
        ),
        Row(
            "DCAN",
            {
                "MNIST": Cell("85.65", "alone"),
                "Reuters-10k": Cell("78.67", "alone"),
                "CIFAR-10": Cell("58.44", "alone"),
            },
            "dcan",
        ),
    ),
)

OWN_PAPERS = Table(
    "The methods' own papers and code",
    "What authors report of their own method, where the two tables do not have it, and a careful rerun of DEC.",
    {"MNIST": _MNIST, "Reuters-10k": _REUTERS, "USPS": "9,298 pictures", "UCI HAR": _HAR},
    (
        Row(
            "AE + k-means",
            {"MNIST": Cell("87.9", "code", "XifengGuo/DEC-keras, mean of 10 runs")},
            "ae_kmeans",
        ),
        Row(
            "DEC",
            {
                "MNIST": Cell("91.2", "code", "XifengGuo/DEC-keras, tuned after the paper; mean of 10 runs"),
                "Reuters-10k": Cell(
                    "64.4 ± 4.6", "lists", "a rerun: mean of 16 runs, the best 73.7 (Mr-SGXXX/Clustering)"
                ),
            },
            "dec",
        ),
        Row(
            "IDEC",
            {
                "MNIST": Cell("88.1", "lists"),
                "USPS": Cell("76.1", "memory"),
                "Reuters-10k": Cell("75.6", "memory"),
            },
            "idec",
        ),
        Row("DCN", {"MNIST": Cell("83", "memory", "raw pixels; mean of 10 runs")}, "dcn"),
        Row(
            "DKM, annealed",
            {"MNIST": Cell("82.3 ± 3.2", "memory", "no pretraining; λ tuned on a part with labels", by_labels=True)},
            "dkm",
        ),
        Row(
            "DKM, pretrained",
            {"MNIST": Cell("84.0 ± 2.2", "memory", "λ tuned on a part with labels", by_labels=True)},
            "dkm",
        ),
        Row(
            "VaDE",
            {
                "Reuters-10k": Cell("81.66", "code", "best run", by_labels=True),
                "UCI HAR": Cell(
                    "85.38", "code", "best run; it starts over where ACC is low after the first epoch", by_labels=True
                ),
            },
            "vade",
        ),
        Row(
            "N2D",
            {"MNIST": Cell("97.9", "memory", "one run"), "USPS": Cell("95.8", "memory", "one run")},
            "n2d",
        ),
        Row("k-means", {"MNIST": Cell("53", "code", "raw pixels; XifengGuo/DEC-keras")}, "kmeans"),
    ),
)

COURSE_REPORT = Table(
    "Z. Chen, course report CIS 5525 (2020)",
    "Where soft k-means and Free W come from: not a paper, one run each.",
    {"MNIST": "10,000 raw pictures"},
    (
        Row("Soft k-means", {"MNIST": Cell("below 30", "alone", "α = 10; read off a curve")}, "soft_kmeans"),
        Row("Free W", {"MNIST": Cell("15", "alone", "all points in one cluster")}, "free_w"),
    ),
)

TABLES = (DGG_TABLE, DCAN_TABLE, OWN_PAPERS, COURSE_REPORT)
"""The published tables, in the order in which they are shown."""


def published(*, method: str | None = None, data: str | None = None) -> Iterator[Published]:
    """All published numbers, or those of one of our methods (by key) or of one data set (by title)."""
    for table in TABLES:
        for row in table.rows:
            if method is not None and row.key != method:
                continue
            for name, cell in row.cells.items():
                if data is None or name == data:
                    marked = "chosen on these labels" * cell.by_labels
                    differs = "; ".join(part for part in (table.columns[name], cell.note, marked) if part)
                    yield Published(name, row.title, cell.printed, EVIDENCE[cell.evidence][0], differs, table.title)


def data_sets() -> list[str]:
    """Titles of the data sets of all tables, in order of appearance."""
    return list(dict.fromkeys(name for table in TABLES for name in table.columns))
