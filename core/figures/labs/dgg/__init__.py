"""Pictures of the lab on DGG, a module for each of its steps."""
