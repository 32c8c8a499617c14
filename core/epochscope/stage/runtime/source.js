/**
 * Where the data of runs come from. Panels ask their store, the store asks its source, and only the source knows whether
 * there is a server (HttpSource) or a program that hands bytes over (GivenSource, given_source.js).
 */
import { HttpSource } from "./http_source.js";

/**
 * @import { Counts } from "./run_data.js"
 *
 * @typedef {Counts & {projection: string | null}} Question  what a viewer has of a run, and of which projection
 * @typedef {{message: ArrayBuffer, asked: Counts}} Answer  a bundle, and what it comes after
 *
 * @typedef {object} Updates  the bundles of one run; one question at a time
 * @property {(question: Question, first?: number) => Promise<Answer>} existing  answered at once, with nothing where there
 *   is nothing new; `first`: the epoch that is shown first, which may come ahead of the others
 * @property {(question: Question) => Promise<Answer>} next  answered as soon as there is something new
 * @property {() => void} close  ends the question on its way, too
 *
 * @typedef {object} Source
 * @property {(run: string, path: string) => Promise<Response>} get  what is asked for by path: "info", "hues?epoch=3" ...
 * @property {(run: string) => Updates} updates
 * @property {boolean} ownsPage  whether keys that are pressed anywhere on the page are meant for the stage
 */

/** @type {Map<string, Source>} */
const sources = new Map();

/** Lets the stores of a base have their data from a source. @param {string} base @param {Source} source */
export function useSource(base, source) {
  sources.set(base, source);
}

/** @param {string} base */
export function forgetSource(base) {
  sources.delete(base);
}

/** The source of a base; where nobody named one, the server at this address. @param {string} base @returns {Source} */
export const sourceOf = (base) => sources.get(base) ?? new HttpSource(base);
