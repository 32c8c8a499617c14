"""plotly.js as our pages, files, sites and notebooks get it: its bundle of Cartesian traces.

The package plotly brings all of plotly.js, three times as much to fetch and to run. A figure with any other trace is
drawn by Streamlit, which has that. `python -m assets.plotly` renews the bundle; tests compare it with the package.
"""

from __future__ import annotations

import functools
import gzip

from epochscope.resources import resource

VERSION = "4.1.1"
BUNDLE = resource("bundled/plotly/plotly-cartesian.min.js.gz")


@functools.cache
def packed() -> bytes:
    """The script, compressed by gzip."""
    return BUNDLE.read_bytes()


def script() -> bytes:
    """The script as it is."""
    return gzip.decompress(packed())
