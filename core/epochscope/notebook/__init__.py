"""The stage in a notebook, without a server: Jupyter, VS Code, marimo.

    import epochscope.notebook

    epochscope.notebook.show(run_folder)          # now, in the output of this cell
    widget = epochscope.notebook.widget(run_folder, panels=["q", "losses"])

It needs `pip install "epochscope[notebook]"`. While the run trains, in this kernel or elsewhere, its epochs arrive.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    from epochscope.notebook.run_widget import RunWidget

__all__ = ["show", "shown", "widget"]


def show(folder: Path | str, panels: Sequence[str] | None = None) -> None:
    """Shows a run in the output of the cell that runs. `panels`: see `widget`.

    Raises EpochscopeError if this is no notebook, anywidget is missing, or there is no such run or figure.
    """
    shown(folder, panels)  # not returned: as the last line of a cell it would be shown twice


def shown(folder: Path | str | None, panels: Sequence[str] | None = None) -> RunWidget:
    """As `show`; the widget, to `watch` a run that has not begun."""
    put = _output()
    made = widget(folder, panels)
    put(made)
    return made


def widget(folder: Path | str | None, panels: Sequence[str] | None = None) -> RunWidget:
    """The widget of a run, for layouts of your own. Its `close()` ends it.

    `folder`: a run folder; None for a run that has not begun: `watch(folder)` names it later. `panels`: keys of the
    figures beside the embedding (a wrong one is answered with all of them), by default those that suit the run.
    Raises EpochscopeError if anywidget is missing, or there is no such run or figure.
    """
    try:
        import anywidget  # noqa: F401
    except ImportError:
        raise EpochscopeError(
            'The notebook widget needs anywidget: pip install "epochscope[notebook]", then restart the kernel.'
        ) from None
    from epochscope.notebook.run_widget import RunWidget

    return RunWidget(None if folder is None else Path(folder), panels)


def _output() -> Callable[[RunWidget], object]:
    """What puts a widget into the output of the cell that runs. Raises EpochscopeError if there is none."""
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return lambda made: marimo.output.append(marimo.ui.anywidget(made))
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        raise EpochscopeError(
            "Runs are shown in a notebook (Jupyter, VS Code, marimo), and this is none; "
            "the command `epochscope` opens the app instead."
        )
    from IPython.display import display

    return display
