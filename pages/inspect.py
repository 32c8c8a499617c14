"""Inspect: why a run looks as it does, and which samples did it."""

from core.ui.inspect import inspect_page

inspect_page()
