"""What data of one's own may take of the disk."""

import numpy as np
import pytest
from epochscope import limits
from epochscope.data.own import user_datasets
from epochscope.data.own.choose import Points
from epochscope.rights import PROGRAM, Kind, Visitor
from epochscope.types import EpochscopeError

ANNA, BEN = (Visitor(Kind.BROWSER, letter * 64) for letter in "ab")


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))


def keep(seed: int, visitor: Visitor) -> str:
    """A set of 400 kB."""
    x = np.random.default_rng(seed).normal(size=(1000, 100)).astype(np.float32)
    return user_datasets.keep(Points(x, None, (), (), None, (), 0), visitor, title="t", file="a.csv", label="").id


def test_data_of_one_person_and_of_all(monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DISK_EACH", "0.001")
    monkeypatch.setenv("EPOCHSCOPE_DISK", "0.0015")
    first = keep(0, ANNA)
    keep(1, ANNA)
    assert keep(0, ANNA) == first  # again what is there takes no room
    with pytest.raises(EpochscopeError, match=r"Your data take 1.2 MB, and 1.0 MB is the most for one person here"):
        keep(2, ANNA)
    keep(3, BEN)
    with pytest.raises(EpochscopeError, match=r"The data of all together take 1.6 MB, and 1.5 MB is the most"):
        keep(4, BEN)
    keep(5, PROGRAM)
    user_datasets.remove(first, ANNA)
    assert user_datasets.data_bytes(ANNA.mark) < 500_000
    assert user_datasets.data_bytes(None) > user_datasets.data_bytes(ANNA.mark) + user_datasets.data_bytes(BEN.mark)


def test_no_data_are_added_to_a_disk_that_those_who_train_need(monkeypatch):
    monkeypatch.setattr(limits, "free_disk", lambda at: 1_000_100_000)
    with pytest.raises(EpochscopeError, match=r"Only 1.00 GB of the disk .* are free, and 1 GB are kept"):
        keep(0, PROGRAM)
    assert not list(user_datasets.stored_datasets())
