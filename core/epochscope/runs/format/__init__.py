"""What a run folder is, and how it is read. Imports neither torch nor methods."""
