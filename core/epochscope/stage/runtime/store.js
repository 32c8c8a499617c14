/**
 * What the page knows of a run, shared by all panels that show it: epochs, frames of each projection, status, changes of
 * parameters, and what a person has chosen (cursor, colors, hidden groups, selection). Panels listen; nobody else keeps
 * state.
 */

import { choiceNamed, colorChoice } from "../data/color_modes.js";
import { OVERLAYS } from "../data/overlays.js";
import { decodedInfo } from "../data/run_info.js";
import { Cursor } from "./cursor.js";
import { FrameTurner } from "./frame_turner.js";
import { LinkPool } from "./link_pool.js";
import { complaintAbout, steer } from "./orders.js";
import { RunData } from "./run_data.js";
import { ServerColors } from "./server_colors.js";
import { sourceOf } from "./source.js";
import { stats } from "./stats.js";
import { Window } from "./window.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Bundle, RunInfo } from "../data/types.js" */
/** @import { CursorStart, Order } from "./orders.js" */
/** @import { Counts } from "./run_data.js" */

/**
 * @typedef {"info" | "data" | "cursor" | "view" | "hover" | "message" | "update" | "answer"} StageEvent
 * @typedef {(event: StageEvent) => void} Listener
 * @typedef {{text: string, kind: "" | "wait" | "error"}} Message
 */

const KEEP = 60000; // ms a store outlives its last panel, so that changing pages does not load everything again

/** All stores of the page, by base and run. @type {Map<string, Store>} */
export const stores = new Map();
/** @type {Map<string, Cursor>} */
const cursors = new Map();

export class Store extends RunData {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;
  #wokenAt = Number.NEGATIVE_INFINITY;
  /** @type {number | null} */
  #lastOrder = null;
  /** @type {string | null | undefined}  name of the shared cursor */
  #linked;
  #turner = new FrameTurner();
  #links = new LinkPool(this);
  #window = new Window(this);

  /**
   * @param {string} base
   * @param {string} run
   * @param {CursorStart} start
   */
  constructor(base, run, start = {}) {
    super();
    this.base = base;
    this.run = run;
    this.source = sourceOf(base);
    /** @type {Message} */
    this.message = { text: "", kind: "" };
    this.complaint = complaintAbout(start);
    const chosen = colorChoice(start.color ?? "");
    this.color = chosen?.mode ?? null; // color mode of all panels; null: each panel as it was made
    this.shapes = chosen?.shapes ?? false; // whether groups of points have marks beside their colors
    /** @type {string | null}  color mode of the first points panel */
    this.firstColor = null;
    /** @type {Set<string>}  what lies over the points */
    this.show = new Set((start.show ?? []).filter((name) => Object.hasOwn(OVERLAYS, name)));
    this.showChosen = Boolean(start.show); // whether somebody chose what lies there
    /** @type {string | null}  the measure whose curve is shown; null: the first */
    this.measure = null;
    /** @type {Record<string, Set<number>>}  color mode -> groups */
    this.hidden = { class: new Set(), cluster: new Set(), mistakes: new Set(), changed: new Set() };
    this.serverColors = new ServerColors(this);
    /** @type {{mask: Uint8Array, count: number} | null} */
    this.selection = null;
    /** @type {number | null} */
    this.picked = null;
    /** @type {number | null} */
    this.hovered = null;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    /** @type {object | null}  the panel that says what is wrong with the run, if it is not the first one */
    this.speaker = null;
    /** @type {Promise<void>}  the end of the last catching up */
    this.catchingUp = Promise.resolve();
    /** @type {Promise<any> | null} */
    this.askingForInfo = null;
    const { promise, resolve } = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    /** Kept once the points can move. */
    this.begun = promise;
    this.begin = resolve;
    const first = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
    /** Kept once the points are on the screen. */
    this.pictured = first.promise;
    this.picture = first.resolve;
    this.cursor = new Cursor();
    this.linkTo(start);
    const { epoch } = start;
    if (typeof epoch === "number" && Number.isFinite(epoch))
      Object.assign(this.cursor, { chosen: epoch, follow: false });
  }

