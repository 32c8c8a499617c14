"""The words of the pages have a meaning, said in a sentence or two."""

from epochscope import glossary
from epochscope.figures import EMBEDDING, FIGURES
from epochscope.resources import resource


def test_every_figure_is_explained_and_nothing_else() -> None:
    assert set(glossary.FIGURES) == {EMBEDDING.key, *FIGURES, "compare"}


def test_every_tile_of_the_stage_is_explained() -> None:
    source = (resource("stage") / "panels" / "tiles.js").read_text("utf-8")
    made = [
        line.split("makeTile(")[1]
        for line in source.splitlines()
        if line.strip().endswith("),") and ": makeTile(" in line
    ]
    assert {line.split('"')[1] for line in made} == set(glossary.TILES)


def test_each_is_one_to_three_whole_sentences() -> None:
    for texts in (glossary.TERMS, glossary.TILES, glossary.FIGURES):
        for word, text in texts.items():
            assert text.endswith("."), word
            assert text[0].isupper() or text[0] in "qν", word
            assert 20 < len(text) < 260, (word, len(text))


def test_every_word_that_pages_explain_is_one_of_the_glossary_and_names_its_term() -> None:
    assert set(glossary.WORDS.values()) == set(glossary.TERMS)
    for word in ("Q", "P", "target", "embedding", "code", "ACC", "NMI", "perplexity", "pull", "ν", "k"):
        assert word in glossary.WORDS
