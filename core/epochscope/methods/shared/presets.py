"""Parameter values that the presets of several methods share, and where they come from."""

from __future__ import annotations

from epochscope.nets.pretrain import COSINE, FIFTHS, LAYERWISE

QUICK_PRETRAINING = {"net.widths": "256-256", "pretrain.batch": 64, "pretrain.epochs": 20}
"""Values of the presets "quick demo": a small network, and many steps per epoch even on few points."""

MINUTES_PRETRAINING = {
    "net.d": 6,
    "pretrain.noise": 0.7,
    "pretrain.decay": COSINE,
    "pretrain.batch": 128,
    "pretrain.epochs": 60,
}
"""Values of the presets "minutes", for two cores. On 10,000 MNIST digits a code smaller than the papers' 10 helps most:
it leaves less room for slant and stroke width beside the class of the digit; then noise, and small steps at the end."""

MINUTES_SOURCE = (
    "Chosen here by the ACC on 10,000 MNIST digits: the papers' network with a smaller code, some minutes on two cores."
)

STACKED_PRETRAINING = {
    "net.widths": "500-500-2000",
    "net.d": 10,
    "net.center": False,
    "pretrain.schedule": LAYERWISE,
    "pretrain.optimizer": "sgd",
    "pretrain.lr": 0.1,
    "pretrain.momentum": 0.9,
    "pretrain.batch": 256,
    "pretrain.noise": 0.2,
    "pretrain.decay": FIFTHS,
    "pretrain.layer_epochs": 180,
    "pretrain.epochs": 360,
}
"""The stacked denoising autoencoder of Xie et al. 2016: 50,000 steps per layer, then 100,000 (on MNIST)."""

STACKED_SOURCE = (
    "Pretraining: Xie et al. 2016, its 50,000 steps per layer and 100,000 together given as epochs of the 70,000 "
    "digits, its division of the rate by 10 every 20,000 steps as fifths of a phase; the paper sums the loss over "
    "features where ours is a mean (DEC-keras compensates with lr 1, pt-dec stays at 0.1). "
)
