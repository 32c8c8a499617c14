/**
 * What the page knows of futures (many seeds trained as one computation): their members, epochs and the cursor. Epochs
 * are asked for while they train, and never again once all are there.
 */
import { tr } from "../data/language.js";
import { Cursor } from "../runtime/cursor.js";
import { pause } from "../runtime/time.js";

/** @import { Message, Listener, StageEvent } from "../runtime/store.js" */

/**
 * @typedef {object} FuturesInfo  core/epochscope/server/futures.py
 * @property {string} title
 * @property {{label: string, seed: number}[]} members
 * @property {Record<string, any>} status
 * @property {boolean} live
 * @property {number} [n]
 * @property {number} [m]  drawn points
 * @property {number} [k]
 * @property {string[]} [classes]
 * @property {number[]} [truth]  of the drawn points; -1: none
 *
 * @typedef {object} FuturesEpoch
 * @property {number} epoch
 * @property {string} phase
 * @property {number[]} members  those that have this epoch
 * @property {Record<string, (number | null)[]>} scores  of these members
 * @property {Int16Array} places  [member, m, 2]; 32767 is the edge of a picture
 * @property {Int16Array | null} labels  [member, m]
 */

const LOOK = 700; // ms between two questions while they train
const LOST = 3000; // ms until a server that did not answer is asked again

/** @type {Map<string, FuturesStore>} */
const stores = new Map();

/** The store of these futures. @param {string} base @param {string} id */
export function futuresStoreOf(base, id) {
  const key = JSON.stringify([base, id]);
  const known = stores.get(key) ?? new FuturesStore(base, id);
  stores.set(key, known);
  return known;
}

/** The cursors of all futures that a panel shows. */
export const futuresCursors = () => [...stores.values()].filter((one) => one.listeners.size).map((one) => one.cursor);

/** Epochs out of a message. @param {ArrayBuffer} message @param {number} m  drawn points */
export function decodedEpochs(message, m) {
  const size = new DataView(message).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, size)));
  let at = 4 + size;
  /** @param {number} count */
  const numbers = (count) => {
    const found = new Int16Array(message, at, count);
    at += 2 * count;
    return found;
  };
  const epochs = /** @type {FuturesEpoch[]} */ (
    header.epochs.map((/** @type {any} */ line) => {
      const places = numbers(line.members.length * m * 2);
      return { ...line, places, labels: line.has_labels ? numbers(line.members.length * m) : null };
    })
  );
  return { ...header, epochs };
}

export class FuturesStore {
  #abort = new AbortController();
  #asking = false;

  /** @param {string} base @param {string} id */
  constructor(base, id) {
    this.base = base;
    this.id = id;
    this.run = id; // in the name of a picture that is kept
    this.title = "";
    /** @type {Message} */
    this.message = { text: tr("Waiting for the futures ..."), kind: "wait" };
    /** @type {FuturesInfo | null} */
    this.about = null;
    /** @type {FuturesEpoch[]} */
    this.epochs = [];
    this.colored = "class"; // or "cluster"
    /** @type {number | null}  the member that is pointed at */
    this.hovered = null;
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    this.live = true;
    /** @type {Record<string, any>} */
    this.status = {};
    this.begun = Promise.resolve();
    this.cursor = new Cursor();
    this.cursor.stores.add(/** @type {any} */ (this));
    // what a bar of a run asks for, too, and futures do not have
    this.info = null;
    this.color = this.firstColor = null;
    this.paramChanges = [];
    this.ahead = new Set();
    this.showChosen = false;
  }

  get places() {
    return this.epochs.map(({ epoch }) => epoch);
  }

  get at() {
    return new Map(this.epochs.map(({ epoch }, i) => [epoch, i]));
  }

  get unbroken() {
    return this.epochs;
  }

  get current() {
    return this.epochs.length ? this.epochs[this.cursor.position] : null;
  }

  /** What is shown of each member at an epoch: its row in it, or that of the last epoch that it has. @param {number} member */
  rowOf(member) {
    for (let i = this.cursor.position; i >= 0; i--) {
      const row = this.epochs[i]?.members.indexOf(member) ?? -1;
      if (row >= 0) return { epoch: this.epochs[i], row, ended: i < this.cursor.position };
    }
    return null;
  }

  /** @param {Listener} listener */
  subscribe(listener) {
    this.listeners.add(listener);
    this.#ask();
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) this.cursor.pause(false);
    };
  }

  /** @param {StageEvent} event */
  emit(event) {
    for (const listener of this.listeners) listener(event);
  }

  /** @param {string} by  "class" or "cluster" */
  colorBy(by) {
    this.colored = by;
    this.emit("view");
  }

  /** @param {number | null} member */
  hover(member) {
    if (this.hovered === member) return;
    this.hovered = member;
    this.emit("hover");
  }

  /** Asks for what is new until there is nothing more to come, or no panel is left. */
  async #ask() {
    if (this.#asking || !this.live) return;
    this.#asking = true;
    while (this.live && this.listeners.size) {
      let wait = LOOK;
      try {
        if (await this.#take()) wait = 0;
      } catch (error) {
        if (error instanceof Refused) {
          this.live = false;
          this.#say(error.message, "error");
        } else {
          this.#say(tr("The server does not answer; trying again ..."), "error");
          wait = LOST;
        }
      }
      if (wait) await pause(wait, this.#abort.signal);
    }
    this.#asking = false;
  }

  /** Takes over what is new; whether there is more at once. */
  async #take() {
    if (!this.about?.m) {
      this.about = await (await this.#get("info")).json();
      const { title, status, live } = /** @type {FuturesInfo} */ (this.about);
      Object.assign(this, { title, status });
      if (!this.about?.m) {
        this.live = live;
        this.#say(
          live ? tr("Waiting for their turn ...") : status.message || tr("They ended before their first epoch."),
          "wait",
        );
        return false;
      }
      this.colored = this.about.truth?.some((one) => one >= 0) ? "class" : "cluster";
      this.emit("info");
    }
    const message = await (await this.#get(`epochs?epoch=${this.epochs.length}`)).arrayBuffer();
    const found = decodedEpochs(message, this.about.m ?? 0);
    this.epochs.push(...found.epochs);
    this.status = found.status;
    const more = !found.last;
    this.live = found.live || more;
    this.#say(this.epochs.length ? "" : (found.status.message ?? ""), "error"); // with pictures, the page says it
    if (found.epochs.length) this.cursor.grown();
    this.emit("data");
    return more;
  }

  /** Takes all there is from a file: nothing is asked for. @param {FuturesInfo} info @param {ArrayBuffer[]} messages */
  hand(info, messages) {
    this.about = info;
    this.title = info.title;
    this.status = info.status;
    this.live = false;
    this.colored = info.truth?.some((one) => one >= 0) ? "class" : "cluster";
    for (const message of messages) this.epochs.push(...decodedEpochs(message, info.m ?? 0).epochs);
    this.#say(info.status.message ?? "", "error");
    this.cursor.grown();
  }

  /** @param {string} path */
  async #get(path) {
    const response = await fetch(`${this.base}/api/futures/${encodeURIComponent(this.id)}/${path}`);
    if (response.status === 404) throw new Refused((await response.json()).error);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  }

  /** @param {string} text @param {"wait" | "error"} kind */
  #say(text, kind) {
    if (this.message.text === text) return;
    this.message = { text, kind: text ? kind : "" };
    this.emit("message");
  }
}

/** There are no such futures, or they cannot be read. */
class Refused extends Error {}
