"""Lab: how sharp? Soft k-means and alpha."""

from epochscope.labs.alpha.page import alpha_page

alpha_page()
