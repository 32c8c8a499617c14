"""Runs that leave this machine: what a notebook and a file show, packed so that no server is needed.

`board` and `modules` are what both share; `blocks` packs a run, `file` makes one HTML file of runs, `site` a folder.
"""
