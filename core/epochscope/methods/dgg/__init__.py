"""Deep clustering by a Gaussian mixture VAE with graph embedding (Yang et al. 2019): parameters and method."""

from epochscope.methods.dgg.method import METHOD

__all__ = ["METHOD"]
