"""Export of runs as tables, pages, animations and vectors, and exchange of run folders as zip files."""
