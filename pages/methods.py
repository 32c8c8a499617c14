"""Methods: the card of each method."""

from core.ui.methods import methods_page

methods_page()
