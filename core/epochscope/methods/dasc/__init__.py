"""Deep adversarial subspace clustering (Zhou et al. 2018): parameters and method."""

from epochscope.methods.dasc.method import METHOD

__all__ = ["METHOD"]
