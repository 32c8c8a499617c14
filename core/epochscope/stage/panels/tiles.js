/** Numbers at the cursor's epoch, the state of the run and how far it is. */

import { make, setText } from "../base/dom.js";
import { percent, score } from "../base/format.js";
import { Panel, SILENCE } from "../base/panel.js";
import { ntr, phaseName, tr } from "../data/language.js";
import { stateOf, stateWords } from "./run_state.js";

/** @import { Epoch } from "../data/epoch.js" */

const ENDED = new Set(["done", "finished", "failed"]);
const BROKEN_OFF = new Set(["failed", "interrupted"]);
const WORKING = new Set(["waiting", "queued", "loading", "running", "paused"]);
/** What each tile is called; and where there is little room. */
const TITLES = {
  epoch: [tr("epoch"), tr("epoch")],
  acc: [tr("accuracy (ACC)"), "ACC"],
  nmi: ["NMI", "NMI"],
  ari: ["ARI", "ARI"],
  changed: [tr("changed labels"), tr("changed")],
  used: [tr("used clusters"), tr("clusters")],
};
const SMALLEST = 0.0005; // the least change of a score that is one

/** @typedef {keyof typeof TITLES} Tile */
/** @typedef {"" | "0" | "1"} Good  whether a change is one to the better */

/** @param {Tile} name */
function makeTile(name) {
  const value = make("span", "es-tile-value", { textContent: "–" });
  const diff = make("span", "es-tile-diff");
  const [long, short] = TITLES[name];
  const title = make("div", "es-tile-name", {}, make("span", "es-long", {}, long), make("span", "es-short", {}, short));
  const row = make("div", "es-tile-row", {}, value, diff);
  return { box: make("div", "es-tile", { "data-tile": name }, title, row), value, diff };
}

export class TilesPanel extends Panel {
  tiles = {
    epoch: makeTile("epoch"),
    acc: makeTile("acc"),
    nmi: makeTile("nmi"),
    ari: makeTile("ari"),
    changed: makeTile("changed"),
    used: makeTile("used"),
  };
  list = make("div", "es-tiles", { "data-empty": "" });
  chip = make("span", "es-state-chip", { textContent: tr("Waiting") });
  text = make("span", "es-state-text");
  findings = make("a", "es-findings", { hidden: true, target: "_self" });
  fill = make("i");
  /** For how many epochs of the ended run the findings were asked for. */
  #asked = 0;
  bar = make(
    "div",
    "es-bar",
    { role: "progressbar", "aria-label": tr("progress of the run"), "aria-valuemin": 0, "aria-valuemax": 100 },
    this.fill,
  );

  start() {
    const boxes = Object.values(this.tiles).map(({ box }) => box);
    for (const box of boxes) box.title = this.spec.terms?.[box.dataset.tile ?? ""] ?? "";
    const state = make("div", "es-state", {}, this.chip, this.findings, this.text, this.bar);
    this.list.append(state, ...boxes);
    this.root.append(this.list);
    this.store.speaker = this;
    super.start();
  }

  destroy() {
    if (this.store.speaker === this) this.store.speaker = null;
    super.destroy();
  }

  /** Not what its own text says already: why a run has ended. */
  get message() {
    const { message, status } = this.store;
    return message.text === status.message ? SILENCE : message;
  }

