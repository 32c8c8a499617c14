"""Settings that are wrong in every way somebody could think of, and in some that nobody would: one sentence each.

malformed.json keeps what was wrong once, field by field; hypothesis makes more.
"""

import io
import json
import math
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from epochscope.__main__ import main
from epochscope.exports import archive
from epochscope.methods import METHODS
from epochscope.params import shown
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.request import reason_not_repeatable, resolve
from epochscope.types import EpochscopeError
from hypothesis import given, settings
from hypothesis import strategies as st

GOOD = {"dataset": "blobs", "method": "dec", "k": 3, "seed": 0, "data": {"n": 100}, "params": {}}
KEPT = json.loads((Path(__file__).parent / "malformed.json").read_text())
CASES = [(field, value) for field, values in KEPT.items() for value in values]
LONGEST = 1500  # letters: some sentences list what there is
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=200),
    st.sampled_from(["<b onclick=alert(1)>x</b>", "\u202eabc", "1e999", "NaN", "9" * 5000, "a" * 100_000, "../../x"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=20), inner, max_size=3)),
    max_leaves=8,
)


def one_sentence(error: object) -> None:
    text = str(error)
    assert text.strip()
    assert "\n" not in text
    assert len(text) < LONGEST, text[:200]
    assert "Traceback" not in text


def read(fields: dict) -> RunSpec | None:
    """A spec that holds what it says, or None after one sentence. Anything else fails the test."""
    if "unknown" in fields:
        with pytest.raises(TypeError, match="unexpected keyword"):  # the reader of run.json calls that damaged
            RunSpec(**fields)
        return None
    try:
        plain = RunSpec(**fields)
        assert RunSpec(**json.loads(json.dumps(plain.as_dict(), allow_nan=False))) == plain
        request = resolve(plain)
    except EpochscopeError as error:
        one_sentence(error)
        return None
    spec = request.spec
    for name, about in request.algorithm.params.ranges():
        value = spec.params[name]
        assert about.parse(name, value) == value
        assert not isinstance(value, float) or math.isfinite(value)
    assert request.title
    return spec


@pytest.mark.parametrize(("field", "value"), CASES, ids=lambda value: shown(value)[:40])
def test_what_was_wrong_once_is_one_sentence(field, value):
    assert read({**GOOD, field: value}) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(field=st.sampled_from([*GOOD, "preset", "external", "schema"]), value=JSON)
def test_any_value_of_any_field_is_taken_or_one_sentence(field, value):
    read({**GOOD, field: value})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(method=st.sampled_from(list(METHODS)), value=JSON, data=st.data())
def test_any_value_of_any_parameter_is_taken_or_one_sentence(method, value, data):
    name = data.draw(st.sampled_from(list(METHODS[method].params().flat())))
    read({**GOOD, "method": method, "params": {name: value}})


def written(tmp_path, monkeypatch, content: str) -> str:
    """The id of a run whose run.json says this."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path))
    folder = tmp_path / "20260101-000000-x-0000000000"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(content)
    (folder / "status.json").write_text('{"state": "done", "message": "", "epochs": 0}')
    return folder.name


FILES = [
    "",
    "null",
    "[]",
    "{",
    '{"spec": null}',
    '{"spec": []}',
    '{"spec": {}}',
    '{"spec": {"dataset": "blobs"}}',
    '{"created": 0, "spec": ' + json.dumps({**GOOD, "k": 3})[:-1] + ', "k": "again"}}',
    '{"created": 0, "spec": ' + json.dumps(GOOD).replace('"k": 3', '"k": NaN') + "}",
    '{"created": 0, "spec": ' + json.dumps(GOOD).replace('"k": 3', '"k": ' + "9" * 5000) + "}",
    "[" * 100_000,
    '{"spec": ' * 100_000,
    '{"created": "soon", "spec": {"dataset": {"x": 1}, "method": [], "k": {}, "seed": []}}',
]


@pytest.mark.parametrize("content", FILES, ids=range(len(FILES)))
def test_a_run_file_that_is_none_is_one_sentence_read_or_imported(tmp_path, monkeypatch, content):
    run_id = written(tmp_path, monkeypatch, content)
    with pytest.raises(EpochscopeError) as raised:
        Run(run_id)
    one_sentence(raised.value)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{run_id}/run.json", content)
        file.writestr(f"{run_id}/status.json", '{"state": "done", "message": ""}')
    tracemalloc.start()
    with pytest.raises(EpochscopeError) as raised:
        archive.unpack(packed.getvalue(), "runs.zip", PROGRAM)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one_sentence(raised.value)
    assert most < 100_000_000
    assert [path.name for path in tmp_path.iterdir()] == [run_id]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{shown(case[1])[:30]}")
def test_a_stored_run_with_wrong_settings_is_refused_or_says_why_it_cannot_be_repeated(tmp_path, monkeypatch, case):
    content = json.dumps({"created": 0, "spec": {**GOOD, case[0]: case[1]}})
    run_id = written(tmp_path, monkeypatch, content)
    try:
        spec = Run(run_id).spec
    except EpochscopeError as error:
        one_sentence(error)
    else:
        one_sentence(reason_not_repeatable(spec))


FLAGS = [
    ["--dataset", "nope"],
    ["--dataset", "<b>"],
    ["--dataset", "own"],
    ["--dataset", "own-../../x"],
    ["--method", "DEC"],
    ["--method", "dec", "--preset", "<i>"],
    ["--k", "-1"],
    ["--k", "1001"],
    ["--seed", "-5"],
    ["--seed", "99999999999"],
    ["--nu", "nan"],
    ["--nu", "inf"],
    ["--nu", "1e999"],
    ["--pretrain.epochs", "-1"],
    ["--pretrain.epochs", "1.5"],
    ["--pretrain.epochs", "9" * 400],
    ["--net.widths", "9999999-9999999"],
    ["--data.n", "1e300"],
    ["--data.n", ""],
    ["--cluster.optimizer", "Adam"],
]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_wrong_flag_is_one_sentence_and_exit_code_two(tmp_path, monkeypatch, capsys, flags):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")
    given_set = [] if "--dataset" in flags else ["--dataset", "blobs"]
    try:
        code = main(["run", *given_set, *flags])
    except SystemExit as end:  # argparse
        code = end.code
    assert code == 2
    said = capsys.readouterr().err.strip()
    one_sentence(said.splitlines()[-1])
    assert "Traceback" not in said
    assert not (tmp_path / "runs").exists()
