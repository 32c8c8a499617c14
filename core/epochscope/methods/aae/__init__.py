"""Clustering by an adversarial autoencoder (Makhzani et al. 2015): parameters and method."""

from epochscope.methods.aae.method import METHOD

__all__ = ["METHOD"]
