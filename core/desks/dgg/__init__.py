"""Desks of the lab on DGG: one for each of its steps."""
