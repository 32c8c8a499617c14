/**
 * What the page knows of a run, shared by all panels that show it: epochs, frames of each projection, status, marks,
 * and what a person has chosen (cursor, colours, hidden groups, selection). Panels listen; nobody else keeps state.
 */
import { turned } from "../data/align.js";
import { Hues, isMode } from "../data/color_modes.js";
import { around } from "../data/view.js";
import { answerKey, Cursor } from "./cursor.js";
import { Link } from "./link.js";

const KEEP = 60000; // ms a store outlives its last panel, so that changing pages does not load everything again

/** All stores of the page, by base and run. */
export const stores = new Map();
const cursors = new Map();
export const stats = { updates: 0, longtasks: 0, bytes: 0, answers: 0 };

export class Store {
  constructor(base, run, start = {}) {
    this.base = base;
    this.run = run;
    this.info = null;
    this.epochs = []; // in the order of arrival, which is the order of time
    this.numbers = [];
    this.moments = []; // seconds of training at the end of each epoch
    this.at = new Map(); // epoch number -> place in `epochs`
    this.received = 0;
    this.turns = new Map(); // projection key -> how its frames are turned towards those of the first compared run
    this.refused = new Map(); // key -> why a projection cannot be computed, in words
    this.projections = new Map(); // key -> {received, frames: Map, order: epoch numbers, box}
    this.status = {};
    this.marks = [];
    this.live = true;
    this.message = { text: "", kind: "" };
    this.color = isMode(start.color) ? start.color : null; // null: each panel as it was made
    this.show = new Set(start.show ?? []); // what lies over the points
    this.measure = null; // the measure whose curve is shown; null: the first
    this.hidden = { class: new Set(), cluster: new Set(), mistakes: new Set(), changed: new Set() };
    this.hueing = new Hues(this);
    this.selection = null; // {mask: Uint8Array, count}
    this.picked = null;
    this.hovered = null;
    this.version = 0;
    this.listeners = new Set();
    this.wanted = new Map(); // projection key -> number of panels
    this.links = new Map();
    this.turn = Promise.resolve();
    this.begun = new Promise((done) => (this.begin = done)); // kept once the points can move
    this.linkTo(start);
    if (Number.isFinite(start.epoch)) Object.assign(this.cursor, { chosen: start.epoch, follow: false });
  }

  /** Shares the cursor of that name with other runs, `lead` the first of them; without a name it has one of its own. */
  linkTo({ link: name = null, lead }) {
    if (this.cursor && name === this.linked) return;
    const before = this.cursor;
    before?.pause(false);
    before?.stores.delete(this);
    this.linked = name;
    this.cursor = cursors.get(name) ?? new Cursor();
    if (name) cursors.set(name, this.cursor);
    else if (before && before.clock === "epoch")
      Object.assign(this.cursor, { chosen: before.chosen, follow: before.follow });
    this.cursor.stores = lead === this.run ? new Set([this, ...this.cursor.stores]) : this.cursor.stores.add(this);
    this.turns.clear();
    for (const [other, cursor] of cursors) if (!cursor.stores.size) cursors.delete(other);
  }

  /** What the cursor counts, one number an epoch. */
  get places() {
    return this.cursor.clock === "seconds" ? this.moments : this.numbers;
  }

  url(path) {
    return `${this.base}/api/runs/${encodeURIComponent(this.run)}/${path}`;
  }

  /** Registers a panel; returns the function that takes it away again. */
  join(listener, projection = null) {
    clearTimeout(this.leaving);
    this.listeners.add(listener);
    if (projection) this.wanted.set(projection, (this.wanted.get(projection) ?? 0) + 1);
    this.#arrange();
    return () => {
      this.listeners.delete(listener);
      if (projection) this.wanted.set(projection, this.wanted.get(projection) - 1);
      if (projection && !this.wanted.get(projection)) this.wanted.delete(projection);
      this.#arrange();
      if (!this.listeners.size) this.leaving = setTimeout(() => this.#forget(), KEEP);
    };
  }

  #forget() {
    stores.delete(`${this.base}|${this.run}`);
    this.cursor.pause(false);
    this.cursor.stores.delete(this);
    for (const [name, cursor] of cursors) if (!cursor.stores.size) cursors.delete(name);
  }

