/** Boxes around points of the plane. */

/** @import { Box, Frame } from "./types.js" */

/** Both coordinates of a point that has no place in the plane. */
export const NOWHERE = -32768;

/**
 * The box of all points of a frame that have a place; the middle of the frame where none has.
 * @param {Pick<Frame, "xy" | "center" | "scale">} frame
 * @returns {Box}
 */
export function boxOf({ xy, center, scale }) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i + 1 < xy.length; i += 2) {
    if (xy[i] === NOWHERE || Number.isNaN(xy[i])) continue;
    if (xy[i] < x0) x0 = xy[i];
    if (xy[i] > x1) x1 = xy[i];
    if (xy[i + 1] < y0) y0 = xy[i + 1];
    if (xy[i + 1] > y1) y1 = xy[i + 1];
  }
  if (x0 > x1) [x0, x1, y0, y1] = [0, 0, 0, 0];
  const step = scale / 32767;
  return [center[0] + step * x0, center[0] + step * x1, center[1] + step * y0, center[1] + step * y1];
}

/**
 * Whether a curve through these points enters a box. Where one has no number, the curve is broken.
 * @param {{x: ArrayLike<number>, y: ArrayLike<number | null>}} curve  from left to right
 * @param {Box} box
 */
export function entersBox({ x, y }, [x0, x1, y0, y1]) {
  for (let i = 1; i < x.length; i++) {
    const [before, after] = [y[i - 1], y[i]];
    if (x[i] < x0 || x[i - 1] > x1 || !Number.isFinite(before) || !Number.isFinite(after)) continue;
    const rise = (Number(after) - Number(before)) / (x[i] - x[i - 1] || 1);
    const start = Number(before) + rise * (Math.max(x0, x[i - 1]) - x[i - 1]);
    const end = Number(before) + rise * (Math.min(x1, x[i]) - x[i - 1]);
    if (Math.max(start, end) >= y0 && Math.min(start, end) <= y1) return true;
  }
  return false;
}

/**
 * The smallest box that holds two of them, of which the first may be missing.
 * @param {Box | null} a
 * @param {Box} b
 * @returns {Box}
 */
export const union = (a, b) =>
  a ? [Math.min(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.max(a[3], b[3])] : [...b];
