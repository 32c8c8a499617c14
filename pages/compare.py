"""Compare: two to four runs side by side under one cursor."""

from epochscope.ui.compare.page import compare_page

compare_page()
