"""Runs: everything that was trained here or on the command line, newest first."""

from core.ui.runs import runs_page

runs_page()
