"""Lab: what do squaring and dividing by f do? From Q to P."""

from core.ui.labs.target import target_page

target_page()
