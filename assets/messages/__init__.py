"""The messages of the pages and their translations: `python -m assets.messages` after a sentence has changed.

It collects all messages, keeps the translations of those that there were, and writes `<language>/<catalog>.po` here,
which is edited by hand, and the compiled catalogs into the package, which ships them. What is new has no translation
yet: `python -m assets.messages --missing` lists it.
"""
