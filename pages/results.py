"""Results: what methods reach here, and what was published."""

from core.ui.results import results_page

results_page()
