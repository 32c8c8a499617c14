"""Lab: is JS smallest where two Gaussians are aligned with the axes?"""

from epochscope.labs.js.page import orientation_page

orientation_page()
