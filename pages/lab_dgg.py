"""Lab: does DGG's derivation hold, step by step?"""

from epochscope.labs.dgg.page import dgg_page

dgg_page()
