"""What the documents point at is there: files, folders and headings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
PROGRAM = re.compile(r"-m (benchmarks\.\w+|assets\.\w+|tests(?:\.\w+)+)")


def anchors(document: Path) -> set[str]:
    """The addresses of the headings of a document, made as hosts of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_link_and_program_that_a_document_names_is_there(document):
    text = document.read_text()
    for link in LINK.findall(text):
        if re.match(r"\w+://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
    for program in PROGRAM.findall(text):
        module = ROOT.joinpath(*program.split("."))
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), program


def test_the_readme_leads_to_every_page_of_the_documents():
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in ROOT.glob("docs/*.md") if f"](docs/{page.name})" not in readme] == []
