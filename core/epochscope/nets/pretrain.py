"""Pretraining of the autoencoder, shown epoch by epoch: end to end, or layer by layer and then end to end."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from epochscope.nets import autoencoder, steps, training
from epochscope.nets.autoencoder import Autoencoder
from epochscope.nets.pretraining_cache import cached_pretraining, digest
from epochscope.nets.steps import Loss, Trained, take_step
from epochscope.nets.training import (
    Means,
    PhaseSteps,
    StepParams,
    apply_in_batches,
    array,
    batches,
    descend,
    optimizer,
    require_finite,
    set_lr,
)
from epochscope.params import MOST_EPOCHS, param
from epochscope.types import Progress, Snapshot

END_TO_END, LAYERWISE = "end-to-end", "greedy layerwise"
CONSTANT, COSINE, TENFOLD = "constant", "cosine to 0", "divided by 10 every 20,000 steps"
FIFTHS, ONE_CYCLE = "divided by 10 at fifths of a phase", "one cycle"
_RISE, _FIRST = 0.3, 0.04  # one cycle: the part in which the rate rises, and its first share
_DROPS_OF_A_LAYER, _DROPS = (2, 4), (1, 2, 3, 4)  # fifths: every 20,000 of 50,000 steps, and of 100,000


@dataclass(frozen=True)
class PretrainParams(StepParams):
    schedule: str = param(
        END_TO_END,
        options=(END_TO_END, LAYERWISE),
        label="schedule",
        help="End-to-end trains all layers at once. Greedy layerwise trains one layer after the other and then all of "
        "them without noise, as the DEC paper did.",
    )
    epochs: int = param(
        30,
        1,
        MOST_EPOCHS,
        label="epochs",
        help="Passes over the data with all layers together (in the greedy schedule: fine-tuning).",
    )
    layer_epochs: int = param(
        10, 1, MOST_EPOCHS, label="epochs per layer", help="Passes over the data for each layer. Greedy schedule only."
    )
    decay: str = param(
        CONSTANT,
        options=(CONSTANT, COSINE, ONE_CYCLE, FIFTHS, TENFOLD),
        label="learning rate schedule",
        help="How η changes within each phase of pretraining. Small steps at the end make clusters of codes "
        "tighter. One cycle rises from a 25th to η in the first three tenths of the steps, which allows a larger η, "
        "and falls to 0. The DEC paper divides by 10 every 20,000 steps, of 50,000 for a layer and 100,000 for all "
        "together. "
        "As fifths of a phase (for a layer after 2 and 4 of them) it does so whatever the number of points; fewer than "
        "20,000 steps never come to the first division.",
    )
    noise: float = param(
        0.2,
        0.0,
        0.9,
        step=0.05,
        label="masked share",
        help="Share of the inputs set to zero while the network learns to reconstruct them; makes codes robust. "
        "Used in pretraining only.",
    )

    def plan(self, layers: int) -> dict[str, int]:
        """Epochs of each phase, for an encoder with this number of linear layers."""
        if self.schedule == END_TO_END:
            return {"pretrain": self.epochs}
        return {layer_phase(i): self.layer_epochs for i in range(layers)} | {"fine-tune": self.epochs}


def layer_phase(i: int) -> str:
    """Name of the phase that trains layer i, counted from 0."""
    return f"pretrain layer {i + 1}"


Error = Callable[[Tensor, Tensor], Tensor]
"""Reconstruction error (output, x) -> scalar, MEAN over points and features; by default the squared error."""


def pretrain(
    net: Autoencoder, x: Float[Tensor, "n f"], hp: Any, rng: torch.Generator, error: Error = mse_loss
) -> PhaseSteps:
    """Trains `net` in place as `hp.pretrain` says. Returns hp with its live changes; each phase starts with a snapshot.

    Pretraining that took long is read from the cache the second time.
    """

    def key() -> str:
        source = (
            Path(str(module.__file__)).read_bytes() for module in (sys.modules[__name__], autoencoder, steps, training)
        )
        numbers = f"{hp.pretrain} {hp.net} {error.__qualname__} {getattr(error, '__self__', '')}"
        return digest(*source, numbers, x, *net.state_dict().values(), rng.get_state())

    return (yield from cached_pretraining(_phases(net, x, hp, rng, error), net, hp, rng, key))


def _phases(net: Autoencoder, x: Float[Tensor, "n f"], hp: Any, rng: torch.Generator, error: Error) -> PhaseSteps:
    if hp.pretrain.schedule == END_TO_END:
        return (yield from end_to_end(net, x, hp, rng, error, phase="pretrain", noise=hp.pretrain.noise))
    hp = yield from layerwise(net, x, hp, rng, error)
    return (yield from end_to_end(net, x, hp, rng, error, phase="fine-tune", noise=0.0))


def end_to_end(
    net: Autoencoder, x: Float[Tensor, "n f"], hp: Any, rng: torch.Generator, error: Error, *, phase: str, noise: float
) -> PhaseSteps:
    """L = error(g(f(masked x)), x)."""

    def inputs(rows: Tensor) -> tuple[Tensor, ...]:
        batch = x[rows]
        return batch, masked(batch, noise, rng)

    part = Phase(
        phase,
        epochs=hp.pretrain.epochs,
        theta=list(net.parameters()),
        loss=partial(reconstruction, error=error),
        view=lambda: net.encode(x),
        trained=Trained(net=net),
        inputs=inputs,
    )
    return (yield from train(part, len(x), hp, rng))


def reconstruction(trained: Any, x: Float[Tensor, "b f"], seen: Float[Tensor, "b f"], *, error: Error) -> Loss:
    """The loss of a batch x of which the network sees `seen`."""
    L = error(trained.net(seen), x)
    return Loss(L, {"reconstruction": L})


def layerwise(net: Autoencoder, x: Float[Tensor, "n f"], hp: Any, rng: torch.Generator, error: Error) -> PhaseSteps:
    """Each pair of layers in turn learns to reconstruct the activations of the layers below, which stay fixed.

    As long as there is no code, the z of a snapshot is the first d principal components of the activations of the
    layers trained so far.
    """
    h = x
    for i, pair in enumerate(layer_pairs(net)):
        part = layerwise_phase(i, pair, h, hp, rng, error=error if pair.first else mse_loss)
        hp = yield from train(part, len(x), hp, rng)
        h = apply_in_batches(pair.up, h)
    return hp


def layerwise_phase(
    i: int, pair: LayerPair, h: Float[Tensor, "n w"], hp: Any, rng: torch.Generator, *, error: Error
) -> Phase:
    """L = error(down(masked up(masked h)), h); raw data and codes are not masked, as in the DEC authors' code."""
    noise = hp.pretrain.noise
    noise_h, noise_up = (0.0 if pair.first else noise), (0.0 if pair.last else noise)
    axes = None

    def loss(rows: Tensor) -> Tensor:
        batch = h[rows]
        return error(pair.down(masked(pair.up(masked(batch, noise_h, rng)), noise_up, rng)), batch)

    def view() -> Tensor:
        nonlocal axes
        above = apply_in_batches(pair.up, h)
        if above.shape[1] <= hp.net.d:
            return above
        if axes is None:
            axes = torch.randn(above.shape[1], hp.net.d, generator=rng, device=rng.device)
        z, axes = leading(above, axes)
        return z

    theta = [*pair.up.parameters(), *pair.down.parameters()]
    lr = partial(decayed, drops=_DROPS_OF_A_LAYER)
    return Phase(layer_phase(i), epochs=hp.pretrain.layer_epochs, theta=theta, loss=loss, view=view, lr=lr)


