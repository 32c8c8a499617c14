"""Class: students predict what a training will do, own a seed of it, and see what happened."""

from epochscope.ui.classroom.page import classroom_page

classroom_page()
