/** Levels to compare with, as a figure of Python asks for them: a number that holds for a whole run, and its label. */

import { count } from "../base/format.js";
import { entryOf } from "../data/errors.js";
import { tr } from "../data/language.js";

/** @import { RunInfo } from "../data/types.js" */
/** @typedef {{at: string, label: string}} Level  in its label stands {count}, {percent} or {number} for the value */

/** What a level may be at. @type {Record<string, (info: RunInfo) => number | null | undefined>} */
const QUANTITIES = {
  "n / k": ({ n, k }) => n / k,
  "1 / k": ({ k }) => 1 / k,
  one_cluster: ({ one_cluster }) => one_cluster,
  tol: ({ tol }) => tol,
};

/** A number with three digits at most. @param {number} x */
export const short = (x) => String(Number(x.toPrecision(3)));

/** @type {Record<string, (value: number) => string>} */
const WORDS = {
  "{count}": (value) => count(Math.round(value)),
  "{percent}": (value) => `${short(100 * value)}%`,
  "{number}": short,
};

/**
 * Where a level of a run is, and its label; null where the run has no such number. Throws UnknownValue for a quantity
 * that there is not.
 * @param {Level} level
 * @param {RunInfo | null} info
 * @returns {[value: number, label: string] | null}
 */
export function levelOf({ at, label }, info) {
  const quantity = entryOf(QUANTITIES, at, "level");
  const value = info ? quantity(info) : null;
  if (typeof value !== "number" || !Number.isFinite(value) || value === 0) return null;
  return [value, tr(label).replace(/\{\w+\}/g, (word) => entryOf(WORDS, word, "word of a label")(value))];
}
