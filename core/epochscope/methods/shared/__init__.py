"""Parts that several methods share; no method of its own lives here."""
