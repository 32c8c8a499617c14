"""The program in the README runs as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest
from epochscope.testing.trial import digits

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_program_of_the_readme_runs(tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## From Python, without a page") :]
    (program,) = re.findall(r"```python\n(.*?)```", section[: section.index("\n## ", 1)], re.DOTALL)
    (estimator,) = re.findall(r"^`(epochscope\..*fit_predict\(x\))`", section, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("epochscope.api.show._app", lambda: "http://127.0.0.1:1")
    monkeypatch.setattr("webbrowser.open", lambda address: True)
    x, y, _ = digits()
    names = {"x": x, "y": y, "new_x": x[:5]}
    exec(program, names)
    assert (tmp_path / "run.safetensors").exists()
    np.testing.assert_array_equal(names["run"].predict(x), names["run"].labels)
    assert eval(estimator, names).shape == (200,)
