"""Lab: is JS smallest where two Gaussians are aligned with the axes?"""

from core.ui.labs.orientation import orientation_page

orientation_page()
