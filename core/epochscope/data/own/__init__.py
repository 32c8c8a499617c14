"""Data that a user brings: files read into columns, columns chosen, and what was chosen kept as a data set."""
