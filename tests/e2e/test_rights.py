"""Two browsers, where everybody changes only what they started: the owner is known again, the other watches."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import Server, painted, serving, settled


@pytest.mark.slow
def test_who_started_a_run_stops_it_and_another_browser_watches(browser: Browser, server: Server, tmp_path):
    environment = {**server.environment, "EPOCHSCOPE_SHARED": "own", "EPOCHSCOPE_RUNS": str(tmp_path / "runs")}
    with serving(tmp_path, environment) as url:
        owner, stranger = browser.new_context(), browser.new_context()
        page, other = owner.new_page(), stranger.new_page()
        page.goto(f"{url}/?data=digits&method=dec&dec.pretrain.epochs=400")
        settled(page)
        page.get_by_role("button", name="Play", exact=True).click()
        painted(page, "transport", "p.n > 1")
        other.goto(page.url)
        painted(other, "transport", "p.n > 1")
        expect(other.get_by_text("started by somebody else: view only")).to_be_visible()
        for name in ("Pause", "Stop"):
            expect(other.get_by_role("button", name=name, exact=True)).to_be_disabled()
        page.reload()  # a new session, the same browser
        settled(page)
        kept = next(one for one in owner.cookies() if one["name"] == "epochscope_visitor")
        assert (kept["httpOnly"], kept["sameSite"]) == (True, "Lax")
        stop = page.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_enabled()
        stop.click()
        expect(page.get_by_role("button", name="Continue", exact=True)).to_be_enabled()
        expect(other.get_by_role("button", name="Continue", exact=True)).to_be_disabled()
        run = re.search(r"run=([\w-]+)", page.url)[1]
        assert kept["value"].encode() not in (tmp_path / "runs" / run / "owner").read_bytes()
        owner.close()
        stranger.close()
