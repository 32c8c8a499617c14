"""What the buttons of the Train page do, in words."""

from __future__ import annotations

from epochscope.language import marked, tr

_RECORDED = marked(
    "This run was recorded by another program, and only that program can train it again. Close it to train here."
)
AGAIN = marked("Train this run again with other seeds or over a grid of parameters.")
_BUTTONS = {
    marked("Play"): marked(
        "Trains: a new run with the settings of the sidebar. The bar below the figures replays what is stored."
    ),
    marked("Pause"): marked("Pause the training."),
    marked("Step"): marked("Train one epoch."),
    marked("Stop"): marked("End the training; what is there stays."),
}
CLOSE = marked("Closes this run, so that Play trains with the settings in the sidebar.")


def help_of(button: str, recorded: bool, hands_off: str) -> str | None:
    """What a button of the toolbar does, or why it does nothing."""
    if button == "Play" and recorded:
        return tr(_RECORDED)
    return hands_off or tr(_BUTTONS.get(button, ""))
