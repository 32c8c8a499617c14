"""Sentences of lower layers that the Train page shows, as templates: programs and files have them in English."""

from __future__ import annotations

from epochscope.language import marked

TEMPLATES = (
    marked("It is not known who asks to {action}, so nothing is done; load the page again."),
    marked("This run comes with epochscope, so nobody changes it; repeat it to have one of your own."),
    marked("{name} was recorded by a program of its own: only that can train it again."),
    marked("The data of this run, {name}, were handed over by a program: only that can train on them again."),
    marked("{title} is being trained right now, here or by another program."),
    marked("{title} has come to its end: there is nothing to continue."),
    marked("{title} would fail again in the same way ({why}); start it with other settings."),
    marked("This run was started by somebody whose mark cannot be read, so only who runs this server can change it."),
    marked("This run was started by somebody else: only who did that can change it, in the same browser."),
    marked(
        "This run was started by somebody else: only they, or whoever sits at the machine that epochscope runs on, "
        "can change it."
    ),
    marked("{title} has no epoch yet from which another run could go on."),
)
