/** Colors that the server works out: fetched when they are asked for, once for each epoch, and once for each feature. */
import { tr } from "../data/language.js";

/** @import { Feature } from "../data/color_modes.js" */
/** @import { RunInfo } from "../data/types.js" */

/**
 * @typedef {object} EpochColors
 * @property {number[] | null} match  the class that each cluster stands for; -1: none
 * @property {number[] | null} entropy  of each drawn point's row of Q: 0 to 255
 * @property {Feature[]} [numbers]  that the loop logged of each drawn point
 *
 * @typedef {object} ColorSource  the store
 * @property {RunInfo | null} info
 * @property {(path: string) => Promise<Response>} get
 * @property {(event: "view" | "data") => void} emit
 */

export class ServerColors {
  /** @type {EpochColors | null} */
  #last = null;
  /** @type {number | null} */
  #wanted = null;
  #asking = false;
  /** @type {Map<number, Feature | null>}  column -> what is known of it; null: on its way */
  #features = new Map();

  /** @param {ColorSource} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<number, EpochColors>}  by epoch */
    this.known = new Map();
  }

  /** A column of the data; null while it is on its way. @param {number} column @returns {Feature | null} */
  feature(column) {
    const { info } = this.store;
    if (info && !(column < info.f))
      return {
        error: tr("none: these data have no feature {column}, choose one from 0 to {last}", {
          column,
          last: info.f - 1,
        }),
      };
    if (info && !this.#features.has(column)) this.#fetchFeature(column);
    return this.#features.get(column) ?? null;
  }

  /** @param {number} column */
  async #fetchFeature(column) {
    this.#features.set(column, null);
    try {
      const response = await this.store.get(`feature?column=${column}`);
      this.#features.set(column, await response.json());
      this.store.emit("view");
    } catch {
      this.#features.delete(column); // the server is away: asked again when something changes
    }
  }

  /** Of an epoch; while they are on their way, those of the epoch shown before. @param {number} epoch */
  at(epoch) {
    const known = this.known.get(epoch);
    if (known) {
      this.#last = known;
      return known;
    }
    this.#wanted = epoch;
    this.#ask();
    return this.#last;
  }

  /** One question at a time; of what is wanted meanwhile, the last. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted !== null) {
      const epoch = this.#wanted;
      this.#wanted = null;
      try {
        const response = await this.store.get(`hues?epoch=${epoch}`);
        if (!response.ok) break;
        this.known.set(epoch, await response.json());
        this.store.emit("data");
      } catch {
        break; // the server is away: asked again when something changes
      }
    }
    this.#asking = false;
  }
}
