"""What may be done with futures as with runs: continued to the same bits, named, deleted and brought back, exported."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest
from epochscope.cli import main
from epochscope.futures.store import Futures, every, throw_away
from epochscope.futures.training import futures_writer, train
from epochscope.futures.writer import FuturesResumed
from epochscope.language import speaking
from epochscope.portable.futures_file import futures_file
from epochscope.rights import PROGRAM, UNKNOWN, Kind, Visitor
from epochscope.runs.format import metadata
from epochscope.runs.format.metadata import Metadata
from epochscope.runs.library import trash
from epochscope.runs.training.control import Control
from epochscope.types import EpochscopeError

ONE, OTHER = (Visitor(Kind.BROWSER, letter * 64) for letter in "ab")


@pytest.fixture
def stopped(small_spec):
    """Futures of one, stopped when the last member came to its third epoch."""
    control, seen = Control(), Counter()

    def observe(member, _snapshot):
        seen[member] += 1
        if len(seen) == 3 and min(seen.values()) == 3:
            control.stop()

    writer = futures_writer(small_spec(), range(3), None, ONE)
    train(writer, control, observe=observe)
    futures = Futures(writer.id)
    assert futures.status["state"] == "stopped"
    assert 2 <= len(futures.epochs()) < 5
    return futures


def content(futures):
    return [
        (one.phase, one.members.tolist(), {name: values.tolist() for name, values in one.scores.items()})
        for one in futures.epochs()
    ], [(futures.arrays(one.number).places, futures.arrays(one.number).labels) for one in futures.epochs()]


def test_continued_futures_have_the_bits_of_those_without_a_break(stopped, small_spec):
    whole = futures_writer(small_spec(), range(3), None, ONE)
    train(whole, Control())
    with (stopped.folder / "epochs.jsonl").open("ab") as file:
        file.write(b'{"epoch": 9, "cut o')  # as a kill leaves it
    kept = (stopped.folder / "epochs" / "000001.safetensors").stat().st_mtime_ns
    train(FuturesResumed(stopped.id, ONE), Control())
    lines, arrays = content(stopped)
    wanted, wanted_arrays = content(Futures(whole.id))
    np.testing.assert_equal(lines, wanted)
    np.testing.assert_equal(arrays, wanted_arrays)
    assert stopped.status["state"] == "done"
    assert (stopped.folder / "epochs" / "000001.safetensors").stat().st_mtime_ns == kept
    with pytest.raises(EpochscopeError, match="come to their end"):
        FuturesResumed(stopped.id, ONE)


def test_what_cannot_be_computed_again_stays_as_it_was(stopped):
    other = stopped.folder / "epochs" / "000000.safetensors"
    before = (stopped.folder / "epochs" / "000001.safetensors").read_bytes()
    (stopped.folder / "epochs" / "000001.safetensors").write_bytes(other.read_bytes())
    count = len(stopped.epochs())
    train(FuturesResumed(stopped.id, ONE), Control())
    status = stopped.status
    assert (status["state"], status["epochs"], len(stopped.epochs())) == ("stopped", count, count)
    assert "Epoch 1 computed now differs" in status["message"]
    assert before != other.read_bytes()


def test_only_who_may_continues_names_deletes_and_brings_them_back(stopped):
    for visitor in (OTHER, UNKNOWN):
        with pytest.raises(EpochscopeError):
            FuturesResumed(stopped.id, visitor)
        with pytest.raises(EpochscopeError):
            metadata.write(stopped.folder, Metadata(name="mine"), visitor)
    metadata.write(stopped.folder, Metadata(name="First try", notes="Three seeds."), ONE)
    assert stopped.name == "First try"
    throw_away(stopped.id, ONE)
    assert every() == []
    assert trash.thrown_away(ONE) == [stopped.id]
    assert trash.restore([stopped.id], OTHER) == []
    assert trash.restore([stopped.id], ONE) == [stopped.id]
    assert Futures(stopped.id).epochs()


def test_a_file_asks_nobody_and_the_command_line_writes_it(stopped, tmp_path, capsys):
    with speaking("de"):
        german = futures_file(stopped).decode()
        assert "3 Seeds</title>" in german
        assert '<script type="text/plain" id="language"' in german
    metadata.write(stopped.folder, Metadata(name="<b>First</b>"), ONE)
    made = futures_file(stopped).decode()
    assert "connect-src" not in made
    assert "default-src 'none'" in made
    assert re.search(r'<main id="runs" data-entry="hosts/futures_file.js">', made)
    assert "&lt;b&gt;First&lt;/b&gt;" in made
    assert "<b>First" not in made
    assert {"page", "epochs0", "modules", "plotly"} <= set(re.findall(r'id="(\w+)" data-padding', made))

    def said(*line):
        code = main(list(line))
        return code, capsys.readouterr().out

    assert any(one["futures"] == stopped.id for one in json.loads(said("list", "--json")[1])["futures"])
    code, out = said("resume", stopped.id, "--json")
    assert (code, json.loads(out)["state"]) == (0, "done")
    target = tmp_path / "futures.html"
    assert said("export", stopped.id, "--to", str(target))[0] == 0
    assert target.read_bytes() == futures_file(stopped)
    assert said("export", stopped.id, "--to", str(tmp_path / "futures.zip"))[0] == 2
    assert said("delete", stopped.id)[0] == 0
    assert trash.thrown_away(PROGRAM) == [stopped.id]


def test_who_would_fail_again_is_not_continued(small_spec):
    values = {"pretrain.optimizer": "sgd", "pretrain.lr": 10.0}
    writer = futures_writer(small_spec(values=values), range(2), None, ONE)
    train(writer, Control())
    assert Futures(writer.id).status["state"] == "failed"
    with pytest.raises(EpochscopeError, match=r"would fail again in the same way \(NaN or infinity"):
        FuturesResumed(writer.id, ONE)
