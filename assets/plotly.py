"""Puts the bundle of plotly.js that npm has installed into the package: `python -m assets.plotly`.

Its version stands in package.json, and in `epochscope.figures.plotly_js`. zopfli, if installed, saves 20 kB.
"""

from __future__ import annotations

import functools
import gzip
import shutil
from pathlib import Path

from epochscope.figures.plotly_js import BUNDLE

INSTALLED = Path(__file__).parents[1] / "node_modules" / "plotly.js-cartesian-dist-min"


def main() -> None:
    """Writes the script, compressed, and its license."""
    script = (INSTALLED / BUNDLE.stem).read_bytes()
    try:
        from zopfli.gzip import compress  # type: ignore[import-not-found]
    except ImportError:
        compress = functools.partial(gzip.compress, mtime=0)
    BUNDLE.write_bytes(compress(script))
    shutil.copyfile(INSTALLED / "LICENSE", BUNDLE.with_name("LICENSE"))


if __name__ == "__main__":
    main()
