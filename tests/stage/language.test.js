import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  failure,
  languageCode,
  loadCatalog,
  ntr,
  phaseName,
  tr,
  useCatalog,
} from "../../core/epochscope/stage/data/language.js";
import { announcement, curvesSentence } from "../../core/epochscope/stage/data/sentences.js";

afterEach(() => useCatalog("en", {}));

test("without a catalog sentences are English, and filled in", () => {
  assert.equal(tr("{n} of {all}", { n: 2, all: 3 }), "2 of 3");
  assert.equal(tr("{n} of {all}", { n: 2 }), "2 of {all}");
  assert.equal(ntr("{n} point", "{n} points", 1), "1 point");
  assert.equal(ntr("{n} point", "{n} points", 1000, { n: "1,000" }), "1,000 points");
  assert.equal(tr(undefined), "");
  assert.equal(phaseName("cluster"), "cluster");
  assert.equal(languageCode(), "en");
});

test("a catalog gives sentences and forms of what is counted", () => {
  useCatalog("de", {
    "{n} of {all}": "{n} von {all}",
    "{n} point": ["{n} Punkt", "{n} Punkte"],
    "phase: cluster": "Clustern",
    cluster: "Cluster",
  });
  assert.equal(tr("{n} of {all}", { n: 2, all: 3 }), "2 von 3");
  assert.deepEqual(
    [0, 1, 2].map((n) => ntr("{n} point", "{n} points", n)),
    ["0 Punkte", "1 Punkt", "2 Punkte"],
  );
  assert.equal(tr("not translated"), "not translated");
  assert.equal(tr("toString"), "toString");
  assert.equal(phaseName("cluster"), "Clustern");
  assert.equal(phaseName("a phase of somebody"), "a phase of somebody");
  useCatalog("zh", { "{n} point": ["{n} 个点"] });
  assert.equal(ntr("{n} point", "{n} points", 1), "1 个点");
  assert.equal(ntr("{n} point", "{n} points", 5), "5 个点");
});

test("sentences about figures follow the order of words of a language", () => {
  useCatalog("zh", {
    "{value} at {unit} {x}": "{value}（{unit} {x}）",
    "{value} (from {low} at {first} to {high} at {last})": "{value}（从 {first} 处的 {low} 到 {last} 处的 {high}）",
    epoch: "轮次",
    "epoch {epoch}": "第 {epoch} 轮",
  });
  const curves = [{ name: "ACC", x: [0, 1], y: [0.5, 0.75] }];
  assert.equal(
    curvesSentence({ title: "T", epoch: 1, curves }),
    "T（轮次 1）: ACC 0.75（从 0 处的 0.5 到 1 处的 0.75）.",
  );
  const heard = { state: "s", phase: "", epoch: 9, acc: null, why: "" };
  assert.equal(announcement(heard, { ...heard, epoch: 10 }), "第 10 轮");
});

test("a catalog that does not come leaves English", async () => {
  const { fetch, console: log } = globalThis;
  const { warn } = log;
  globalThis.fetch = /** @type {any} */ (async () => ({ ok: false, status: 404 }));
  log.warn = () => {};
  try {
    await loadCatalog("de", "/nowhere.json");
    assert.equal(tr("Live"), "Live");
    assert.equal(languageCode(), "en");
  } finally {
    Object.assign(globalThis, { fetch });
    log.warn = warn;
  }
});

test("why a run failed is told by its template, or in English, which is said", () => {
  assert.equal(failure("No idea."), "No idea.");
  useCatalog("de", {
    "failure: NaN in the {name} at epoch {epoch} of phase {phase} (0/0).": "{phase}, Epoche {epoch}: NaN in {name}.",
    "Told in English only: {sentence}": "Auf Englisch: {sentence}",
    "{n} of {all}": "{n} von {all}",
    "phase: cluster": "Clustern",
  });
  assert.equal(failure("NaN in the codes at epoch 3 of phase cluster (0/0)."), "Clustern, Epoche 3: NaN in codes.");
  assert.equal(failure("No idea of 3."), "Auf Englisch: No idea of 3.");
});
