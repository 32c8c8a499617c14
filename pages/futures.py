"""Futures: many seeds of one method, trained as one computation and watched side by side."""

from epochscope.ui.futures.page import futures_page

futures_page()
