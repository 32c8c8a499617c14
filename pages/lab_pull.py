"""Lab: who pulls whom? The gradient of DEC."""

from epochscope.labs.pull.page import pull_page

pull_page()
