/** One epoch of a run: its numbers, and its channels as they are read. */
import { decodeChannel } from "./channel_decoders.js";
import { UnknownValue } from "./errors.js";

/** @import { Channel, DECODERS } from "./channel_decoders.js" */
/** @import { Box, Numbers } from "./types.js" */

/** The numbers that an epoch may have, one or one of each cluster. */
export const TABLES = ["losses", "scores", "measures", "sizes"];

const OF_FIGURE = "numbers of "; // and the key of a figure that computes numbers itself (epochscope.figures.curves)

/**
 * Whether an epoch may have a table of this name.
 * @param {string} table
 */
export const isTable = (table) => TABLES.includes(table) || table.startsWith(OF_FIGURE);

export class Epoch {
  /**
   * @param {object} line  as in the header of a bundle
   * @param {Record<string, Uint8Array | null>} channels  the bytes that came with it
   */
  constructor(line, channels) {
    /** @type {any} */
    const given = line;
    /** @type {number} */
    this.epoch = given.epoch;
    /** @type {string} */
    this.phase = given.phase ?? "";
    /** @type {number | null} */
    this.seconds = given.seconds ?? null;
    /** @type {Numbers} */
    this.losses = given.losses ?? {};
    /** @type {Numbers} */
    this.scores = given.scores ?? {};
    /** @type {Numbers} */
    this.measures = given.measures ?? {};
    /** @type {Record<string, Numbers>}  by the name of their table */
    this.of_figures = given.numbers ?? {};
    /** @type {number[] | null}  points of each cluster, over all points */
    this.sizes = given.sizes ?? null;
    /** @type {number[] | null}  weight of each cluster */
    this.mixing = given.mixing ?? null;
    /** @type {number[] | null}  points by the entropy of their row of Q: bins from 0 to ln k */
    this.entropy = given.entropy ?? null;
    /** @type {Box | null}  of the channel "field" */
    this.field_box = given.field_box ?? null;
    /** @type {Record<string, number>}  channels that are those of an earlier epoch */
    this.held = given.held ?? {};
    this.channels = channels;
  }

  /**
   * A channel of this epoch, decoded; null where the epoch has none.
   * @template {Channel} C
   * @param {C} name
   * @returns {ReturnType<typeof DECODERS[C]> | null}
   */
  channel(name) {
    return decodeChannel(name, this.channels[name]);
  }

  /** Cluster of each drawn point, or null. */
  get labels() {
    return this.channel("labels");
  }

  /** Largest qᵢⱼ of each drawn point times 255, or null. */
  get confidence() {
    return this.channel("confidence");
  }

  /**
   * The numbers of a table of the epoch. Throws UnknownValue for a table that there is not.
   * @param {string} table
   * @returns {Numbers}
   */
  numbers(table) {
    if (table === "losses" || table === "scores" || table === "measures") return this[table];
    if (table.startsWith(OF_FIGURE)) return this.of_figures[table] ?? {};
    if (table === "sizes") return Object.fromEntries((this.sizes ?? []).entries());
    throw new UnknownValue("table of numbers", table, TABLES);
  }
}
