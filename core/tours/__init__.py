"""Guided tours: short stories told with the app itself, each step a page with a run, an epoch and what to look at."""

from core.tours.base import Step, Story
from core.tours.stories import STORIES

__all__ = ["STORIES", "Step", "Story"]
