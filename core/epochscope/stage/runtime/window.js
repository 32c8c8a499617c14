/**
 * Keeps the arrays of the epochs around the cursor: of a run with many bytes the server sends lines, and arrays when they
 * are asked for (core/epochscope/server/window.py). First those of the epoch shown, then those that come next; what is
 * far from the cursor is forgotten.
 */
import { decode } from "../data/bundle.js";
import { accepted } from "./errors.js";
import { pause } from "./time.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Cursor } from "./cursor.js" */
/** @import { RunData } from "./run_data.js" */

/**
 * @typedef {RunData & {current: Epoch | null, cursor: Pick<Cursor, "direction">, links: Map<string | null, unknown>,
 *   get: (path: string) => Promise<Response>, emit: (event: "data") => void}} WindowStore  the store
 */

const MOST_BYTES = 192e6; // of arrays that are kept
const MESSAGE = 4e6; // bytes that are asked for at once
const MOST_EPOCHS = 100; // in a question
const AGAIN = 2000; // ms until the server is asked again after a failure

export class Window {
  #asking = false;
  /** Bytes that are kept at most. */
  most = MOST_BYTES;

  /** @param {WindowStore} store */
  constructor(store) {
    this.store = store;
  }

  /** Asks for what is needed next, unless an answer is on its way. */
  look() {
    if (!this.#asking && this.#missing().length) this.#ask();
  }

  /** How many bytes stay apart of an epoch. @param {Epoch} entry @param {string | null} projection */
  #size(entry, projection) {
    const frame = this.store.framesOf(projection)?.frames.get(entry.epoch);
    return Object.values(entry.apart).reduce((sum, bytes) => sum + bytes, frame?.apart ?? 0);
  }

  /** The projections whose frames are needed. */
  get #projections() {
    return [...this.store.links.keys()];
  }

  /** The epochs to keep, the most urgent first. @returns {Epoch[]} */
  #wanted() {
    const { epochs, current, cursor, at } = this.store;
    const here = current && at.get(current.epoch);
    if (here === undefined || here === null) return [];
    const wanted = [];
    let bytes = 0;
    const order = [here, here - 1];
    for (let i = 1; i < epochs.length; i++) {
      const ahead = here + cursor.direction * (2 * i - 1);
      order.push(ahead, ahead + cursor.direction, here - cursor.direction * i); // twice as many ahead as behind
    }
    for (const place of new Set(order)) {
      const entry = epochs[place];
      if (!entry) continue;
      for (const projection of this.#projections) bytes += this.#size(entry, projection);
      if (bytes > this.most && wanted.length >= 2) break;
      wanted.push(entry);
    }
    return wanted;
  }

  /** Whether arrays of an epoch are missing. @param {Epoch} entry @param {string | null} projection */
  #lacks(entry, projection) {
    const frame = this.store.framesOf(projection)?.frames.get(entry.epoch);
    return Boolean(frame?.apart && !frame.xy.length) || Object.keys(entry.apart).some((name) => !entry.channels[name]);
  }

  /** What to ask for next: epochs of one projection. @returns {[projection: string | null, entry: Epoch][]} */
  #missing() {
    const { projections, epochs } = this.store;
    const all = [...projections.values()].flatMap(({ frames }) => [...frames.values()]);
    if (!all.some(({ apart }) => apart) && !epochs.some(({ apart }) => Object.keys(apart).length)) return [];
    const wanted = this.#wanted();
    for (const projection of this.#projections) {
      const lacking = wanted.filter((entry) => this.#lacks(entry, projection));
      if (lacking.length) return lacking.map((entry) => [projection, entry]);
    }
    return [];
  }

  async #ask() {
    this.#asking = true;
    const { store } = this;
    try {
      for (let missing = this.#missing(); missing.length; missing = this.#missing()) {
        const [projection, first] = missing[0];
        const urgent = first === store.current; // it is waited for: alone, with the one before it
        /** @type {number[]} */
        const asked = [];
        let bytes = 0;
        for (const [, entry] of missing.slice(0, urgent ? 2 : MOST_EPOCHS)) {
          if (asked.length && bytes > MESSAGE) break;
          bytes += this.#size(entry, projection);
          asked.push(entry.epoch);
        }
        const query = new URLSearchParams({ epochs: asked.join(","), projection: projection ?? "" });
        const response = await accepted(await store.get(`window?${query}`));
        store.put(decode(await response.arrayBuffer()), projection);
        this.#forget();
        store.emit("data");
        if (missing.some(([, entry]) => entry.epoch === asked[0] && this.#lacks(entry, projection))) break; // it is gone
      }
    } catch {
      await pause(AGAIN); // the server is away: asked again when something changes
    } finally {
      this.#asking = false;
    }
  }

  /** Forgets what is not to be kept. */
  #forget() {
    const wanted = new Set(this.#wanted());
    for (const entry of this.store.epochs) if (!wanted.has(entry)) this.store.forget(entry);
  }
}