  /** @param {Tile} name @param {string} value @param {string} diff @param {Good} good */
  #set(name, value, diff = "", good = "") {
    const tile = this.tiles[name];
    setText(tile.value, value);
    setText(tile.diff, diff);
    tile.diff.dataset.good = good;
  }

  /** @param {"acc" | "nmi" | "ari"} name @param {Epoch | null} entry @param {Epoch | null} last */
  #setScore(name, entry, last) {
    const now = entry?.scores[name];
    this.tiles[name].box.hidden = this.store.info?.truth === null && now === undefined;
    const change = (now ?? Number.NaN) - (last?.scores[name] ?? Number.NaN);
    if (!Number.isFinite(change)) return this.#set(name, score(now));
    if (Math.abs(change) < SMALLEST) return this.#set(name, score(now), "±0");
    const digits = Math.abs(change).toFixed(3);
    this.#set(name, score(now), change > 0 ? `+${digits}` : `−${digits}`, change > 0 ? "1" : "0");
  }

  paint() {
    const { store } = this;
    const entry = store.current;
    const last = entry && store.before(entry.epoch);
    const plan = store.planned ? `${tr("of {n}", { n: store.planned })} ` : "";
    this.#set(
      "epoch",
      entry ? String(entry.epoch) : "–",
      entry ? plan + (entry.phase ? `· ${phaseName(entry.phase)}` : "") : "",
    );
    for (const name of /** @type {const} */ (["acc", "nmi", "ari"])) this.#setScore(name, entry, last);
    const changed = entry && store.changed(entry);
    const tol = store.info?.tol;
    const ends = tol ? tr("stops < {percent}%", { percent: Number((100 * tol).toPrecision(2)) }) : "";
    this.#set("changed", percent(changed, changed !== null && changed < 0.01 ? 2 : 1), ends);
    this.#setUsed(entry);
    this.#setState();
    this.list.toggleAttribute("data-empty", !entry);
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: store.epochs.length });
  }

  /** @param {Epoch | null} entry */
  #setUsed(entry) {
    const sizes = entry?.list("sizes");
    if (!entry || !sizes) return this.#set("used", "–");
    const k = entry.measures.clusters || this.store.info?.k || sizes.length;
    const all = sizes.reduce((sum, size) => sum + size, 0);
    const least = ((this.store.info?.unused_share ?? 0) * all) / k; // as the findings say it
    const used = sizes.filter((size) => size > 0 && size >= least).length;
    if (used < k) this.#set("used", tr("{n} of {all}", { n: used, all: k }), tr("{n} unused", { n: k - used }), "0");
    else this.#set("used", tr("{n} of {all}", { n: used, all: k }));
  }

  #setState() {
    const { state, shown, title } = stateOf(this.store);
    this.chip.dataset.state = shown;
    setText(this.chip, title);
    const { progress } = this.store.status;
    const known = typeof progress === "number" && Number.isFinite(progress) && !ENDED.has(state);
    this.bar.hidden = !known;
    if (known) {
      this.fill.style.transform = `scaleX(${Math.min(1, Math.max(0, progress))})`;
      this.bar.setAttribute("aria-valuenow", `${Math.round(100 * progress)}`);
    }
    this.text.dataset.state = state; // a failure is said on a line of its own and in the color of one
    const text = stateWords(this.store);
    if (this.text.textContent !== text) this.text.textContent = this.text.title = text;
    this.list.toggleAttribute("data-ended", Boolean(text) && BROKEN_OFF.has(state)); // a line more
    this.#askForFindings(state);
  }

  /** Once a run has ended it is said how many problems were found, however it ended. @param {string} state */
  async #askForFindings(state) {
    const { store } = this;
    const epochs = WORKING.has(state) ? 0 : store.epochs.length;
    if (!epochs) this.findings.hidden = true;
    if (!epochs || epochs === this.#asked || epochs < store.recorded) return;
    this.#asked = epochs;
    /** @type {{count: number, worst: string, first: string} | null} */
    const found = await store
      .get("findings")
      .then((response) => response.json())
      .catch(() => null);
    if (this.gone || !found?.count) return;
    const { findings } = this;
    findings.textContent = ntr("{n} finding", "{n} findings", found.count);
    findings.title = found.first;
    this.chip.dataset.worst = findings.dataset.level = found.worst;
    if (store.source.ownsPage) findings.href = `${store.base}/inspect?run=${encodeURIComponent(store.run)}`;
    findings.hidden = false;
  }
}
