"""Runs: everything that was trained here or on the command line, newest first."""

from epochscope.ui.runs.page import runs_page

runs_page()
