/** Numbers at the cursor's epoch, the state of the run and how far it is. */

import { make } from "../base/dom.js";
import { Panel, percent } from "../base/panel.js";

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

const time = (seconds) => {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
};

export class TilesPanel extends Panel {
  constructor(host, data, context) {
    super(host, data, context);
    this.grid = make("div", "es-tiles");
    this.tiles = {};
    for (const name of ["epoch", "acc", "nmi", "ari", "changed", "used"]) {
      const value = make("span", "es-tile-value", { textContent: "–" });
      const diff = make("span", "es-tile-diff");
      const title = make("div", "es-tile-name");
      const tile = make("div", "es-tile", {}, title, make("div", "es-tile-row", {}, value, diff));
      tile.dataset.tile = name;
      this.tiles[name] = { tile, title, value, diff };
      this.grid.append(tile);
    }
    this.chip = make("span", "es-state-chip", { textContent: "Waiting" });
    this.fill = make("i");
    this.bar = make(
      "div",
      "es-bar",
      { role: "progressbar", "aria-label": "progress of the run", "aria-valuemin": 0, "aria-valuemax": 100 },
      this.fill,
    );
    this.text = make("span", "es-state-text");
    this.grid.append(make("div", "es-state", {}, this.chip, this.text, this.bar));
    this.root.append(this.grid);
  }

  #set(name, title, value, diff = "", good = "") {
    const t = this.tiles[name];
    for (const [element, text] of [
      [t.title, title],
      [t.value, value],
      [t.diff, diff],
    ])
      if (element.textContent !== text) element.textContent = text;
    t.diff.dataset.good = good;
  }

  #score(name, title, entry, last) {
    const now = entry?.scores[name];
    const before = last?.scores[name];
    this.tiles[name].tile.hidden = this.store.info?.truth === null && now === undefined;
    const change = now - before;
    const digits =
      Math.abs(change) < 0.0005 ? "±0.0" : `${change > 0 ? "+" : "−"}${(100 * Math.abs(change)).toFixed(1)}`;
    const good = Math.abs(change) < 0.0005 ? "" : change > 0 ? "1" : "0";
    this.#set(name, title, percent(now), Number.isFinite(change) ? digits : "", Number.isFinite(change) ? good : "");
  }

  paint() {
    const { store } = this;
    const entry = store.current;
    const last = entry && store.before(entry.epoch);
    const plan = store.planned;
    this.#set(
      "epoch",
      "epoch",
      entry ? String(entry.epoch) : "–",
      entry ? `${plan ? `of ${plan} ` : ""}${entry.phase ? `· ${entry.phase}` : ""}` : "",
    );
    this.#score("acc", "accuracy (ACC)", entry, last);
    this.#score("nmi", "NMI", entry, last);
    this.#score("ari", "ARI", entry, last);
    const changed = entry ? store.changed(entry) : null;
    this.#set(
      "changed",
      "changed labels",
      Number.isFinite(changed) && changed !== null ? percent(changed, changed < 0.01 ? 2 : 1) : "–",
      store.info?.tol ? `ends < ${Number((100 * store.info.tol).toPrecision(2))}%` : "",
    );
    const k = store.info?.k ?? entry?.sizes?.length;
    const used = entry?.sizes?.filter((size) => size > 0).length;
    this.#set(
      "used",
      "used clusters",
      used === undefined ? "–" : `${used} of ${k}`,
      used !== undefined && used < k ? `${k - used} empty` : "",
      used !== undefined && used < k ? "0" : "",
    );
    this.#state();
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: store.epochs.length });
  }

  #state() {
    const { status } = this.store;
    const state = status.state ?? "waiting";
    this.chip.dataset.state = state === "finished" ? "done" : state;
    this.chip.textContent = STATES[state] ?? state;
    const share = status.progress;
    const known = Number.isFinite(share) && !["done", "finished", "failed"].includes(state);
    this.bar.hidden = !known;
    if (known) {
      this.fill.style.transform = `scaleX(${Math.min(1, Math.max(0, share))})`;
      this.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    }
    const parts = [];
    if (status.message) parts.push(status.message);
    else if (state === "running" || state === "paused") {
      if (status.doing || status.phase) parts.push(status.doing || status.phase);
      if (state === "running" && Number.isFinite(status.eta_seconds))
        parts.push(`about ${time(status.eta_seconds)} left`);
    }
    this.text.dataset.state = state; // a failure is said in two lines and in the colour of one
    const text = parts.join(" · ");
    if (this.text.textContent !== text) this.text.textContent = this.text.title = text;
  }
}
