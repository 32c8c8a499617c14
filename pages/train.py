"""Train: choose data and method, press Play, watch."""

from core.ui.train import train_page

train_page()
