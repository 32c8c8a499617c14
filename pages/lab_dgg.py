"""Lab: does DGG's derivation hold, step by step?"""

from core.ui.labs.dgg.page import dgg_page

dgg_page()
