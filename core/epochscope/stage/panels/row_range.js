/** Which rows the heat maps of a run show: the same in all of them, as shares of all rows. */

import { count } from "../base/format.js";
import { tr } from "../data/language.js";

/** @typedef {{from: number, to: number}} Part  of the rows: shares from 0 to 1 */

/** @type {Part} */
export const ALL = Object.freeze({ from: 0, to: 1 });
/** @type {WeakMap<object, Part>} */
const parts = new WeakMap();

/** The part that heat maps of a run show. @param {object} store @returns {Part} */
export const shownPart = (store) => parts.get(store) ?? ALL;

/** Shows a part in all heat maps of a run. @param {{emit: (event: "view") => void}} store @param {Part} part */
export function showPart(store, part) {
  parts.set(store, part);
  store.emit("view");
}

export const FEWEST = 8; // rows that fill a heat map

/** The rows of a part: at least one. @param {Part} part @param {number} rows @returns {{first: number, last: number}} */
export function rowsIn({ from, to }, rows) {
  const length = Math.min(rows, Math.max(1, Math.round((to - from) * rows)));
  const first = Math.min(rows - length, Math.max(0, Math.round(from * rows)));
  return { first, last: first + length };
}

/**
 * The part seen through a lens of that strength.
 * @param {Part} part
 * @param {number} factor  below 1: closer
 * @param {number} at  what stays where it is: a share of the part
 * @param {number} rows
 * @returns {Part}
 */
export function zoomed({ from, to }, factor, at, rows) {
  const length = Math.min(1, Math.max(Math.min(1, FEWEST / rows), (to - from) * factor));
  const start = Math.min(1 - length, Math.max(0, from + (to - from - length) * at));
  return length >= 1 ? ALL : { from: start, to: start + length };
}

/** The part moved by a share of its length. @param {Part} part @param {number} by @returns {Part} */
export function moved({ from, to }, by) {
  const start = Math.min(1 - (to - from), Math.max(0, from + by * (to - from)));
  return { from: start, to: start + (to - from) };
}

/**
 * Which rows are shown, in words.
 * @param {{first: number, last: number, rows: number, height: number}} shown
 * @param {number} all  points of the run
 * @param {boolean} waits  whether those of all points are on their way
 */
export function rangeWords({ first, last, rows, height }, all, waits = false) {
  const whole = last - first === rows;
  const sample =
    rows < all
      ? tr("{n} of {all} points, a random sample", { n: count(rows), all: count(all) })
      : tr("all {n} points", { n: count(rows) });
  const which = whole
    ? sample
    : tr("rows {first}–{last} of {n}", { first: count(first + 1), last: count(last), n: count(rows) });
  const of = !whole && rows < all ? tr(", a sample of {all} points", { all: count(all) }) : "";
  const each = (last - first) / height;
  const shared = each > 1 ? tr("; a pixel is {n} rows", { n: count(Number(each.toPrecision(2))) }) : "";
  return `${which}${of}${shared}${waits ? tr("; all points follow") : ""}`;
}
