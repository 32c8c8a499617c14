"""Guided tours: short stories told with the app itself, each step a page with a run, an epoch and what to look at."""

from epochscope.tours.base import Step, Story
from epochscope.tours.collapse import COLLAPSE
from epochscope.tours.dec import DEC
from epochscope.tours.detach import DETACH
from epochscope.tours.nan import NAN
from epochscope.tours.neighbors import NEIGHBORS

__all__ = ["STORIES", "Step", "Story"]

STORIES: dict[str, Story] = {story.key: story for story in (DEC, DETACH, NAN, NEIGHBORS, COLLAPSE)}
"""In the order of the page. Whoever adds one adds its runs to recipes.py and calls `python -m assets.tours`."""
