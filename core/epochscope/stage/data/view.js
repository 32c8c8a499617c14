/**
 * Which part of the plane a points panel shows: all points of the epochs that were looked at so far. It stays put from
 * epoch to epoch and only grows, by steps: the range of the whole run divided by powers of the fourth root of 2. Where
 * points would take a small part of it, it begins anew.
 */
import { union } from "./boxes.js";

/** @import { Box } from "./types.js" */

const MARGIN = 1.08;
const CLOSE = 0.01; // of the range: how near to its edge a point may come
const LOST = 0.25; // a frame of less than this share of the range is too small to see much

/**
 * The box of what was looked at, with one more frame; only that frame where it would be lost in it.
 * @param {Box | null} before
 * @param {Box} frame
 * @returns {Box}
 */
export function extended(before, frame) {
  const all = union(before, frame);
  /** @param {Box} box */
  const side = ([x0, x1, y0, y1]) => Math.max(x1 - x0, y1 - y0);
  return side(frame) < LOST * side(all) ? [...frame] : all;
}

/**
 * The ranges for a box in a plot of some shape, with equal scales on both axes.
 * @param {Box} box
 * @param {Box} run  that holds all frames of the run
 * @param {number} shape  width / height of the plot
 * @returns {Box}
 */
export function rangeFor(box, run, shape) {
  const [x0, x1, y0, y1] = union(run, box);
  const whole = Math.max((x1 - x0) / shape, y1 - y0) || 1;
  const [bx0, bx1, by0, by1] = box;
  const own = Math.max((bx1 - bx0) / shape, by1 - by0) || whole;
  for (let halvings = Math.floor(4 * Math.log2(whole / own)) / 4; halvings > 0; halvings -= 0.25) {
    const span = whole / 2 ** halvings;
    /** @param {number} value */
    const snap = (value) => (Math.round((value / span) * 12) * span) / 12;
    const range = rangeAround(snap((bx0 + bx1) / 2), snap((by0 + by1) / 2), span, shape);
    if (holds(range, box)) return range;
  }
  return rangeAround((x0 + x1) / 2, (y0 + y1) / 2, whole, shape);
}

/** @type {(x: number, y: number, span: number, shape: number) => Box} */
function rangeAround(x, y, span, shape) {
  const [w, h] = [(span * shape * MARGIN) / 2, (span * MARGIN) / 2];
  return [x - w, x + w, y - h, y + h];
}

/** Whether a box lies within a range, not too near to its edges. @param {Box} range @param {Box} box */
export function holds([x0, x1, y0, y1], box) {
  const [w, h] = [CLOSE * (x1 - x0), CLOSE * (y1 - y0)];
  return box[0] >= x0 + w && box[1] <= x1 - w && box[2] >= y0 + h && box[3] <= y1 - h;
}

/**
 * Whether a shown range should give way to a wanted one: points would leave it, or it is much too wide.
 * @param {Box} shown
 * @param {Box} wanted
 * @param {Box} box
 */
export const tooFar = (shown, wanted, box) =>
  !holds(shown, box) || (wanted[1] - wanted[0]) / (shown[1] - shown[0]) < 0.8;

/** A range on the way from one to another. @param {Box} a @param {Box} b @param {number} t  0 to 1 @returns {Box} */
export const mix = (a, b, t) => {
  /** @param {0 | 1 | 2 | 3} i */
  const at = (i) => a[i] + (b[i] - a[i]) * t;
  return [at(0), at(1), at(2), at(3)];
};

/** A movement that slows down. @param {number} t  0 to 1 */
export const ease = (t) => 1 - (1 - t) ** 3;
