"""Train: choose data and method, press Play, watch."""

from epochscope.ui.train.page import train_page

train_page()
