"""Guided tours through the app: each step opens a page with a run and an epoch, and frames what to look at."""

from epochscope.tours.base import Step, Story
from epochscope.tours.collapse import COLLAPSE
from epochscope.tours.dec import DEC
from epochscope.tours.detach import DETACH
from epochscope.tours.nan import NAN
from epochscope.tours.neighbors import NEIGHBORS
from epochscope.tours.what_if import WHAT_IF

__all__ = ["STORIES", "Step", "Story"]

STORIES: dict[str, Story] = {story.key: story for story in (DEC, DETACH, NAN, NEIGHBORS, COLLAPSE, WHAT_IF)}
"""All tours, in the order of the page. The runs of a new tour go to recipes.py; then run `python -m assets.tours`."""
