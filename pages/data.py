"""Data: the card of each data set."""

from core.ui.data import data_page

data_page()
