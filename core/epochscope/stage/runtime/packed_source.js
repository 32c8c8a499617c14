/**
 * Runs in blocks (core/epochscope/portable/blocks.py describes them): all that can be asked of them is there, so that
 * nobody is asked. A block is read and unfolded when it is first needed.
 */

import { bare, opened, unfold } from "../data/folded.js";
import { tr } from "../data/language.js";
import { Refused } from "./errors.js";

/**
 * @import { Answer, Question, Source, Updates } from "./source.js"
 *
 * @typedef {object} PackedRun
 * @property {string} id
 * @property {Record<string, any>} info  what holds for the whole run
 * @property {Record<string, any>} state  the header of a bundle without epochs and frames
 * @property {Record<string, string>} blocks  address of each
 * @property {string | null} sprites  address of the pictures of the points
 *
 * @typedef {(address: string) => Promise<ArrayBuffer>} Read  the content of a block
 * @typedef {{lines: any[], bytes: (at: [number, number]) => Uint8Array<ArrayBuffer>}} Lines  of a block without epochs and frames
 */

const [NONE, NO_NEIGHBOR] = [65535, 65534];

/** @implements {Source} */
export class PackedSource {
  ownsPage = true;
  /** @type {Map<string, Promise<any>>}  what was read, by address */
  #known = new Map();

  /** @param {PackedRun[]} runs @param {Read} read */
  constructor(runs, read) {
    this.runs = new Map(runs.map((run) => [run.id, run]));
    this.read = read;
  }

  /** @template T @param {string} address @param {(content: ArrayBuffer) => T} make @returns {Promise<T>} */
  #once(address, make) {
    const known = this.#known.get(address) ?? this.read(address).then(make);
    this.#known.set(address, known);
    return known;
  }

  /** @param {string} id */
  #run(id) {
    const run = this.runs.get(id);
    if (!run) throw new Refused(tr("There is no run {id} in this file.", { id }));
    return run;
  }

  /** @param {string} id @param {string} path @returns {Promise<Response>} */
  async get(id, path) {
    const run = this.#run(id);
    const { pathname, searchParams } = new URL(path, "http://run/");
    const epoch = Number(searchParams.get("epoch"));
    if (pathname === "/info") return Response.json({ ...run.info, sprite: await this.#sprite(run) });
    if (pathname === "/hues") return Response.json(await this.#colors(run, epoch));
    if (pathname === "/neighbors")
      return Response.json(await this.#neighbors(run, epoch, Number(searchParams.get("point"))));
    return Response.json({ error: tr("none: this file holds no features of the data") });
  }

  /** @param {PackedRun} run */
  async #sprite({ info, sprites }) {
    if (!info.sprite || !sprites) return null;
    const url = await this.#once(sprites, (png) => URL.createObjectURL(new Blob([png], { type: "image/png" })));
    const { pictured = Infinity, tiles = Infinity } = info.sprite;
    return { ...info.sprite, url, pictured: Math.min(pictured, tiles) }; // the first sheet
  }

  /** @param {string} address @returns {Promise<Lines>} */
  #lines(address) {
    return this.#once(address, (content) => {
      const { header, start } = opened(unfold(content));
      return { lines: header.lines, bytes: ([at, size]) => new Uint8Array(content, start + at, size) };
    });
  }

  /** @param {PackedRun} run @param {number} epoch */
  async #colors({ blocks }, epoch) {
    const { lines, bytes } = await this.#lines(blocks.colors);
    const { match, numbers, at } = lines[epoch];
    return { match, numbers, entropy: at.entropy ? [...bytes(at.entropy)] : null };
  }

  /** @param {PackedRun} run @param {number} epoch @param {number} point */
  async #neighbors({ blocks }, epoch, point) {
    const { lines, bytes } = await this.#lines(blocks.neighbors);
    /** @type {(name: string) => (number | null)[]} */
    const row = (name) => {
      const line = lines.slice(0, epoch + 1).findLast(({ at }) => at[name]);
      if (!line) return [];
      const { buffer, byteOffset } = bytes(line.at[name]);
      return [...new Uint16Array(buffer, byteOffset + 2 * point * line.width, line.width)];
    };
    const [weights, divergences] = [row("weights"), row("divergences")];
    /** @param {(number | null)[]} values @param {number} i */
    const number = (values, i) => (values[i] === undefined || values[i] === NONE ? null : Number(values[i]) / 1000);
    const neighbors = row("places").flatMap((place, i) =>
      place === NO_NEIGHBOR ? [] : [[place === NONE ? null : place, number(weights, i), number(divergences, i)]],
    );
    return { epoch, point, neighbors: neighbors.sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0)) };
  }

  /** @param {string} id @returns {Updates} */
  updates(id) {
    const run = this.#run(id);
    /** @type {(question: Question) => Promise<Answer>} */
    const existing = async ({ epochs, frames, projection }) => ({
      message: await this.#news(run, epochs, frames, projection),
      asked: { epochs, frames },
    });
    return { existing, next: () => new Promise(() => {}), close: () => {} };
  }

  /** All epochs, then all frames of a projection, then nothing. @type {(run: PackedRun, epochs: number, frames: number, projection: string | null) => Promise<ArrayBuffer>} */
  #news({ blocks, state }, epochs, frames, projection) {
    const drawn = projection === null ? undefined : blocks[`frames ${projection}`];
    if (!epochs) return this.#once(blocks.epochs, unfold);
    if (drawn && !frames) return this.#once(drawn, unfold);
    return Promise.resolve(bare(state));
  }
}
