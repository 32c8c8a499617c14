"""Spectral clustering by a network (Shaham et al. 2018): parameters and method."""

from epochscope.methods.spectralnet.method import METHOD

__all__ = ["METHOD"]
