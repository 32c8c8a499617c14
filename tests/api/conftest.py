"""A folder for runs of their own, and small settings for every method."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _runs(tmp_path_factory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHSCOPE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield
