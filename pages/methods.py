"""Methods: the card of each method."""

from epochscope.ui.methods.page import methods_page

methods_page()
