/** One epoch of a run: its numbers, and its channels as they are read. */
import { decodeChannel } from "./channel_decoders.js";
import { channelNamed, listNamed } from "./declared.js";
import { UnknownValue } from "./errors.js";

/** @import { DECODERS, Encoding } from "./channel_decoders.js" */
/** @import { Declared, Numbers } from "./types.js" */

/** The tables of numbers that an epoch may have. */
export const TABLES = ["losses", "scores", "measures"];

const OF_FIGURE = "numbers of "; // and the key of a figure that computes numbers itself (epochscope.figures.curves)

/**
 * Whether an epoch may have a table of this name.
 * @param {string} table
 */
export const isTable = (table) => TABLES.includes(table) || table.startsWith(OF_FIGURE);

export class Epoch {
  /** What epochs of its run may hold, as its info says. @type {Declared} */
  declared = { channels: {}, line_numbers: {} };

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
    /** @type {Record<string, any>}  as it came: the lists of numbers are among its fields */
    this.line = given;
    /** @type {Record<string, number>}  channels that are those of an earlier epoch */
    this.held = given.held ?? {};
    /** @type {Record<string, number>}  bytes of channels that are asked for when they are needed */
    this.apart = given.apart ?? {};
    this.channels = channels;
  }

  /**
   * A channel of this epoch, decoded; null where the epoch has none. Throws UnknownValue for a channel that is not
   * declared, or not in this encoding.
   * @template {Encoding} E
   * @param {string} name
   * @param {E} encoding
   * @returns {ReturnType<typeof DECODERS[E]> | null}
   */
  channel(name, encoding) {
    return decodeChannel(encoding, this.channels[channelNamed(this.declared, name, encoding)]);
  }

  /**
   * A list of numbers of this epoch; null where the epoch has none. Throws UnknownValue for one that is not declared.
   * @param {string} name
   * @returns {number[] | null}
   */
  list(name) {
    return this.line[listNamed(this.declared, name)] ?? null;
  }

  /** Cluster of each drawn point (-1: in none), or null. */
  get labels() {
    return this.channels.labels16 ? this.channel("labels16", "group16") : this.channel("labels", "group");
  }

  /** A sample of the edges between drawn points, or null. */
  get edges() {
    return this.channels.edges32 ? this.channel("edges32", "edges32") : this.channel("edges", "edges");
  }

  /** How many clusters this epoch has, where they may become more. @returns {number | null} */
  get k() {
    return this.line.k ?? null;
  }

  /** Largest qᵢⱼ of each drawn point times 255, or null. */
  get confidence() {
    return this.channel("confidence", "uint8");
  }

  /**
   * The numbers of a table of the epoch. Throws UnknownValue for a table that there is not.
   * @param {string} table
   * @returns {Numbers}
   */
  numbers(table) {
    if (table === "losses" || table === "scores" || table === "measures") return this[table];
    if (table.startsWith(OF_FIGURE)) return this.of_figures[table] ?? {};
    throw new UnknownValue("table of numbers", table, TABLES);
  }
}
