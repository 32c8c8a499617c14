"""A run in which every text that somebody may choose is an attack on the page that shows it."""

import numpy as np
from epochscope import Recorder
from epochscope.rights import PROGRAM
from epochscope.runs.format import metadata
from epochscope.runs.format.run import Run

EVIL = "</script><!--<script>window.stolen=1</script><img src=x onerror=window.stolen=1>${window.stolen=1}"


def hostile_run() -> Run:
    """Records it, and gives it a name, a tag and notes."""
    rng = np.random.default_rng(0)
    truth = np.repeat([EVIL, "b<i>"], 30)
    with Recorder(EVIL, x=rng.random((60, 4)), truth=truth, k=2, epochs=3) as log:
        for epoch in range(3):
            z = rng.normal(size=(60, 2)) + (truth == "b<i>")[:, None] * epoch
            log.log(z=z, labels=(z[:, 0] > 0).astype(int), losses={EVIL: 1 / (1 + epoch)}, phase=EVIL[:20])
    made = Run(log.run)
    metadata.write(made.folder, metadata.Metadata(name=EVIL, tags=(EVIL[:30],), notes=EVIL), PROGRAM)
    return made
