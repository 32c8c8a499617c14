"""Results of whole runs: medians by hand, the last line of a settings holds, a preset that has changed is named."""

import dataclasses

import numpy as np
import pytest
from epochscope.formulas.dispersion import MedianRange, median_range
from epochscope.methods import METHODS
from epochscope.methods.base import Size
from epochscope.runs.library.results import Result, append, packed, read, rewrite, summaries, unpacked

NOW = METHODS["kmeans"].start("quick demo").flat()


def made(seed: int, acc: float | None = 0.5, **more) -> Result:
    values = {"dataset": "digits", "data": {"scaling": "divide by 16"}, "method": "kmeans", "preset": "quick demo"}
    state = "done" if acc is not None else "failed"
    return Result(**{**values, "params": NOW, "k": 10, "seed": seed, "state": state, "acc": acc, **more})


def test_what_is_appended_is_read(tmp_path):
    path = tmp_path / "new" / "results.jsonl"
    assert read(path) == []
    first = made(0, start={"acc": 0.4}, epochs=3, seconds=1.5, device="cpu", threads=2, version="0.1.0")
    for result in (first, made(1)):
        append(result, path)
    assert read(path) == [first, made(1)]


def test_the_last_line_of_the_same_settings_holds(tmp_path):
    path = tmp_path / "results.jsonl"
    for result in (made(0, None, message="no memory"), made(1), made(0, 0.6)):
        append(result, path)
    assert [(r.seed, r.acc) for r in read(path)] == [(1, 0.5), (0, 0.6)]


def test_a_line_cut_off_and_fields_of_a_later_version_do_no_harm(tmp_path):
    path = tmp_path / "results.jsonl"
    append(made(0), path)
    whole = path.read_text()
    path.write_text(
        whole.replace('"seed": 0', '"seed": 1, "energy": 3') + whole[: len(whole) // 2] + '\n[1]\n{"k": 3}\n'
    )
    assert read(path) == [made(1)]


def test_rewriting_keeps_what_it_is_given(tmp_path):
    path = tmp_path / "results.jsonl"
    append(made(0), path)
    rewrite([made(3)], path)
    assert read(path) == [made(3)]


def test_a_summary_holds_the_seeds_of_one_setting():
    results = [made(0, 0.2), made(1, 0.9), made(2, 0.4), made(3, None), made(0, 0.1, method="dec")]
    found = summaries(results)
    assert len(found) == 2
    assert median_range(found[0].of("acc")) == MedianRange(0.4, 0.2, 0.9)
    assert [r.seed for r in found[0].failed] == [3]


def test_data_of_other_settings_are_other_data():
    assert len(summaries([made(0), made(0, data={"scaling": "none"}), made(0, k=20)])) == 2  # k is no data: the last


def test_values_other_than_the_preset_s_are_named_and_give_way_to_those_of_today():
    old = made(0, 0.9, params={**NOW, "restarts": 99})
    assert summaries([old])[0].changed == ["restarts"]
    for results in ([old, made(0)], [made(0), old]):
        (found,) = summaries(results)
        assert found.changed == []
        assert found.one == made(0)


def test_a_method_that_is_no_longer_there_is_no_error():
    gone = made(0, method="gone")
    assert summaries([gone])[0].changed == list(NOW)


def test_a_result_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        made(0).acc = 1.0


def test_another_system_is_apart_and_has_no_preset_of_ours_to_differ_from():
    found = summaries([made(0), made(0, system="clustpy", preset="its defaults", params={"epochs": 3})])
    assert [(one.one.system, one.changed) for one in found] == [("epochscope", []), ("clustpy", [])]


def test_labels_are_kept_as_short_text():
    labels = np.array([-1, 0, 9, 999, 65_534, *[3] * 995])
    text = packed(labels)
    np.testing.assert_array_equal(unpacked(text), labels)
    assert len(text) < 100
    for wrong in ("", "=", "abcd", text[:-8]):
        assert len(unpacked(wrong)) == 0


def test_a_preset_that_follows_the_size_of_the_data_is_compared_at_that_size():
    params = METHODS["dec"].start("recommended", Size(1797, 64, 10)).flat()
    assert summaries([made(0, method="dec", preset="recommended", params=params, n=1797, f=64)])[0].changed == []
    assert "net.widths" in summaries([made(0, method="dec", preset="recommended", params=params)])[0].changed
