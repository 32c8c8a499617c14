"""Where the files lie that ship with epochscope: runs, results, the app's script and pages, the browser's half.

Installed, all of them lie inside the package. In a checkout the app's script, its pages and its settings lie at the
top level.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("epochscope")))
_CHECKOUT = _PACKAGE.parents[1]


def resource(name: str) -> Path:
    """The file or folder that ships under this name, such as "bundled/runs.zip", "app/app.py" or "stage".

    It is not looked whether it is there. In the folder "app" lie `app.py`, `pages` and `.streamlit`, and nothing of the
    package beside them: Streamlit puts the folder of its script in front of `sys.path`.
    """
    top, _, rest = name.partition("/")
    if top == "app" and not (_PACKAGE / top).exists():
        return _CHECKOUT / rest
    return _PACKAGE / name
