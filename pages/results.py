"""Results: what methods reach here, and what was published."""

from epochscope.ui.results.page import results_page

results_page()
