"""Tours: short stories told with the app itself."""

from epochscope.ui.tours.page import tours_page

tours_page()
