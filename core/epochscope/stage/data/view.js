/**
 * Which part of the plane a points panel shows: all points of the epochs that were looked at so far. It stays put from
 * epoch to epoch and only grows, by steps: the range of the whole run divided by powers of the square root of 2. Where
 * points would take a small part of it, it begins anew.
 */

const MARGIN = 1.12;
const CLOSE = 0.01; // of the range: how near to its edge a point may come
const LOST = 0.25; // a frame of less than this share of the range is too small to see much

/** The smallest box [x0, x1, y0, y1] that holds two of them, of which the first may be missing. */
export const around = (a, b) =>
  a ? [Math.min(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.max(a[3], b[3])] : [...b];

/** What was looked at, with one more frame; only that frame where it would be lost in it. */
export function looked(before, frame) {
  const all = around(before, frame);
  const side = ([x0, x1, y0, y1]) => Math.max(x1 - x0, y1 - y0);
  return side(frame) < LOST * side(all) ? [...frame] : all;
}

/** The ranges [x0, x1, y0, y1] for a box in a plot of some shape (width / height), with equal scales on both axes. */
export function rangeFor(box, run, shape) {
  const [x0, x1, y0, y1] = around(run, box);
  const whole = Math.max((x1 - x0) / shape, y1 - y0) || 1;
  const [bx0, bx1, by0, by1] = box;
  const own = Math.max((bx1 - bx0) / shape, by1 - by0) || whole;
  for (let halvings = Math.floor(2 * Math.log2(whole / own)) / 2; halvings > 0; halvings -= 0.5) {
    const span = whole / 2 ** halvings;
    const snap = (value) => (Math.round((value / span) * 6) * span) / 6;
    const found = ranges(snap((bx0 + bx1) / 2), snap((by0 + by1) / 2), span, shape);
    if (holds(found, box)) return found;
  }
  return ranges((x0 + x1) / 2, (y0 + y1) / 2, whole, shape);
}

function ranges(x, y, span, shape) {
  const [w, h] = [(span * shape * MARGIN) / 2, (span * MARGIN) / 2];
  return [x - w, x + w, y - h, y + h];
}

/** Whether a box lies within a range, not too near to its edges. */
export function holds([x0, x1, y0, y1], box) {
  const [w, h] = [CLOSE * (x1 - x0), CLOSE * (y1 - y0)];
  return box[0] >= x0 + w && box[1] <= x1 - w && box[2] >= y0 + h && box[3] <= y1 - h;
}

/** Whether a shown range should give way to a wanted one: points would leave it, or it is much too wide. */
export const tooFar = (shown, wanted, box) =>
  !holds(shown, box) || (wanted[1] - wanted[0]) / (shown[1] - shown[0]) < 0.8;

export const mix = (a, b, t) => a.map((value, i) => value + (b[i] - value) * t);
export const ease = (t) => 1 - (1 - t) ** 3;
