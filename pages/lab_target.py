"""Lab: what do squaring and dividing by f do? From Q to P."""

from epochscope.labs.target.page import target_page

target_page()
