"""Tours: short stories told with the app itself."""

from core.ui.tours import tours_page

tours_page()
