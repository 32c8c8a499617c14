"""Lab: who pulls whom? The gradient of DEC."""

from core.ui.labs.pull import pull_page

pull_page()
