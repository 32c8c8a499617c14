"""Lab: is JS smallest where two Gaussians are aligned with the axes?"""

from epochscope.labs.js.page import js_page

js_page()
