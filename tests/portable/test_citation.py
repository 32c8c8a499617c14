"""A citation is read back as it was written, or refused in one sentence; replayed, it says what is the same."""

import base64
import hashlib
import json
import zlib

import epochscope
import msgspec
import pytest
from epochscope.cli import main
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec, runs_folder
from epochscope.runs.library.citation import Change, Cited, citation, cited_run, line_of, read
from epochscope.runs.library.replay import replay
from epochscope.runs.training.control import Control
from epochscope.runs.training.machine import differences
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

from tests.support.hostile import hostile_run
from tests.support.training import Scripted

SMALL = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 3, "cluster.tol": 0.0}


def trained(control=None, **more) -> Run:
    writer = RunWriter(RunSpec("blobs", "dec", 3, 0, data={"n": 120}, params={**SMALL, **more}), PROGRAM)
    train(writer, control or Control())
    return Run(writer.id)


@pytest.fixture(scope="module")
def run(_folder) -> Run:
    return trained()


def digest_of_all(run: Run) -> str:
    return hashlib.sha256("\n".join(line["digest"] for line in run.epochs()).encode()).hexdigest()[:32]


def replayed(cited: Cited):
    told = []
    outcome = replay(cited, PROGRAM, tell=told.append, control=Control())
    return outcome, [one.same for one in told]


def test_a_citation_is_read_from_any_text_that_holds_it(run):
    text = citation(run)
    for part in (run.title, f"epochscope {epochscope.__version__}", "nu = 1", "data.n = 120", digest_of_all(run)):
        assert part in text
    assert f"{len(run.epochs())} epochs, ACC" in text
    cited = read(text)
    assert cited == cited_run(run)
    assert cited.settings == run.spec
    assert [line["digest"][:8] for line in run.epochs()] == cited.digests
    line = line_of(cited)
    wrapped = "\n  ".join(line[i : i + 60] for i in range(0, len(line), 60))
    assert read(f"As in our paper ({wrapped}).") == cited
    assert len(line) < 1500


def test_a_run_comes_out_the_same_and_is_kept(run):
    outcome, same = replayed(read(citation(run)))
    count = len(run.epochs())
    assert (outcome.same, outcome.epochs, same) == (True, count, [True] * count)
    assert outcome.sentence == f"All {count} epochs are the same, to the last bit."
    assert [line["digest"] for line in Run(outcome.run).epochs()] == [line["digest"] for line in run.epochs()]


def test_a_run_that_was_stopped_and_changed_comes_out_the_same():
    changed = trained(Scripted(last=4, changes={1: {"cluster.lr": 0.002}}), **{"cluster.epochs": 9})
    cited = cited_run(changed)
    assert cited.changes
    outcome, same = replayed(cited)
    assert outcome.same
    assert len(same) == len(changed.epochs()) < 10
    without = msgspec.structs.replace(cited, changes=[])
    assert not replayed(without)[0].same


def test_a_tampered_citation_is_found_at_its_first_epoch_that_differs(run):
    cited = read(citation(run))
    digests = cited.digests
    outcome, same = replayed(msgspec.structs.replace(cited, epochs="".join([*digests[:2], "00000000", *digests[3:]])))
    assert same == [True, True, False]
    assert not outcome.same
    assert "Epoch 2 (cluster) is the first that differs" in outcome.sentence
    outcome, same = replayed(msgspec.structs.replace(cited, spec={**cited.spec, "seed": 1}, made_with={"torch": "1.0"}))
    assert same[-1] is False
    assert "torch 1.0 then" in outcome.sentence
    outcome, same = replayed(msgspec.structs.replace(cited, whole="0" * 32))
    assert all(same)
    assert (outcome.same, "digest of all is not" in outcome.sentence) == (False, True)
    outcome, same = replayed(msgspec.structs.replace(cited, epochs=cited.epochs + "00000000"))
    assert (outcome.same, all(same)) == (False, True)
    assert f"ended after {len(digests)} of {len(digests) + 1} epochs" in outcome.sentence


