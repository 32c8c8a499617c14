"""What somebody brings, in a real browser: a file is uploaded and clustered, a loop of one's own is watched live."""

import re

import numpy as np
import pytest
from epochscope import Recorder
from playwright.sync_api import Page, expect
from scipy.io import savemat
from scipy.sparse import csr_matrix
from sklearn.datasets import load_wine

from tests.data.own_files import image, packed, tenx, zipped
from tests.support.browser import Server, painted, press, settled


def test_a_table_is_uploaded_chosen_and_clustered(page: Page, server: Server):
    wine = load_wine(as_frame=True).frame
    page.goto(f"{server.url}/data")
    settled(page)
    page.get_by_text("Add your own data").click()
    content = wine.to_csv(index=False).encode()
    page.locator("input[type=file]").set_input_files({"name": "wine.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_text("178 points of 13 features · 3 classes")).to_be_visible()
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("heading", name="wine")).to_be_visible()
    expect(page.get_by_role("button", name="Remove this data set")).to_be_visible()
    page.get_by_role("link", name="Train").click()
    page.wait_for_url(re.compile(r"/\?data=wine"))
    settled(page)
    page.get_by_role("combobox", name="Method").click()
    page.get_by_role("option", name="k-means", exact=True).click()
    expect(page.get_by_text("178 points · 13 features · 3 classes · standardize")).to_be_visible()
    settled(page)
    press(page, "Play")
    painted(page, "embedding", "p.epoch > 1")
    expect(page.get_by_role("button", name="k-means on wine, k = 3, seed 0")).to_be_visible()


def german(_: np.random.Generator) -> bytes:
    rows = "".join(f"{i},{i % 7};1.{i:03},5;{'Eiche' if i % 2 else 'Bäume'}\n" for i in range(40))
    return f"sep=;\nBreite;Höhe;Art\n{rows}".encode("utf-16")


def matlab(rng: np.random.Generator) -> bytes:
    return packed(savemat, {"fea": rng.normal(size=(6, 40)), "gnd": np.arange(40)[:, None] % 4 + 1})


def genes(rng: np.random.Generator) -> bytes:
    return tenx(csr_matrix((rng.random((40, 32_738)) < 0.01) * rng.integers(1, 5, (40, 32_738))))


def colors(rng: np.random.Generator) -> bytes:
    shots = rng.integers(0, 90, (2, 20, 12, 12, 3)).astype(np.uint8)
    shots[0, ..., 0] += 120
    shots[1, ..., 2] += 120
    names = ("red", "blue")
    return zipped({f"train/{names[c]}/images/{i}.png": image(shots[c, i]) for c in range(2) for i in range(20)})


KINDS = {
    "messwerte.csv": (german, "40 points of 2 features · 2 classes", "UTF-16 text · cells apart by semicolons"),
    "faces.mat": (matlab, "40 points of 6 features · 4 classes", "fea turned, points were its columns"),
    "pbmc.h5": (genes, "40 points of 2,000 features · no classes", "stored as genes x cells and turned"),
    "shots.zip": (colors, "40 points of 432 features · 2 classes", "class: the folder that varies"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_files_of_many_kinds_are_recognized_and_clustered(page: Page, server: Server, name: str):
    make, sizes, recognized = KINDS[name]
    page.goto(f"{server.url}/data")
    settled(page)
    page.get_by_text("Add your own data").click()
    content = make(np.random.default_rng(0))
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(sizes)).to_be_visible()
    expect(page.get_by_text(recognized)).to_be_visible()
    page.get_by_role("button", name="Use it").click()
    title = name.partition(".")[0]
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text(", as recommended.")).to_be_visible()
    expect(page.get_by_text("Row sums as stored")).to_be_visible()
    page.get_by_role("link", name="Train").click()
    page.wait_for_url(re.compile(rf"/\?data={title}"))
    settled(page)
    page.get_by_role("combobox", name="Method").click()
    page.get_by_role("option", name="k-means", exact=True).click()
    settled(page)
    press(page, "Play")
    painted(page, "embedding", "p.epoch > 1")


def test_a_loop_of_one_s_own_is_watched_while_it_goes(page: Page, server: Server, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(server.runs))
    rng = np.random.default_rng(0)
    truth = np.arange(300) % 3
    z = rng.normal(size=(300, 4)) + 4 * np.eye(4)[truth]
    with Recorder("my loop", x=rng.random((300, 6, 6)), truth=truth) as rec:
        rec.log(z=z, losses=3.0, phase="warm up")
        page.goto(f"{server.url}/?run={rec.run}")
        settled(page)
        painted(page, "embedding", "p.epoch === 0")
        expect(page.get_by_text("trained by another program: view only")).to_be_visible()
        for epoch in range(3):
            centers = np.eye(4)[:3] * 4 + epoch
            rec.log(z=z + epoch, q=np.eye(3)[truth], centers=centers, losses=1.0, phase="cluster")
        painted(page, "embedding", "p.epoch === 3")
        expect(page.get_by_role("button", name="paths")).to_be_visible()  # known only since there are centers
        painted(page, "q", "p.epoch === 3")
        expect(page.locator(".es-tile", has_text="ACC")).to_contain_text("1.000")
    expect(page.get_by_text("recorded: view only")).to_be_visible()
    expect(page.get_by_role("button", name="Play", exact=True).first).to_be_disabled()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True).first).to_be_enabled()
