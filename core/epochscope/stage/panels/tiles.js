/** Numbers at the cursor's epoch, the state of the run and how far it is. */
import { make, setText } from "../base/dom.js";
import { percent, score } from "../base/format.js";
import { Panel, SILENCE } from "../base/panel.js";

/** @import { Epoch } from "../data/epoch.js" */

/** States of a run in words. @type {Record<string, string>} */
const STATES = {
  running: "Running",
  paused: "Paused",
  done: "Done",
  finished: "Done",
  stopped: "Stopped",
  failed: "Failed",
  waiting: "Waiting",
  queued: "Waiting",
};
const ENDED = new Set(["done", "finished", "failed"]);
const WORKING = new Set(["waiting", "queued", "loading", "running", "paused"]);
const TITLES = {
  epoch: "epoch",
  acc: "accuracy (ACC)",
  nmi: "NMI",
  ari: "ARI",
  changed: "changed labels",
  used: "used clusters",
};
const SMALLEST = 0.0005; // the least change of a score that is one

/** @typedef {keyof typeof TITLES} Tile */
/** @typedef {"" | "0" | "1"} Good  whether a change is one to the better */

/** @param {number} n */
const two = (n) => String(n).padStart(2, "0");

/** @param {number} seconds */
const duration = (seconds) => {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
};

/** @param {Tile} name */
function makeTile(name) {
  const value = make("span", "es-tile-value", { textContent: "–" });
  const diff = make("span", "es-tile-diff");
  const title = make("div", "es-tile-name", { textContent: TITLES[name] });
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
  chip = make("span", "es-state-chip", { textContent: "Waiting" });
  text = make("span", "es-state-text");
  findings = make("a", "es-findings", { hidden: true, target: "_self" });
  fill = make("i");
  /** For how many epochs of the ended run the findings were asked for. */
  #asked = 0;
  bar = make(
    "div",
    "es-bar",
    { role: "progressbar", "aria-label": "progress of the run", "aria-valuemin": 0, "aria-valuemax": 100 },
    this.fill,
  );

  start() {
    const boxes = Object.values(this.tiles).map(({ box }) => box);
    for (const box of boxes) box.title = this.spec.terms?.[box.dataset.tile ?? ""] ?? "";
    const state = make("div", "es-state", {}, this.chip, this.text, this.findings, this.bar);
    this.root.append(make("div", "es-tiles", {}, ...boxes, state));
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
    const plan = store.planned ? `of ${store.planned} ` : "";
    this.#set("epoch", entry ? String(entry.epoch) : "–", entry ? plan + (entry.phase ? `· ${entry.phase}` : "") : "");
    for (const name of /** @type {const} */ (["acc", "nmi", "ari"])) this.#setScore(name, entry, last);
    const changed = entry && store.changed(entry);
    const tol = store.info?.tol;
    const ends = tol ? `stops < ${Number((100 * tol).toPrecision(2))}%` : "";
    this.#set("changed", percent(changed, changed !== null && changed < 0.01 ? 2 : 1), ends);
    this.#setUsed(entry);
    this.#setState();
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
    if (used < k) this.#set("used", `${used} of ${k}`, `${k - used} unused`, "0");
    else this.#set("used", `${used} of ${k}`);
  }

  #setState() {
    const { status } = this.store;
    const state = status.state ?? "waiting";
    this.chip.dataset.state = state === "finished" ? "done" : state;
    setText(this.chip, STATES[state] ?? state);
    const { progress } = status;
    const known = typeof progress === "number" && Number.isFinite(progress) && !ENDED.has(state);
    this.bar.hidden = !known;
    if (known) {
      this.fill.style.transform = `scaleX(${Math.min(1, Math.max(0, progress))})`;
      this.bar.setAttribute("aria-valuenow", `${Math.round(100 * progress)}`);
    }
    this.text.dataset.state = state; // a failure is said in two lines and in the color of one
    const text = this.#stateWords(state);
    if (this.text.textContent !== text) this.text.textContent = this.text.title = text;
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
    findings.textContent = found.count === 1 ? "1 finding" : `${found.count} findings`;
    findings.title = found.first;
    findings.dataset.level = found.worst;
    if (store.source.ownsPage) findings.href = `${store.base}/inspect?run=${encodeURIComponent(store.run)}`;
    findings.hidden = false;
  }

  /** Why a run has ended before its plan; empty if it has not, or nobody knows. */
  #whyDone() {
    const { store } = this;
    const last = store.epochs.at(-1);
    const tol = store.info?.tol;
    const changed = last && store.changed(last);
    if (!last || !tol || last.epoch >= store.planned || !(typeof changed === "number" && changed < tol)) return "";
    return `ended early: fewer than ${Number((100 * tol).toPrecision(2))}% of the labels changed`;
  }

  /** @param {string} state */
  #stateWords(state) {
    const { message, doing, phase, eta_seconds: left } = this.store.status;
    if (message) return message;
    if (state === "done" || state === "finished") return this.#whyDone();
    if (state !== "running" && state !== "paused") return "";
    const parts = [doing || phase || ""];
    if (state === "running" && typeof left === "number" && Number.isFinite(left))
      parts.push(`about ${duration(left)} left`);
    return parts.filter(Boolean).join(" · ");
  }
}