def packed(content: bytes) -> str:
    payload = base64.urlsafe_b64encode(zlib.compress(content)).decode()
    return f"epochscope-citation:1:{payload}:{hashlib.sha256(payload.encode()).hexdigest()[:8]}"


def changed(line: str, **fields) -> str:
    payload = line.split(":")[2]
    content = json.loads(zlib.decompress(base64.urlsafe_b64decode(payload)))
    return packed(json.dumps({**content, **fields}).encode())


def test_whatever_is_no_citation_is_refused_in_one_sentence(run):
    line = line_of(cited_run(run))
    head, payload, check = line.rsplit(":", 2)
    wrong = {
        "": "no citation here",
        "DEC on digits": "no citation here",
        f"{line} {line}": "There are 2 citations",
        line.replace("citation:1:", "citation:2:"): "format 2 of another epochscope",
        line[:-30]: "cut off or changed",
        f"{head}:A{payload[1:]}:{check}": "cut off or changed",
        packed(b"x" * 3_000_000): "too long",
        packed(b"[1, 2"): "cannot be read",
        packed(b"[" * 100_000): "cannot be read",
        packed(b"{}"): "cannot be read",
        "epochscope-citation:1:QUJD:" + hashlib.sha256(b"QUJD").hexdigest()[:8]: "cannot be read",
        changed(line, epochs=""): "names no epoch",
        changed(line, epochs="12"): "cannot be read",
        changed(line, whole="z"): "cannot be read",
        changed(line, changes=[{"epoch": -1, "name": "a", "value": 1}]): "cannot be read",
    }
    for text, words in wrong.items():
        with pytest.raises(EpochscopeError, match=words) as raised:
            read(text)
        assert "\n" not in str(raised.value)
        assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"seed": -1}, "seed must be"),
        ({"method": "nothing"}, "which this epochscope does not have"),
        ({"dataset": "nothing"}, "which this epochscope does not have"),
        ({"params": {"cluster.epochs": -3}}, "cannot be replayed"),
        ({"params": {"nothing": 3}}, "cannot be replayed"),
        ({"schema": 99}, "newer epochscope"),
        ({"more": 1}, "other settings than runs have"),
    ],
)
def test_settings_that_cannot_be_trained_are_refused_in_one_sentence(run, spec, words):
    cited = cited_run(run)
    before = len(list(runs_folder().iterdir()))
    with pytest.raises(EpochscopeError, match=words):
        replayed(msgspec.structs.replace(cited, spec={**cited.spec, **spec}))
    assert len(list(runs_folder().iterdir())) == before


def test_a_run_of_another_program_is_cited_but_not_replayed():
    with pytest.raises(EpochscopeError, match="only that program can train it again"):
        replayed(read(citation(hostile_run())))


def test_the_commands(run, tmp_path, capsys):
    assert main(["cite", run.id]) == 0
    text = capsys.readouterr().out
    (tmp_path / "citation.txt").write_text(text)
    before = len(list(runs_folder().iterdir()))
    assert main(["replay", str(tmp_path / "citation.txt"), "--discard", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "run": "",
        "epochs": len(run.epochs()),
        "same": True,
        "sentence": f"All {len(run.epochs())} epochs are the same, to the last bit.",
    }
    assert len(list(runs_folder().iterdir())) == before
    cited = msgspec.structs.replace(cited_run(run), spec={**run.spec.as_dict(), "seed": 3})
    assert main(["replay", line_of(cited), "--discard"]) == 1
    assert "DIFFERENT" in capsys.readouterr().out
    assert main(["replay", "neither file nor run"]) == 2
    assert "no citation, no file and no run" in capsys.readouterr().err


def test_only_what_both_tell_is_named_as_a_difference():
    assert differences({"torch": "1", "cpu": "A"}, {"torch": "2", "cpu": "A", "python": "3"}) == ["torch 1 then, 2 now"]
    assert differences({}, {"torch": "2"}) == []
    assert Change(0, "lr", 0.5).value == 0.5
