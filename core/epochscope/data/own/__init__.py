"""Data sets that users add: a file is read into columns, columns are chosen, and the result is stored."""
