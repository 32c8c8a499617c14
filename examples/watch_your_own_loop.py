"""A plain torch model on scikit-learn's digits; the three lines marked with # <- make epochscope show it.

Start the app (make app), run  .venv/bin/python -m examples.watch_your_own_loop  and open the Runs page.
"""

import torch
from epochscope import Recorder  # <-
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from torch import nn


def train(pretraining: int = 20, epochs: int = 60, k: int = 10) -> Recorder:
    """First an autoencoder alone, then its codes are drawn toward k centers: q_ij = softmax_j(-||z_i - mu_j||^2)."""
    torch.manual_seed(0)
    digits = load_digits()
    x = torch.tensor(digits.data, dtype=torch.float32) / 16
    encoder = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
    decoder = nn.Sequential(nn.Linear(10, 256), nn.ReLU(), nn.Linear(256, 64))
    mu = nn.Parameter(torch.zeros(k, 10))
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters(), mu], lr=1e-3)

    with Recorder("soft assignments", x=x.view(-1, 8, 8), truth=digits.target, epochs=epochs) as rec:  # <-
        for epoch in range(epochs):
            clustering = epoch >= pretraining
            if epoch == pretraining:
                found = KMeans(k, n_init=10, random_state=0).fit(encoder(x).detach().numpy())
                mu.data = torch.tensor(found.cluster_centers_)
            for rows in torch.randperm(len(x)).split(64):
                z = encoder(x[rows])
                loss = ((decoder(z) - x[rows]) ** 2).sum(1).mean()
                if clustering:
                    d2 = torch.cdist(z, mu) ** 2
                    loss = loss + 0.1 * ((-d2).softmax(1) * d2).sum(1).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            z = encoder(x)
            soft = {"q": (-(torch.cdist(z, mu) ** 2)).softmax(1), "centers": mu} if clustering else {}
            rec.log(z=z, losses=loss, phase="cluster" if clustering else "pretrain", **soft)  # <-
    return rec


if __name__ == "__main__":
    train()
