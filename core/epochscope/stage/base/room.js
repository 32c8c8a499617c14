/** How much room there is, and what fits into it: rules that know no element. */

const SMALLEST_TYPE = 10.5; // CSS pixels of the smallest letters of a figure
const READABLE = 0.02; // of the screen's height: what can be read from the last row
const LEAST_WIDTH = 640; // CSS pixels that a presentation needs before it is enlarged

/**
 * How much a presentation is enlarged on a screen: its smallest type is a fiftieth of the height, unless the screen is
 * too narrow for that.
 * @param {number} width  CSS pixels
 * @param {number} height
 */
export const presentScale = (width, height) =>
  Math.max(1, Math.min((READABLE * height) / SMALLEST_TYPE, width / LEAST_WIDTH));

const ROOMY = 440; // CSS pixels of height from which the embedding has room for the names of its axes
const LINE = 18; // CSS pixels of a line of the key or the caption

/**
 * Margins of the embedding: the points get what titles and key do not need. `named`: whether the axes have titles.
 * @param {number} height  CSS pixels of the panel
 */
export function pointsMargins(height) {
  const named = height >= ROOMY;
  return { named, l: named ? 26 : 6, r: 6, t: 30, b: named ? 62 : 3 * LINE + 4 };
}

const [ONE_DIGIT, TWO_DIGITS] = [9, 17]; // CSS pixels of a column's number: where there is less, Plotly turns it
const BAR_FROM = 200; // CSS pixels of width from which a heat map has room for its color bar

/** Whether a heat map of this width has room for a color bar beside it. @param {number} width  CSS pixels */
export const hasColorBar = (width) => width >= BAR_FROM;

/**
 * Which columns of a heat map are numbered: as many as have room for it. As Plotly's axes have it.
 * @param {number} k  columns
 * @param {number} width  CSS pixels of the panel
 */
export function columnTicks(k, width) {
  const room = Math.max(1, (width - (hasColorBar(width) ? 95 : 72)) / k); // pixels of a column
  const step = Math.max(Math.ceil(k / 20), Math.ceil((k > 10 ? TWO_DIGITS : ONE_DIGIT) / room));
  const tickvals = Array.from({ length: Math.ceil(k / step) }, (_, i) => i * step);
  return { tickvals, ticktext: tickvals.map(String) };
}

/**
 * The ranges of two axes after two fingers have moved: the places under them stay there as far as equal scales allow.
 * @param {import("../data/types.js").Box} range  as it was when the fingers were at `before`
 * @param {[x: number, y: number][]} before  of each finger, in parts of the plot from its lower left corner
 * @param {[x: number, y: number][]} now
 * @returns {import("../data/types.js").Box}
 */
export function pinched([x0, x1, y0, y1], before, now) {
  const [w, h] = [x1 - x0, y1 - y0];
  const [from, to] = [middle(before), middle(now)];
  const spread = (/** @type {[number, number][]} */ all) =>
    all.length > 1 ? Math.hypot((all[1][0] - all[0][0]) * w, (all[1][1] - all[0][1]) * h) : 0;
  const [old, young] = [spread(before), spread(now)];
  const zoom = old > 0 && young > 0 ? young / old : 1;
  const [nw, nh] = [w / zoom, h / zoom];
  const left = x0 + from[0] * w - to[0] * nw;
  const low = y0 + from[1] * h - to[1] * nh;
  return [left, left + nw, low, low + nh];
}

/** @param {[number, number][]} all @returns {[number, number]} */
const middle = (all) => [
  all.reduce((sum, [x]) => sum + x, 0) / all.length,
  all.reduce((sum, [, y]) => sum + y, 0) / all.length,
];
