"""Data: the card of each data set."""

from epochscope.ui.data.page import data_page

data_page()
