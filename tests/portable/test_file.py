"""One HTML file of runs: nothing in it is script but what is ours, and nobody is asked for anything."""

import base64
import gzip
import hashlib
import json
import re

import epochscope
import numpy as np
import pytest
from epochscope.cli import main
from epochscope.language import speaking
from epochscope.portable.content import checked
from epochscope.portable.file import in_digits, runs_file
from epochscope.rights import PROGRAM
from epochscope.runs.format.run import Run
from epochscope.runs.format.spec import RunSpec
from epochscope.runs.training.control import Control
from epochscope.runs.training.manager import train
from epochscope.runs.training.writer import RunWriter
from epochscope.types import EpochscopeError

from tests.support.hostile import EVIL


def first(pattern: str, text: str) -> str:
    """The first group of the first match."""
    return re.findall(pattern, text, re.DOTALL)[0]


_BLOCK = re.compile(r'<script type="text/plain" id="([\w]+)" data-padding="([0-3])">([^<>&"\'\\]*)</script>')


def block(text: str, wanted: str) -> bytes:
    """What gzip had packed into a block of a file, read by other means than it was written."""
    digits = first(r'const DIGITS = "(.{85})";', text)
    padding, found = next((padding, found) for name, padding, found in _BLOCK.findall(text) if name == wanted)
    content = bytearray()
    for i in range(0, len(found), 5):
        number = 0
        for digit in found[i : i + 5]:
            number = 85 * number + digits.index(digit)
        content += number.to_bytes(4, "big")
    return gzip.decompress(content[: len(content) - int(padding)])


@pytest.mark.parametrize("data", [b"", b"a", b"\0\0", b"\xff" * 7, bytes(range(256))])
def test_bytes_become_harmless_digits(data):
    text, padding = in_digits(data)
    assert len(text) == 5 * (len(data) + padding) // 4
    assert not set(text) & set("<>&\"'\\`")


@pytest.fixture(scope="module")
def text(hostile) -> str:
    return runs_file([hostile], PROGRAM).decode()


def test_no_text_of_others_is_markup(text):
    scripts = re.findall(r"<script[^>]*>", text)
    assert sum("text/plain" not in one for one in scripts) == 1
    assert scripts.count('<script type="module">') == 1
    assert len(_BLOCK.findall(text)) == len(scripts) - 1
    for word in ("stolen", "<img"):
        outside = re.sub(_BLOCK, "", text).replace("&lt;img", "")
        assert word not in re.sub(r"<title>.*?</title>", "", outside)
    assert "<script" not in first(r"<title>(.*?)</title>", text)


def test_the_page_may_run_its_own_script_only_and_connect_to_nothing(text):
    policy = first(r'Content-Security-Policy" content="([^"]*)"', text)
    script = first(r'<script type="module">(.*?)</script>', text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' blob:;" in policy
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", re.sub(_BLOCK, "", text))


def test_it_says_what_is_said_of_the_run(hostile, text):
    page = json.loads(block(text, "page"))
    (run,) = page["runs"]
    assert (run["name"], run["notes"], run["id"]) == (EVIL[:120], EVIL, hostile.id)
    assert ["epochs", "3"] in run["facts"]
    assert [points["title"] for points in run["board"]["projections"]] == ["PCA"]
    assert page["comparison"] is None
    assert set(run["blocks"].values()) <= {name for name, _, _ in _BLOCK.findall(text)}
    assert block(text, run["blocks"]["epochs"])[:4] == b"EPB1"


def test_a_file_speaks_the_language_it_was_exported_in(hostile, text):
    assert '<html lang="en">' in text
    assert 'id="language"' not in text
    with speaking("de"):
        german = runs_file([hostile], PROGRAM).decode()
    assert '<html lang="de">' in german
    catalog = json.loads(block(german, "language"))
    assert (catalog["code"], catalog["messages"]["Live"], catalog["messages"]["Notes"]) == ("de", "Live", "Notizen")
    (run,) = json.loads(block(german, "page"))["runs"]
    assert "Seed" in [name for name, _ in run["facts"]]
    assert run["board"]["figures"]["losses"]["title"] == "Verlustterme"


def test_two_runs_are_a_comparison(run, hostile):
    page = json.loads(block(runs_file([run, hostile], PROGRAM).decode(), "page"))
    assert len(page["comparison"]["names"]) == len(page["runs"]) == 2
    assert ["k · clusters", "3", "2"] in page["comparison"]["settings"]


def test_what_cannot_be_shown_is_refused_in_a_sentence(run, monkeypatch):
    with pytest.raises(EpochscopeError, match="named twice"):
        checked([run, run])
    with pytest.raises(EpochscopeError, match="at least one run"):
        checked([])
    monkeypatch.setattr(type(run), "live", True)
    with pytest.raises(EpochscopeError, match="still training"):
        runs_file([run], PROGRAM)


def test_the_command_writes_a_file_and_replaces_none(run, tmp_path, capsys):
    target = tmp_path / "run.html"
    assert main(["export", run.id, "--to", str(target)]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert target.read_bytes().startswith(b"<!doctype html>")
    before = target.read_bytes()
    assert main(["export", run.id, "--to", str(target)]) == 2
    assert "there already" in capsys.readouterr().err
    assert target.read_bytes() == before
    assert main(["export", "no-such-run", "--to", str(tmp_path / "other.html")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.html"]


def test_a_run_of_a_program_exports_itself(tmp_path):
    x = [[0.0, 1.0], [0.1, 1.0], [2.0, 0.0], [2.1, 0.0]] * 4
    trained = epochscope.train(x, "kmeans", k=2, record=False)
    path = trained.export(tmp_path / "run.html")
    assert path.stat().st_size > 700_000
    with pytest.raises(EpochscopeError, match=r"ends in \.html"):
        trained.export(tmp_path / "run.zip")


@pytest.mark.slow
def test_a_file_of_the_digits_with_50_epochs_takes_2_mb():
    """Plotly's 0.6 MB included, with the frames of PCA."""
    params = {"net.widths": "256-256", "pretrain.epochs": 10, "cluster.epochs": 38, "cluster.tol": 0.0}
    writer = RunWriter(RunSpec("digits", "dec", 10, 0, params=params), PROGRAM)
    train(writer, Control())
    made = Run(writer.id)
    assert len(made.epochs()) == 50
    assert len(runs_file([made], PROGRAM)) < 2e6  # 1.83e6 when this was written


@pytest.mark.slow
def test_a_file_of_10000_points_with_100_epochs_takes_20_mb():
    """Codes that drift to their centers with noise, and DEC's Q and P of them."""
    rng, n, k = np.random.default_rng(0), 10_000, 10
    truth = rng.integers(k, size=n)
    centers = rng.normal(size=(k, 10))
    z = rng.normal(size=(n, 10))
    with epochscope.Recorder("drift", truth=truth, k=k, epochs=100) as recorder:
        for _ in range(100):
            z += 0.05 * (centers[truth] - z) + 0.02 * rng.normal(size=z.shape)
            q = 1 / (1 + ((z[:, None] - centers) ** 2).sum(axis=2))
            q /= q.sum(axis=1, keepdims=True)
            p = q**2 / q.sum(axis=0)
            recorder.log(z=z, q=q, p=p / p.sum(axis=1, keepdims=True), losses={"distance": float(z.std())})
    assert recorder.run
    size = len(runs_file([Run(recorder.run)], PROGRAM))
    assert 5e6 < size < 20e6
