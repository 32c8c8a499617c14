"""Small runs to pack."""

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter

from tests.support.hostile import hostile_run
from tests.support.quick_values import quick_values


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="module")
def run(_folder) -> Run:
    """A run with a graph and Q."""
    writer = RunWriter(RunSpec("blobs", "dgg", 3, 0, data={"n": 120}, params=quick_values("dgg")), PROGRAM)
    train(writer, Control())
    return Run(writer.id)


@pytest.fixture(scope="module")
def hostile(_folder) -> Run:
    """A run in which every text that somebody may choose is an attack."""
    return hostile_run()
