"""The steps of the derivation, each a small lab of its own."""
