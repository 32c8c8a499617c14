"""The stories: every link opens something that is there, and what the texts say of a run is what its files say."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from epochscope.figures import FIGURES
from epochscope.inspect.health import notes
from epochscope.labs.pull.model import PRESETS, forces
from epochscope.projections import PROJECTIONS
from epochscope.runs.format.bundled import ZIP, bundled_ids
from epochscope.runs.format.run import Run
from epochscope.runs.library.compare import numbers as curves
from epochscope.runs.library.cures import SEEDS
from epochscope.runs.library.shown import provides
from epochscope.runs.training.request import resolve
from epochscope.tours import STORIES
from epochscope.tours.base import address, find_step, step_text
from epochscope.tours.recipes import BRANCHES, FUTURES, RECIPES, TRIALS
from epochscope.types import NO_OVERLAY
from epochscope.ui.inspect.whole import PARTS
from epochscope.ui.shared.figure_slots import in_slots, possible

ROOT = Path(__file__).parents[2]
STEPS = [(story, place) for story in STORIES.values() for place in range(1, len(story.steps) + 1)]
NAMES = [f"{story.key}.{place}" for story, place in STEPS]
STAGE = {path.stem: path.read_text() for path in (ROOT / "core" / "epochscope" / "stage").rglob("*.js")}
PAGES = "\n".join(path.read_text() for top in ("ui", "labs") for path in ROOT.glob(f"core/epochscope/{top}/**/*.py"))
DRAWN = set(re.findall(r'(?:\bkey(?:: str)? ?= ?|\b\w*(?:panel|board|chart)\(\s*)"([\w-]+)"', PAGES))
TYPED = {"0", "1", "32", "88", "104"}  # numbers that no run could change: 0/0, sums to 1, 32 bits, limits of exp


def acc(run: str, epoch: int) -> str:
    return f"{Run(run).epochs()[epoch]['scores']['acc']:.3f}"


def step(name: str) -> str:
    story, place = find_step(STORIES, name)
    return step_text(story, story.steps[place - 1])[1]


def test_shipped_runs_are_small_and_made_as_their_recipes_say():
    assert ZIP.stat().st_size < 5_000_000
    told = {name for story in STORIES.values() for name in (*story.runs.values(), *story.futures.values())}
    tried = {name for name in bundled_ids() if name.rpartition("-")[0] in TRIALS}
    assert bundled_ids() - tried == {*RECIPES, *BRANCHES, *FUTURES} == told
    assert len(tried) == 4 * SEEDS  # three cures and no change
    for name, recipe in RECIPES.items():
        run = Run(name)
        assert resolve(run.spec).spec == recipe.spec  # parameters that came later have their defaults
        assert [(mark["epoch"], mark["new"]) for mark in run.param_changes()] == [
            (epoch, value) for epoch, moves in recipe.moves.items() for value in moves.values()
        ]


@pytest.mark.parametrize(("story", "place"), STEPS, ids=NAMES)
def test_every_step_opens_something_that_is_there(story, place):
    one, asked = story.steps[place - 1], address(story, place)
    assert (ROOT / "pages" / f"{one.page or 'train'}.py").is_file()
    runs = [Run(name) for name in asked.get("runs", asked.get("run", "")).split(".") if name]
    assert len(runs) == len(one.shows)
    assert all(int(asked.get("epoch", 0)) >= 0 for run in runs)
    assert not runs or int(asked.get("epoch", 0)) < max(len(run.epochs()) for run in runs)
    figures = [possible(provides(run, None)) for run in runs]
    shown = in_slots(figures[0], asked.get("figures", "")) if runs else []
    for key in filter(None, asked.get("figures", "").split(".")):
        assert key in FIGURES
        assert key in {figure.key for figure in shown}
    if place_ := re.fullmatch(r"place(\d)", one.look):
        assert int(place_[1]) < len(shown)
    else:
        assert re.sub(r"\d$", "", one.look) in DRAWN
    assert asked.get("focus", "shares") in {part.key for part in PARTS}
    assert asked.get("projection", "PCA") in {projection.title for projection in PROJECTIONS.values()}
    assert re.search(rf"^  {asked.get('color', 'class')}: ", STAGE["color_modes"], re.M)
    for name in filter(None, asked.get("show", NO_OVERLAY).replace(NO_OVERLAY, "").split(".")):
        needs = re.search(rf"^  {name}: {{ needs: \[(.*?)\]", STAGE["overlays"], re.M)[1]
        assert set(re.findall(r'"(\w+)"', needs)) <= provides(runs[0], None)
    if "number" in asked:
        assert asked["number"] in curves([run.epochs() for run in runs])
    if "start" in asked:
        assert asked["start"] in PRESETS


@pytest.mark.parametrize(("story", "place"), STEPS, ids=NAMES)
def test_texts_are_short_and_take_their_numbers_from_the_run(story, place):
    one = story.steps[place - 1]
    title, text = step_text(story, one)
    assert len(text) <= 240
    assert len(title) <= 50
    assert 2 <= len(re.findall(r"[.?:] |[.]$", text)) <= 5
    assert not set("{}") & set(title + text)
    assert set(re.findall(r"\d+", re.sub(r"\{.*?\}", "", one.title + one.text))) <= TYPED


def test_places_are_named_by_what_stands_there():
    """Steps speak of Q, P, scores, changed labels and pi by the number of their place."""
    wanted = {
        "dec.3": "q",
        "dec.4": "p",
        "dec.5": "scores",
        "dec.6": "changed",
        "neighbors.4": "pi",
        "collapse.1": "scores",
    }
    for name, key in wanted.items():
        story, place = find_step(STORIES, name)
        asked = address(story, place)
        shown = in_slots(possible(provides(Run(asked["run"]), None)), asked.get("figures", ""))
        assert shown[int(story.steps[place - 1].look[-1])].key == key


def test_an_address_names_a_step_or_none():
    assert find_step(STORIES, "dec.2") == (STORIES["dec"], 2)
    assert find_step(STORIES, "dec") == (STORIES["dec"], 1)
    for wrong in (None, "", "dec.0", "dec.99", "nobody.1", "dec.-1", "dec.1.2", "dec.²", "dec.9999999999"):
        assert find_step(STORIES, wrong) is None, wrong


def test_what_is_said_of_dec():
    table = Run("tour-dec").epochs()
    first = next(line["epoch"] for line in table if line["phase"] == "cluster")
    assert {line["phase"] for line in table[:first]} == {"pretrain"}
    assert f"Until epoch {first} " in step("dec.1")
    assert acc("tour-dec", first) in step("dec.2")
    best = max(table[first:], key=lambda line: line["scores"]["acc"])
    peak = f"the best value {best['scores']['acc']:.3f} at epoch {best['epoch']}"
    assert f"{acc('tour-dec', -1)}, with {peak}" in step("dec.5")
    kl = [line["losses"]["kl"] for line in table[first + 1 :]]
    assert f"rises from {kl[0]:.4f} to {kl[-1]:.4f}" in step("dec.5")
    assert kl[-1] > 1.5 * kl[0]
    assert table[first + 1]["scores"]["changed"] > 2 * table[-1]["scores"]["changed"]
    assert table[-1]["scores"]["changed"] > Run("tour-dec").spec.params["cluster.tol"]  # it "stops before that"
    q = Run("tour-dec").array(first, "q").astype(float)
    assert (q > 0.5).mean() < 0.05  # few cells are bright
    assert f"{q.max(1).mean():.2f} on average" in step("dec.3")


def test_what_is_said_of_the_detach():
    right, wrong = Run("tour-detached"), Run("tour-not-detached")
    differ = {name for name, value in right.spec.params.items() if wrong.spec.params[name] != value}
    assert differ == {"cluster.p_is"}
    kl = {run.id: [line["losses"]["kl"] for line in run.epochs() if "kl" in line["losses"]] for run in (right, wrong)}
    assert f"falls from {kl[wrong.id][0]:.4f} to {kl[wrong.id][-1]:.4f}" in step("detach.2")
    assert f"ends at {kl[right.id][-1]:.4f}" in step("detach.2")
    assert np.ptp(kl[right.id][3:]) < 0.05 * kl[right.id][-1]  # it stays near that
    start = next(line["epoch"] for line in wrong.epochs() if line["phase"] == "cluster")
    said = [acc(wrong.id, epoch) for epoch in (start, start + 1, -1)] + [acc(right.id, -1)]
    assert re.findall(r"0\.\d{3}", step("detach.3")) == said
    assert float(said[2]) < float(said[0]) / 2 < float(said[3])
    z, mu = PRESETS["three groups"]
    found_ = forces(z, mu, 1.0)
    free, closed = (torch.cat([one.z.flatten(), one.mu.flatten()]) for one in (found_.free, found_.closed))
    assert float(torch.nn.functional.cosine_similarity(free, closed, dim=0)) < -0.8  # "almost the other way"
    own = mu[((z[:, None] - mu) ** 2).sum(2).argmin(1)] - z
    assert ((-found_.closed.z * own).sum(1) > 0).all()  # on the left arrows lead points to their centers


def test_what_is_said_of_nan():
    run, stable = Run("tour-naive"), Run("tour-stable")
    assert run.status["state"] == "failed"
    assert "0/0" in run.status["message"]
    moved = run.param_changes()[0]
    assert moved["epoch"] == len(run.epochs()) - 1
    assert (moved["old"], moved["new"]) == (1, 10)
    z, centers = (run.array(moved["epoch"], name).astype(float) for name in ("z", "centers"))
    least = moved["new"] * ((z[:, None] - centers) ** 2).sum(2).min(1)
    points = run.points()
    classes = points["truth"][points["index"]]
    smallest = np.bincount(classes).argmin()
    assert set(classes[least > 88]) == {smallest}  # "the small cloud far off"
    assert (least[classes == smallest] > 88).all()
    assert (1 / moved["new"]) * least.max() < 87  # with the old alpha nothing underflows
    counted = stable.epochs()[moved["epoch"] + 1]["measures"]["rows that would underflow"]
    assert f"{counted:g} rows would underflow" in step("nan.4")
    assert counted > 0
    assert stable.status["state"] == "done"
    assert f"{acc('tour-stable', -1)}." in step("nan.4")
    assert {name for name, value in run.spec.params.items() if stable.spec.params[name] != value} == {"softmax"}


def test_what_is_said_of_neighbors():
    vade, dgg = Run("tour-vade"), Run("tour-dgg")
    first = {run: next(line["epoch"] for line in run.epochs() if line["phase"] == "cluster") for run in (vade, dgg)}
    assert re.findall(r"0\.\d{3}", step("neighbors.2")) == [acc(run.id, first[run]) for run in (vade, dgg)]
    assert re.findall(r"0\.\d{3}", step("neighbors.5")) == [acc(run.id, -1) for run in (vade, dgg)]
    assert acc(dgg.id, first[dgg]) > acc(dgg.id, -1) > acc(vade.id, -1)  # "below its own start"
    assert dgg.spec.params["start"] == "k-means on the graph"
    assert dgg.spec.params["graph.distance"] == "Euclidean"  # "its nearest points in the data"
    assert dgg.spec.data == vade.spec.data
    purity = dgg.epochs()[first[dgg]]["scores"]["purity"]
    assert f"{purity:.4f}" in step("neighbors.3")


def test_what_is_said_of_the_collapse():
    run = Run("tour-collapse")
    info = run.info
    named = notes(run.epochs(), n=info["n"], k=info["k"], one_cluster=info["one_cluster"])
    assert {"fell", "flat", "unused"} <= {note.kind for note in named}
    assert min(note.epoch for note in named) == next(n.epoch for n in named if n.kind == "fell")
    unused = next(note for note in named if note.kind == "unused")
    assert unused.sentence in step("collapse.5")
    preset = resolve(run.spec).algorithm.start(run.spec.preset).flat()["cluster.lr"]
    assert run.spec.params["cluster.lr"] >= 10 * preset
    assert f"was {run.spec.params['cluster.lr']:g}; the preset has {preset:g}." in step("collapse.6")
    spread = [np.nanstd(run.array(epoch, "z").astype(np.float32)) for epoch in (5, 6)]
    assert spread[1] > 5 * spread[0]  # from the start to the next epoch
