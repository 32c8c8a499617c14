"""`python -m epochscope` is `epochscope`."""

import sys

from epochscope.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
