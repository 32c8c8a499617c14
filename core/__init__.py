"""epochscope: watch deep clustering happen, epoch by epoch."""

__version__ = "0.1.0"