  /**
   * Shares the cursor of that name with other runs, `lead` the first of them; without a name it has a separate one.
   * @param {CursorStart} start
   */
  linkTo({ link: name = null, lead }) {
    if (this.#linked !== undefined && name === this.#linked) return;
    const before = this.cursor;
    before.pause(false);
    before.stores.delete(this);
    const first = this.#linked === undefined;
    this.#linked = name;
    this.cursor = (name !== null && cursors.get(name)) || new Cursor();
    if (name) cursors.set(name, this.cursor);
    else if (!first && before.clock === "epoch")
      Object.assign(this.cursor, { chosen: before.chosen, follow: before.follow });
    if (lead === this.run) this.cursor.stores = new Set([this, ...this.cursor.stores]);
    else this.cursor.stores.add(this);
    this.#turner = new FrameTurner();
    for (const [other, cursor] of cursors) if (!cursor.stores.size) cursors.delete(other);
  }

  /** Connections to the server, by projection. */
  get links() {
    return this.#links.links;
  }

  /** What the run is called. */
  get title() {
    return this.info?.run_title ?? "";
  }

  /** What the cursor counts, one number an epoch. */
  get places() {
    return this.cursor.clock === "seconds" ? this.moments : this.numbers;
  }

  /** Asks for something of the run, such as "hues?epoch=3". @param {string} path */
  get(path) {
    return this.source.get(this.run, path);
  }

  /**
   * Registers a panel; returns the function that removes it.
   * @param {Listener} listener
   * @param {string | null} projection  whose frames it needs
   */
  subscribe(listener, projection = null) {
    clearTimeout(this.#leaving);
    this.listeners.add(listener);
    this.#links.add(projection);
    return () => {
      this.listeners.delete(listener);
      this.#links.remove(projection);
      if (this.message.kind === "error") this.emit("message"); // another panel is the first now
      if (!this.listeners.size) this.cursor.pause(false);
      if (!this.listeners.size) this.#leaving = setTimeout(() => this.#forget(), KEEP);
    };
  }

  #forget() {
    stores.delete(`${this.base}|${this.run}`);
    this.cursor.pause(false);
    this.cursor.stores.delete(this);
    for (const [name, cursor] of cursors) if (!cursor.stores.size) cursors.delete(name);
  }

  /** Asks again if everything had been fetched: a finished run may have been continued. `sure`: it was. */
  wake(sure = false) {
    if (!sure && performance.now() - this.#wokenAt < 2000) return;
    this.#wokenAt = performance.now();
    this.#links.renew();
  }

  /** @param {RunInfo} info  as it came: with numbers of points as text */
  setInfo(info) {
    this.info = decodedInfo(info);
    this.emit("info");
  }

  /** Shows a message in all panels, an error in the first one only; none if it is empty. @param {string} text @param {Message["kind"]} kind */
  setMessage(text, kind = "") {
    if (text === this.message.text) return;
    this.message = { text, kind };
    this.emit("message");
  }

  /**
   * Takes a decoded bundle in.
   * @param {Bundle} bundle
   * @param {Counts} asked  what the viewer had when it asked
   * @param {string | null} projection
   */
  receive(bundle, asked, projection) {
    stats.updates++;
    const k = this.info?.k;
    const grown = this.take(bundle, asked, projection);
    if (this.info?.k !== k) this.emit("info");
    if ((this.framesOf(projection)?.frames.size ?? 0) > 1) this.begin();
    if (grown) this.cursor.grown();
    this.emit("data");
  }

  /**
   * The frame for an epoch, else the nearest one before it, else the first; of a compared run, turned to the first.
   * @param {string | null} projection
   * @param {number | null} epoch
   */
  frameAt(projection, epoch) {
    return this.#turner.shown(epoch === null ? null : this.framesOf(projection)?.at(epoch), projection, this);
  }

  /**
   * The frame of an epoch, whether or not its points are there; of a compared run, turned to the first.
   * @param {string | null} projection
   * @param {number} epoch
   */
  frameOf(projection, epoch) {
    return this.#turner.shown(this.framesOf(projection)?.frames.get(epoch), projection, this);
  }

  /** The epoch under the cursor in this run (a compared run may be shorter), or null. @returns {Epoch | null} */
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

  /** Groups of a color mode that are hidden. @param {string} mode */
  hiddenIn(mode) {
    return this.hidden[mode] ?? new Set();
  }

  /** Colors the points of this run, and of those that are compared with it. @param {string} choice  of the menu of colors */
  setColor(choice) {
    const { mode: color, shapes } = choiceNamed(choice);
    for (const store of /** @type {Set<Store>} */ (this.cursor.stores)) {
      Object.assign(store, { color, shapes, complaint: "" });
      store.emit("message");
      store.emit("view");
    }
  }

  /** Shows an overlay until somebody chooses what to show. @param {string | undefined} name */
  suggest(name) {
    if (name && Object.hasOwn(OVERLAYS, name) && !this.showChosen) this.show.add(name);
  }

  /** Shows or hides an overlay. @param {string} name */
  toggle(name) {
    this.showChosen = true;
    if (!this.show.delete(name)) this.show.add(name);
    this.emit("view");
  }

  /** @param {string} name */
  chooseMeasure(name) {
    this.measure = name;
    this.emit("view");
  }

  /** Hides some groups of a color mode, and shows the others. @param {string} mode @param {Iterable<number>} hidden */
  hide(mode, hidden) {
    this.hidden[mode] = new Set(hidden);
    this.emit("view");
  }

  /** @param {Uint8Array | null} mask  1 for each selected point; null: no selection */
  select(mask) {
    const count = mask ? mask.reduce((sum, one) => sum + one, 0) : 0;
    this.selection = mask && count ? { mask, count } : null;
    this.emit("view");
  }

  /** Picks a point; picking the same one again deselects it. @param {number | null} point */
  pick(point) {
    this.choose(point === this.picked ? null : point);
  }

  /** Picks a point, whatever was picked before. @param {number | null} point */
  choose(point) {
    this.picked = point;
    this.emit("view");
  }

  /** Does what Python asks for, once. @param {Order | undefined} order */
  execute(order) {
    if (!order || order.id === this.#lastOrder) return;
    this.#lastOrder = order.id;
    const { pick, select } = order;
    steer(this, order);
    if (pick !== undefined) this.picked = pick;
    if (select !== undefined) {
      const mask = new Uint8Array(this.info?.index.length ?? 1 + Math.max(0, ...(select ?? [])));
      for (const place of select ?? []) mask[place] = 1;
      this.selection = select?.length ? { mask, count: select.length } : null;
    }
    this.emit("view");
  }

  /** @param {number | null} point */
  hover(point) {
    if (point === this.hovered) return;
    this.hovered = point;
    this.emit("hover");
  }

  /** @param {StageEvent} event */
  emit(event) {
    if (event === "cursor" || event === "data") this.#window.look();
    for (const listener of this.listeners) listener(event);
  }
}

/** The store of a run; made when it is first asked for. @param {string} base @param {string} run @param {CursorStart} start */
export function storeOf(base, run, start) {
  const key = `${base}|${run}`;
  let store = stores.get(key);
  if (!store) {
    store = new Store(base, run, start);
    stores.set(key, store);
  }
  store.linkTo(start);
  return store;
}

/** The cursors that the keys of the page move: those of the runs shown, where the page is the stage's own. */
export const shownCursors = () =>
  [...stores.values()].filter(({ listeners, source }) => listeners.size && source.ownsPage).map(({ cursor }) => cursor);
