"""What may lie over the points stands in Python, too: methods and runs are checked without a browser."""

import re
from pathlib import Path

from epochscope.resources import resource
from epochscope.types import OVERLAYS

SOURCE = Path(resource("stage")) / "data" / "overlays.js"


def test_python_and_the_stage_agree_on_what_overlays_need():
    stage = {
        name: set(re.findall(r'"(\w+)"', needs))
        for name, needs in re.findall(r"^  (\w+): \{ needs: \[(.*?)\]", SOURCE.read_text(), re.M)
    }
    assert len(stage) >= len(OVERLAYS)
    assert {name: stage.get(name) for name in OVERLAYS} == OVERLAYS
