"""Sentences that are stored and told to programs in English, as templates: pages show them in their own language.

Whoever stores or raises them knows no language; what is not listed here is shown as it is.
"""

from __future__ import annotations

import functools
import re

from epochscope.language import ENGLISH, current, marked, stage_messages, tr

FAILURES = (
    "NaN or infinity in the {name} at epoch {epoch} of phase {phase}: lower lr of this phase, or check the scaling of "
    "the data.",
    "Only {distinct} of the {n} points to cluster are distinct, fewer than k = {k}: choose fewer clusters, or see "
    "whether the codes have collapsed.",
    "Only {distinct} of the {k} points drawn as centers are distinct: choose fewer clusters, another seed, or the "
    "start k-means++.",
    "Only {distinct} of the {n} points of {title} differ from each other, fewer than k = {k}: choose fewer clusters.",
    "The points to cluster reach {most}, and the sum of their squares is beyond the numbers of {kind} from {limit} on: "
    "divide the data by a large number.",
    "Unconstrained W diverged at epoch {epoch}: w ranges from {low} to {high} and a center lies {far} times as far out "
    "as the farthest point; the loss is linear in W and has no minimum, so choose another w_step.",
    "There is not enough memory to load the data set; choose fewer points.",
    "There is not enough memory; choose fewer seeds or fewer points.",
    "The data of this run cannot be read ({reason}).",
    "The program that trained this run has ended.",
    "Its worker ended several times while it trained: too little memory there, perhaps. It can be continued.",
    "It says that it is being trained; whether that program still lives cannot be told from here.",
)
"""Why a run failed or broke off. The stage shows these, so they are in its catalog, with "failure: " before."""
TEMPLATES = (
    marked("It is not known who asks to {action}, so nothing was done; reload the page."),
    marked("This run comes with epochscope and cannot be changed; run it again to have one of your own."),
    marked("{name} was recorded by another program; only that program can train it again."),
    marked("The data of this run, {name}, came from another program; only that program can train on them again."),
    marked("{title} is being trained right now, here or by another program."),
    marked("{title} has finished: there is nothing to continue."),
    marked("{title} would fail again in the same way ({why}); start it with other settings."),
    marked(
        "This run was started by somebody who can no longer be identified, so only whoever runs this server can change "
        "it."
    ),
    marked("This run was started by somebody else: only they can change it, from the same browser."),
    marked(
        "This run was started by somebody else: only they, or whoever sits at the machine that epochscope runs on, "
        "can change it."
    ),
    marked("Scores on {titles} are flattering: this preset was tuned with their labels."),
    marked("{title} has no epoch yet that another run could go on from."),
    marked("Cluster {j} has {share} of the points; at least {least} since epoch {epoch}"),
    marked("{n} of {k} clusters unused since epoch {epoch}: {list}"),
    marked("{n} of {k} clusters unused since epoch {epoch}"),
    marked("Codes diverge: their spread grew by a factor of {factor} from epoch {first} to {last}"),
    marked("Q has hardly distinguished clusters since epoch {epoch}: {share} of its rows are nearly uniform"),
    marked("ACC fell from {before} to {after} at epoch {epoch}"),
    marked("seed {seed}"),  # of a member of futures
    marked("{run}, {n} seeds"),  # titles of futures
    marked("{run}, {n} futures"),
    # plans of classes (classroom/preparing.py), and what a student may be told
    marked("Which group will this picture join?"),
    marked("Which group will the point {place} join?"),
    marked(
        "The groups are what k-means finds in the data themselves, before {method} is trained. Afterwards the "
        "clusters of each seed are matched to them, one to one, so that most points keep their group."
    ),
    marked("Will ACC fall or rise from {first} to {last}, with your seed?"),
    marked("What will ACC of your seed be at the end?"),
    marked("What will ACC of your seed be at the end, with {value}?"),
    marked("by more than {least}"),
    marked("within {least}"),
    marked("Group {number}"),
    marked("{count} points around {place}"),
    marked("{count} points"),
    marked("{most} students have joined, the most for one lesson here."),
    marked("Type a name of letters or digits first; any nickname will do."),
    marked("This lesson has ended."),
    marked("This page knows you again by a cookie; allow cookies for it and load it again."),
    marked("This class was deleted by who opened it."),
)


def told(sentence: str) -> str:
    """A sentence in the language of who is drawn for, if it follows a template; else as it is."""
    if current() == ENGLISH or not sentence:
        return sentence
    for template, pattern in _templates():
        if found := pattern.fullmatch(sentence):
            values = {name: told(value) if name == "why" else value for name, value in found.groupdict().items()}
            if template in FAILURES:
                return str(stage_messages(current())[f"failure: {template}"]).format(**values)
            return tr(template, **values)
    return tr(sentence)


@functools.cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """The templates, and what they look like once they are filled in."""
    made = []
    for template in (*FAILURES, *TEMPLATES):
        parts = re.split(r"\{(\w+)\}", template)
        places = (f"(?P<{part}>.+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        made.append((template, re.compile("".join(places), re.DOTALL)))
    return made
