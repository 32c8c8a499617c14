"""epochscope: watch deep clustering happen, epoch by epoch."""

import os

__version__ = "0.1.0"

# Before torch is imported: idle OpenMP threads must sleep. Spinning ones slow a training run up to 30-fold as soon as a
# browser or a projection wants the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
