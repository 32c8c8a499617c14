"""`import epochscope` is quick, and loads nothing that is not needed."""

import ast
import subprocess
import sys
from pathlib import Path

import epochscope
import pytest

HEAVY = ("torch", "numpy", "pandas", "sklearn", "scipy", "streamlit", "plotly")
PROGRAM = f"""
import sys, time
began = time.process_time()
import epochscope
seconds = time.process_time() - began
loaded = [name for name in {HEAVY} if name in sys.modules]
epochscope.train, epochscope.TrainingError, epochscope.EpochscopeError, dir(epochscope)
print(seconds, loaded, "torch" in sys.modules)
"""


def test_it_takes_milliseconds_and_loads_no_torch():
    seconds = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=240, check=True)
        took, rest = done.stdout.split(" ", 1)
        seconds.append(float(took))
        assert rest.strip() == "[] False"
    assert min(seconds) < 0.3


def test_type_checkers_are_told_the_same_names():
    stub = Path(epochscope.__file__).with_suffix(".pyi")
    told = {
        name.asname: (node.module, name.name)
        for node in ast.parse(stub.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert told == {name: (module, name) for name, module in epochscope._MODULES.items()}
    for name in told:
        assert getattr(epochscope, name).__name__ == name
    assert told.keys() <= set(dir(epochscope))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = epochscope.trian
