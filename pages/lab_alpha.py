"""Lab: how sharp? Soft k-means and alpha."""

from core.ui.labs.alpha import alpha_page

alpha_page()