class LayerPair(NamedTuple):
    """An encoder layer and the decoder layer that mirrors it, each with its ReLU, if it has one."""

    up: nn.Module
    down: nn.Module
    first: bool  # the output of `down` is the data
    last: bool  # the output of `up` is the code


def layer_pairs(net: Autoencoder) -> list[LayerPair]:
    """The layer pairs of `net`, outermost first; they share its weights."""
    inward = [layer for layer in net.encoder if isinstance(layer, nn.Linear)]
    outward = [layer for layer in net.decoder if isinstance(layer, nn.Linear)][::-1]
    pairs = []
    for i in range(len(inward)):
        first, last = i == 0, i == len(inward) - 1
        up = inward[i] if last else nn.Sequential(inward[i], nn.ReLU())
        down = outward[i] if first else nn.Sequential(outward[i], nn.ReLU())
        pairs.append(LayerPair(up, down, first, last))
    return pairs


def decayed(hp: PretrainParams, step: int, steps: int, drops: tuple[int, ...] = _DROPS) -> float:
    """Learning rate of gradient step `step` (from 0) in a phase of `steps` steps; `drops` for FIFTHS."""
    if hp.decay == COSINE:
        return hp.lr * (1 + math.cos(math.pi * step / steps)) / 2
    if hp.decay == ONE_CYCLE:
        return hp.lr * one_cycle(step / steps)
    if hp.decay == FIFTHS:
        return hp.lr * 0.1 ** sum(5 * step >= drop * steps for drop in drops)
    if hp.decay == TENFOLD:
        return hp.lr * 0.1 ** (step // 20_000)
    return hp.lr


def one_cycle(part: float) -> float:
    """Share of the largest learning rate after this part of the steps, 0 to 1: up and down along half cosines.

    Smith, Topin. Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates. 2019.
    """
    if part < _RISE:
        return _FIRST + (1 - _FIRST) * (1 - math.cos(math.pi * part / _RISE)) / 2
    return (1 + math.cos(math.pi * (part - _RISE) / (1 - _RISE))) / 2


class Phase(NamedTuple):
    """One phase of training before clustering: what is trained, the loss, the learning rate, and what is shown."""

    phase: str
    epochs: int
    theta: list[nn.Parameter]
    loss: Callable[..., Any]  # of the points in these rows: a scalar; with `trained`, a loss as `take_step` takes it
    view: Callable[[], Tensor]  # z of all points
    term: str = "reconstruction"  # name of the loss
    pace: Callable[[Any], Any] = lambda hp: hp.pretrain  # the StepParams of the phase
    lr: Callable[[Any, int, int], float] = decayed  # (pace, step, steps) -> learning rate of this step
    weight_decay: float = 0.0
    prepare: Callable[[], Iterable[Progress]] = tuple  # work between the first snapshot and the first step
    trained: Trained | None = None  # what the loss reads, where steps of several trainings can be done together
    inputs: Callable[[Tensor], tuple[Tensor, ...]] = lambda rows: (
        rows,
    )  # of such a loss, for the points in these rows


def train(part: Phase, n: int, hp: Any, rng: torch.Generator) -> PhaseSteps:
    """Trains one phase: yields a snapshot of the start and after each pass over the n points, Progress in between."""
    means = Means()

    def snapshot(epoch: int) -> Snapshot:
        z = part.view()
        require_finite(part.phase, epoch, codes=z)
        return Snapshot(phase=part.phase, z=array(z), losses=means.take())

    hp = (yield snapshot(0)) or hp  # before the optimizer is made: torch needs seconds to import its first one
    yield from part.prepare()
    descent = optimizer(part.pace(hp), part.theta, weight_decay=part.weight_decay)
    for epoch in range(1, part.epochs + 1):
        order = list(batches(n, part.pace(hp).batch, rng))
        for done, rows in enumerate(order, start=1):
            set_lr(descent, part.lr(part.pace(hp), (epoch - 1) * len(order) + done - 1, part.epochs * len(order)))
            if part.trained is None:
                loss = part.loss(rows)
                descend(descent, loss)
                means.add(len(rows), **{part.term: loss})
            else:
                take_step(descent, part.loss, part.trained, part.inputs(rows), means)
            yield Progress(done, len(order))
        hp = (yield snapshot(epoch)) or hp
    return hp


def masked(x: Float[Tensor, "n f"], share: float, rng: torch.Generator) -> Float[Tensor, "n f"]:
    """x with each number set to zero with probability `share` and the others scaled by 1 / (1 - share) (dropout)."""
    if share == 0:
        return x
    kept = torch.empty_like(x).bernoulli_(1 - share, generator=rng)
    if x.requires_grad:
        return x * kept / (1 - share)
    return kept.mul_(x).div_(1 - share)  # the same numbers, in the memory of the mask


def leading(
    h: Float[Tensor, "n w"], axes: Float[Tensor, "w d"], *, rounds: int = 5
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "w d"]]:
    """Principal components by orthogonal iteration, started from the last epoch's axes so that frames do not flip."""
    h = h - h.mean(dim=0)
    for _ in range(rounds):
        axes, triangle = torch.linalg.qr(h.T @ (h @ axes))
        axes = axes * triangle.diagonal().sign()
    return h @ axes, axes
