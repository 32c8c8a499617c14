"""Which language a page is in, and what is said in it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch
from epochscope.figures import Scene
from epochscope.figures.sent import empty_as_sent, translated
from epochscope.labs.pull.session import PullSession
from epochscope.language import accepted, current, known, marked, ntr, speaking, stage_messages, tr
from epochscope.methods.shared.lloyd import require_distinct, require_room_for_squares
from epochscope.nets.training import require_finite
from epochscope.runs.format.run import Run
from epochscope.runs.library.findings import findings
from epochscope.server.routes import ROUTES
from epochscope.server.stage_files import stage_url
from epochscope.stored_sentences import told
from epochscope.types import EpochscopeError
from epochscope.ui.shared import page_language
from starlette.requests import Request
from starlette.responses import Response

from tests.support.pages import app


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR,fr;q=0.9,zh-CN;q=0.7,en;q=0.5", "zh"),
        ("zh-Hans-CN", "zh"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0, zh;q=0.1", "zh"),
        ("de;q=0", ""),
        ("fr, es", ""),
        ("*", ""),
        ("", ""),
        (None, ""),
        ("de;q=1.2.3, ;;, zh", "zh"),
        ("x" * 100_000, ""),
    ],
)
def test_what_a_browser_likes_best(header, code):
    assert accepted(header) == code


def test_codes():
    assert [known(code) for code in ("de", "DE", "de_CH", "zh-Hant", "fr", "", None, "d" * 1000)] == [
        "de", "de", "de", "zh", "", "", "", "",
    ]  # fmt: skip


def test_a_sentence_is_filled_in_and_one_that_is_not_known_stays():
    assert tr("Pauses the training.") == "Pauses the training."
    with speaking("de"):
        assert current() == "de"
        assert tr("Pauses the training.") == "Das Training anhalten."
        assert tr("Branch at epoch {epoch}", epoch=7) == "Abzweigen in Epoche 7"
        assert tr("Nobody has translated {this}", this="that") == "Nobody has translated that"
        assert tr("Braces {stay} where nothing is filled in") == "Braces {stay} where nothing is filled in"
        assert tr("") == ""
        with speaking("zh"):
            assert tr("Pauses the training.") == "暂停训练。"
        assert tr("Pauses the training.") == "Das Training anhalten."
    with speaking("xx"):
        assert tr("Pauses the training.") == "Pauses the training."
    assert marked("Pauses the training.") == "Pauses the training."


@pytest.mark.parametrize(
    ("code", "one", "two"),
    [
        ("en", "1 run was queued: T.", "2 runs were queued: T."),
        ("de", "1 Lauf wurde eingereiht: T.", "2 Läufe wurden eingereiht: T."),
        ("zh", "1 个运行已加入队列：T。", "2 个运行已加入队列：T。"),
    ],
)
def test_plurals(code, one, two):
    with speaking(code):
        words = [ntr("{n} run was queued: {title}.", "{n} runs were queued: {title}.", n, title="T") for n in (1, 2)]
    assert words == [one, two]


def test_threads_do_not_share_a_language():
    def said(code):
        with speaking(code):
            return [tr("Pauses the training.") for _ in range(200)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(said, ["de", "zh", "en", "de"]))
    assert [set(one) for one in results] == [
        {"Das Training anhalten."}, {"暂停训练。"}, {"Pauses the training."}, {"Das Training anhalten."},
    ]  # fmt: skip


@pytest.mark.parametrize(("run", "kinds"), [("tour-collapse", {"grown", "flat", "unused"}), ("tour-cured", {"fell"})])
def test_findings_that_tours_quote_are_told_in_other_languages(run, kinds):
    sentences = {note.kind: note.sentence for note in findings(Run(run)) if note.kind in kinds}
    assert sentences.keys() == kinds
    for code in ("de", "zh"):
        with speaking(code):
            assert not [sentence for sentence in sentences.values() if told(sentence) == sentence]


def test_a_stored_sentence_is_told_by_its_template():
    stored = "3 of 5 clusters unused since epoch 19: 0, 1, 2"
    assert told(stored) == stored
    with speaking("de"):
        assert told(stored) == "3 von 5 Clustern sind seit Epoche 19 ungenutzt: 0, 1, 2"
        assert told("A program of somebody says this.") == "A program of somebody says this."


def test_what_raises_why_a_run_failed_says_what_the_templates_have():
    raised = []
    for fail in (
        lambda: require_finite("cluster", 3, codes=torch.tensor([float("nan")])),
        lambda: require_distinct(2, 1500, 3),
        lambda: require_room_for_squares(torch.full((4, 2), 1e30)),
    ):
        with pytest.raises(EpochscopeError) as error:
            fail()
        raised.append(str(error.value))
    for code in ("de", "zh"):
        with speaking(code):
            assert not [sentence for sentence in raised if told(sentence) == sentence]
            again = told(f"DEC would fail again in the same way ({raised[0]}); start it with other settings.")
            assert told(raised[0]) in again


def test_a_figure_is_translated_and_the_one_that_is_kept_is_not():
    scene = Scene(k=3)
    before = json.dumps(empty_as_sent("losses", scene))
    with speaking("de"):
        assert translated(empty_as_sent("losses", scene))["layout"]["title"]["text"] == "Verlustterme"
    assert json.dumps(empty_as_sent("losses", scene)) == before
    assert translated(empty_as_sent("losses", scene))["layout"]["title"]["text"] == "Loss terms"


def test_a_lab_keeps_its_address_in_all_languages():
    """What is chosen is named as in English, whatever is shown: a link holds for everybody."""
    with speaking("zh"):
        answer = json.loads(PullSession({"start": "two points, two centers"}).answer())
    (start,) = (widget for widget in answer["controls"] if widget["key"] == "start")
    assert start["value"] == "two points, two centers"
    assert start["titles"][start["options"].index(start["value"])] == "两个点，两个中心"
    assert answer["address"]["start"] == "two points, two centers"


def served(name: str) -> Response:
    """What the browser gets of the stage."""
    version = stage_url().split("/")[1].removeprefix("stage-")
    route = next(one for one in ROUTES if getattr(one, "path", "").startswith("/assets/stage-"))
    return asyncio.run(route.endpoint(Request({"type": "http", "path_params": {"version": version, "name": name}})))


def test_the_browser_gets_the_catalog_of_its_language():
    german = served("messages/de.json")
    assert german.media_type == "application/json"
    assert json.loads(german.body)["Replay (Space)"] == "Abspielen (Leertaste)"
    assert json.loads(german.body)["{n} point"] == ["{n} Punkt", "{n} Punkte"]
    assert json.loads(served("messages/zh.json").body)["{n} point"] == ["{n} 个点"]
    assert json.loads(served("messages/en.json").body) == {}
    assert served("messages/fr.json").status_code == 404
    assert stage_messages("en") == {}


class Page:
    """What Streamlit knows of a page: its address, its connection and its session."""

    def __init__(self, monkeypatch, cookie=None, header=None):
        self.session_state, self.address = {}, {}
        self.context = SimpleNamespace(
            cookies={page_language.COOKIE: cookie} if cookie else {},
            headers={"Accept-Language": header} if header else {},
        )
        monkeypatch.setattr(page_language, "st", self)
        monkeypatch.setattr(page_language, "in_address", self.address.get)
        monkeypatch.setattr(page_language, "get_script_run_ctx", lambda **_: object())


def test_the_address_comes_before_the_cookie_and_that_before_the_browser(monkeypatch):
    page = Page(monkeypatch, cookie="de", header="zh-CN")
    assert page_language.page_language() == "de"
    page.address["lang"] = "en"
    assert page_language.page_language() == "en"
    page.address.clear()  # on to a page whose address does not say it
    assert page_language.page_language() == "en"
    assert Page(monkeypatch, header="zh-CN").session_state == {}
    assert page_language.page_language() == "zh"
    Page(monkeypatch, cookie="<script>", header="fr")
    assert page_language.page_language() == "en"


def test_without_a_page_it_is_english():
    assert page_language.page_language() == "en"


def test_a_page_says_its_language_to_the_browser():
    test = app(lang="zh", introduction="1")
    (frame,) = (one for one in test.get("bidi_component") if one.proto.component_name.endswith("focus"))
    sent = json.loads(frame.proto.json)
    assert (sent["chosen"], sent["tag"], sent["title"]) == ("zh", "zh-Hans", "语言")
    assert sent["language"]["catalog"].endswith("messages/zh.json")
    assert [title for _, title, _ in sent["languages"]] == ["English", "Deutsch", "中文"]
    test.switch_page("pages/tours.py").run()  # whose address does not say it
    assert [one.value for one in test.subheader] == ["导览"]
