"""What somebody sees of a machine that fails: said once, and gone on with at once."""

import re

import pytest
from epochscope.rights import PROGRAM
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.writer import RunWriter
from playwright.sync_api import expect

from tests.support.browser import painted, press, settled

QUICK = {"net.widths": "64-64", "pretrain.epochs": 8, "cluster.epochs": 30, "cluster.tol": 0.0}
WHY = "The folder of this run, /runs, cannot be written (the disk is full); make room, then continue the run."


@pytest.mark.slow
def test_a_run_without_data_says_why_once_and_a_socket_that_is_cut_is_not_seen(page, server, monkeypatch):
    """It failed before its data were loaded. Continued, it is there at once; each socket is cut after two answers."""
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(server.runs))
    wide = {**QUICK, "net.widths": "500-500-500"}  # it must last longer than the page takes to be drawn anew
    writer = RunWriter(RunSpec("digits", "dec", 10, 0, params=wide), PROGRAM)
    writer.finish("failed", WHY)
    cut = []

    def proxy(socket):
        answers, there = [], socket.connect_to_server()

        def passed_on(message):
            socket.send(message)
            answers.append(1)
            if len(answers) == 2:
                cut.append(1)
                socket.close()  # first: what the page would still say, the other socket could not take
                there.close()

        there.on_message(passed_on)

    page.route_web_socket(re.compile("/api/runs/.*/live"), proxy)
    page.goto(f"{server.url}/?run={writer.id}")
    settled(page)
    said = page.get_by_text(WHY)
    expect(said).to_be_visible()
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    assert sum(one.is_visible() for one in said.all()) == 1
    page.evaluate("() => { window.said = new Set(); setInterval(() => document.querySelectorAll('.es-link')"
                  ".forEach((one) => window.said.add(one.textContent)), 20); }")  # fmt: skip
    press(page, "Continue")
    painted(page, "embedding", "p.epoch === 39")
    assert len(cut) > 1
    assert "Connecting ..." not in page.evaluate("() => [...window.said]")
    assert not any(one.is_visible() for one in said.all())
