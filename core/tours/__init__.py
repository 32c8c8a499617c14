"""Guided tours: short stories told with the app itself, each step a page with a run, an epoch and what to look at."""

from core.tours.base import Step, Story
from core.tours.collapse import COLLAPSE
from core.tours.dec import DEC
from core.tours.detach import DETACH
from core.tours.nan import NAN
from core.tours.neighbors import NEIGHBORS

__all__ = ["STORIES", "Step", "Story"]

STORIES: dict[str, Story] = {story.key: story for story in (DEC, DETACH, NAN, NEIGHBORS, COLLAPSE)}
"""In the order of the page. Whoever adds one adds its runs to recipes.py and calls `python -m assets.tours`."""
