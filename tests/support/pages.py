"""The app as Streamlit draws it without a browser, and small runs to show on its pages."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from epochscope.rights import PROGRAM, Visitor
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.library.catalog import entries
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.server.visitors import KEPT_AS
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.support.training import Scripted

ROOT = Path(__file__).parents[2]
SMALL = {"net.widths": "16", "pretrain.epochs": 1, "cluster.epochs": 2}

# Each AppTest reads the metadata of every installed package for components of others: half of its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

AT_THE_MACHINE = {KEPT_AS: f"machine {'c' * 64}"}
"""What Streamlit keeps of a connection of a browser on this machine."""


def app(page: str = "", *, user: dict[str, str] = AT_THE_MACHINE, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.user = user
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    if page:
        test.switch_page(page).run()
    assert not test.exception, test.exception
    return test


def followed(test: AppTest) -> AppTest:
    """The page to which the last press led: the frame around the pages, which goes there, is not drawn here."""
    way = test.session_state["pressed"].way
    test.query_params.clear()
    for name, value in way.query.items():
        test.query_params[name] = value
    test.switch_page(way.page).run()
    assert not test.exception, test.exception
    return test


def stage_panels(test: AppTest) -> list[Any]:
    """The panels of the stage on a page; what looks after the keyboard's focus is none."""
    return [one for one in test.get("bidi_component") if one.proto.component_name.rpartition(".")[2] != "focus"]


def panels(test: AppTest) -> int:
    return len(stage_panels(test))


def still_charts(test: AppTest) -> list[str]:
    """The keys of the figures on a page that belong to no run."""
    found = [json.loads(one.proto.json) for one in stage_panels(test)]
    return [one["name"] for one in found if one.get("still")]


def made(seed: int = 0, last: int | None = None, visitor: Visitor = PROGRAM, **params) -> Run:
    writer = RunWriter(RunSpec("blobs", "dec", 3, seed, data={"n": 120}, params={**SMALL, **params}), visitor)
    train(writer, Scripted(last=last))
    return Run(writer.id)


def select(test, *rows: int):
    """Ticks rows of the table as a person does."""
    ids = " ".join(one.id for one in entries())
    key = "runs-" + hashlib.sha256(ids.encode()).hexdigest()[:16]
    test.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    test.run()
    assert not test.exception, test.exception
    return test


def button(test, label: str):
    return next(one for one in test.button if one.label == label)