  /** Opens and closes links so that they are the ones the panels need; panels that mount together count as one change. */
  #arrange() {
    if (!this.listeners.size) {
      this.cursor.pause(false);
      for (const link of this.links.values()) link.close();
      this.links.clear();
      return;
    }
    clearTimeout(this.arranging);
    this.arranging = setTimeout(() => {
      if (!this.listeners.size) return;
      const keys = this.wanted.size ? [...this.wanted.keys()] : [null];
      for (const [key, link] of this.links) {
        if (keys.includes(key)) continue;
        link.close();
        this.links.delete(key);
      }
      for (const key of keys) if (!this.links.has(key)) this.links.set(key, new Link(this, key));
    }, 20);
  }

  /** Asks again if everything had been fetched: a finished run may have been continued. `sure`: it was. */
  wake(sure = false) {
    if (!sure && performance.now() - (this.woken ?? 0) < 2000) return;
    this.woken = performance.now();
    for (const [key, link] of this.links) if (link.done) this.links.set(key, new Link(this, key));
  }

  learn(info) {
    this.info = info;
    this.tell("info");
  }

  note(text, kind = "") {
    if (text === this.message.text) return;
    this.message = { text, kind };
    this.tell("note");
  }

  framesOf(key) {
    return this.projections.get(key);
  }

  /** Takes a decoded bundle that answers the question `asked`. */
  take({ header, epochs, frames }, asked, projection) {
    stats.updates++;
    epochs.slice(Math.max(0, this.received - asked.epochs)).forEach((epoch) => {
      for (const [name, since] of Object.entries(epoch.held)) epoch[name] = this.entry(since)?.[name] ?? null;
      if (this.at.has(epoch.epoch)) this.epochs[this.at.get(epoch.epoch)] = epoch;
      else {
        this.at.set(epoch.epoch, this.epochs.push(epoch) - 1);
        this.numbers.push(epoch.epoch);
        this.moments.push((this.moments.at(-1) ?? 0) + (epoch.seconds ?? 0));
      }
    });
    const before = this.received;
    this.received = Math.max(this.received, asked.epochs + epochs.length);
    if (projection && frames.length) this.#addFrames(projection, frames, asked);
    if (projection) this.refused.set(projection, header.projection_error ?? "");
    this.status = header.status ?? this.status;
    if (this.info && header.provides) this.info.provides = header.provides; // a recorded loop may show more later
    this.marks = header.marks ?? this.marks;
    this.live = header.live !== false;
    this.version++;
    if (this.received > before) this.cursor.grown();
    this.tell("data");
  }

  #addFrames(key, frames, asked) {
    const known = this.projections.get(key) ?? { received: 0, frames: new Map(), order: [], box: null };
    this.projections.set(key, known);
    for (const frame of frames) {
      if (!frame.xy) continue;
      known.frames.set(frame.epoch, frame);
      if (known.frames.size > 1) this.begin();
      known.box = around(known.box, frame.box);
    }
    known.received = Math.max(known.received, asked.frames + frames.length);
    known.order = [...known.frames.keys()].sort((a, b) => a - b);
  }

  /** The frame for an epoch, else the nearest one before it, else the first; of a compared run, turned to the first. */
  frameAt(key, epoch) {
    const known = this.projections.get(key);
    if (!known?.order.length || epoch === null) return null;
    let best = known.order[0];
    for (const other of known.order) if (other <= epoch) best = other;
    return turned(this, key, known.frames.get(best));
  }

  /** The epoch under the cursor in this run (a compared run may be shorter), or null. */
  get current() {
    const wanted = this.cursor.epoch;
    if (wanted === null || !this.epochs.length) return null;
    const { places } = this;
    let low = 0;
    let high = places.length; // the first place beyond the cursor
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return this.epochs[Math.max(0, low - 1)];
  }

  /** Number of the last epoch, if all phases last as long as they may; 0 while that is not known. */
  get planned() {
    const phases = Object.values(this.info?.plan ?? {});
    return phases.length && phases.reduce((a, b) => a + b, phases.length - 1); // a phase shows its start, too
  }

  entry(epoch) {
    return this.at.has(epoch) ? this.epochs[this.at.get(epoch)] : null;
  }

  before(epoch) {
    const place = this.at.get(epoch);
    return place > 0 ? this.epochs[place - 1] : null;
  }

  /** Share of drawn points whose cluster changed from the epoch before; the run's own number (all points) wins. */
  changed(entry) {
    const own = entry.scores.changed ?? entry.scores.label_change;
    if (Number.isFinite(own)) return own;
    if (entry.changed === undefined) {
      const last = this.before(entry.epoch);
      entry.changed = null;
      if (last?.labels && entry.labels && last.labels.length === entry.labels.length) {
        let count = 0;
        for (let i = 0; i < entry.labels.length; i++) count += entry.labels[i] !== last.labels[i];
        entry.changed = count / entry.labels.length;
      }
    }
    return entry.changed;
  }

  /** What the server works out for colours at an epoch: {match, entropy}; null until it is there. */
  hues(entry) {
    return this.hueing.at(entry.epoch);
  }

  /** Colours the points of this run, and of those that are compared with it. */
  setColor(mode) {
    for (const store of this.cursor.stores) {
      store.color = mode;
      store.tell("view");
    }
  }

  /** Lays something over the points, or takes it away. */
  toggle(name) {
    this.show.has(name) ? this.show.delete(name) : this.show.add(name);
    this.tell("view");
  }

  chooseMeasure(name) {
    this.measure = name;
    this.tell("view");
  }

  /** Hides or shows groups ("class" or "cluster"). */
  hide(mode, hidden) {
    this.hidden[mode] = new Set(hidden);
    this.tell("view");
  }

  select(mask) {
    const count = mask ? mask.reduce((sum, one) => sum + one, 0) : 0;
    this.selection = count ? { mask, count } : null;
    this.tell("view");
  }

  /** Picks a point; the same one again lets it go. */
  pick(point) {
    this.picked = point === this.picked ? null : point;
    this.tell("view");
  }

  /** Does once what Python asks for: {id, epoch, pick, select}; places of drawn points. Ids only grow within a page. */
  obey(order) {
    if (!order || order.id === this.obeyed) return;
    this.obeyed = order.id;
    if (Number.isFinite(order.epoch)) this.cursor.seek(order.epoch);
    if (order.pick !== undefined) this.picked = order.pick;
    if (order.select !== undefined) {
      const mask = order.select && new Uint8Array(this.info?.index?.length ?? 5000);
      for (const place of order.select ?? []) mask[place] = 1;
      this.selection = order.select?.length ? { mask, count: order.select.length } : null;
    }
    this.tell("view");
  }

  hover(point) {
    if (point === this.hovered) return;
    this.hovered = point;
    this.tell("hover");
  }

  tell(what) {
    for (const listener of this.listeners) {
      try {
        listener(what);
      } catch (error) {
        console.error("epochscope panel:", error);
      }
    }
  }
}

/** The store of a run; made when it is first asked for. */
export function storeOf(base, run, start) {
  const key = `${base}|${run}`;
  if (!stores.has(key)) stores.set(key, new Store(base, run, start));
  const store = stores.get(key);
  store.linkTo(start);
  return store;
}

document.addEventListener("keydown", (event) => {
  const shown = new Set([...stores.values()].filter((store) => store.listeners.size).map((store) => store.cursor));
  let taken = false;
  for (const cursor of shown) taken = answerKey(cursor, event) || taken;
  if (taken) event.preventDefault();
});

try {
  new PerformanceObserver((list) => (stats.longtasks += list.getEntries().length)).observe({
    type: "longtask",
    buffered: false,
  });
} catch {
  // not all browsers report long tasks
}
