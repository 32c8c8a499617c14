"""The classifier imitates labels; with a double softmax it does so worse."""

from __future__ import annotations

import torch
from epochscope.nets.classifier import ClassifierParams, classifier
from epochscope.nets.device import generator
from epochscope.types import Progress


def taught(z: torch.Tensor, labels: torch.Tensor, hp: ClassifierParams) -> tuple[list[Progress], torch.nn.Module]:
    run, ticks = classifier(z, labels, 4, hp, generator(0)), []
    while True:
        try:
            ticks.append(next(run))
        except StopIteration as end:
            return ticks, end.value


def test_it_learns_the_labels_and_a_double_softmax_is_less_sure() -> None:
    rng = generator(1)
    labels = torch.arange(200) % 4
    centers = torch.tensor([[3.0, 0], [0, 3], [-3, 0], [0, -3]])
    z = centers[labels] + 0.5 * torch.randn(200, 2, generator=rng)
    hp = ClassifierParams(optimizer="sgd", lr=0.02, batch=64, epochs=30)
    ticks, f2 = taught(z, labels, hp)
    assert ticks == [Progress(epoch, 30, "classifier on the k-means labels") for epoch in range(1, 31)]
    sure = f2(z).softmax(dim=1)
    assert (sure.argmax(dim=1) == labels).double().mean() > 0.98
    unsure = taught(z, labels, hp.but({"double_softmax": True}))[1](z).softmax(dim=1)
    assert unsure.max(dim=1).values.mean() < sure.max(dim=1).values.mean()


def test_a_hidden_layer_can_be_had() -> None:
    z, labels = torch.randn(20, 3, generator=generator(0)), torch.arange(20) % 4
    assert [w.shape for w in taught(z, labels, ClassifierParams(epochs=1))[1].parameters()] == [(4, 3), (4,)]
    hidden = taught(z, labels, ClassifierParams(epochs=1, hidden=10))[1]
    assert [tuple(w.shape) for w in hidden.parameters()] == [(10, 3), (10,), (4, 10), (4,)]
