"""Inspect: why a run looks as it does, and which samples did it."""

from epochscope.ui.inspect.page import inspect_page

inspect_page()
