"""Files of many rows: .npy and Parquet are mapped into memory, and read the same."""

import mmap

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from epochscope.data.own import process, read
from epochscope.data.own.raw import MOST_ROWS, MOST_VALUES, within_limits
from epochscope.types import EpochscopeError

ROWS = 200_001
X = np.arange(2 * ROWS, dtype=np.float32).reshape(ROWS, 2) % 1009


def npy(path, values=X):
    np.save(path, values)


def parquet(path, values=X):
    pyarrow.parquet.write_table(
        pa.table({"a": values[:, 0], "b": values[:, 1]}), path, use_dictionary=False, compression="NONE"
    )


@pytest.mark.parametrize("write", [npy, parquet])
def test_a_large_file_is_mapped_and_has_the_same_numbers(write, tmp_path):
    path = tmp_path / ("x.npy" if write is npy else "x.parquet")
    write(path)
    assert isinstance(read.mapped_file(path), mmap.mmap)
    raw, whole = process.read(path), read.read(path.read_bytes(), path.name)
    assert raw.rows == ROWS
    assert [values.tolist() for values in raw.columns.values()] == [X[:, 0].tolist(), X[:, 1].tolist()]
    assert list(raw.columns) == list(whole.columns)


def test_other_files_and_small_ones_are_read_as_before(tmp_path):
    table, small = tmp_path / "x.csv", tmp_path / "x.npy"
    table.write_text("a,b\n" + "1,2\n" * 300_000)
    np.save(small, X[:10])
    assert read.mapped_file(table) is None
    assert read.mapped_file(small) is None
    assert process.read(small).rows == 10
    with pytest.raises(EpochscopeError, match="cannot be read"):
        process.read(tmp_path)  # a folder
    with pytest.raises(EpochscopeError, match="cannot be read"):
        process.read(tmp_path / "not there")


@pytest.mark.parametrize("cut", [-1, 7])
def test_a_damaged_large_file_is_one_sentence(cut, tmp_path):
    path = tmp_path / "x.npy"
    npy(path)
    content = path.read_bytes()
    path.write_bytes(content[:cut] if cut < 0 else content + bytes(cut))
    with pytest.raises(EpochscopeError, match="is damaged: its header announces"):
        process.read(path)


def test_a_table_may_be_long_or_wide_but_not_both():
    within_limits(MOST_ROWS, 3, "a table")
    within_limits(1_000_000, 32, "a table")
    within_limits(70_000, 784, "a table")
    for rows, columns in ((MOST_ROWS + 1, 1), (1_000_000, MOST_VALUES // 1_000_000 + 1)):
        with pytest.raises(EpochscopeError, match="use a part of it"):
            within_limits(rows, columns, "a table")
