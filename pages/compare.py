"""Compare: two to four runs side by side under one cursor."""

from core.ui.compare import compare_page

compare_page()
