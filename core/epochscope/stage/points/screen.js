/** From the plane to the pixels of the plot. */

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Box, RunInfo } from "../data/types.js" */

/**
 * @typedef {object} View  what part of the plane is shown, and where
 * @property {Box} range
 * @property {number} sx  pixels of the canvas for a unit of the plane
 * @property {number} sy
 * @property {number} W  pixels of the plot
 * @property {number} H
 * @property {number} dpr
 * @property {number} left  of the plot, in CSS pixels
 * @property {number} top
 * @property {number} width
 * @property {number} height
 * @property {number[]} sizes  radius of the points of each layer, in pixels of the canvas
 */

/**
 * Axes before Plotly is there: where it will put them.
 * @param {HTMLElement} element  that it will draw in
 * @param {{l: number, r: number, t: number, b: number}} margin
 * @param {[x: string, y: string]} titles
 */
export function axesWithin({ clientWidth: width, clientHeight: height }, { l, r, t, b }, titles) {
  /** @type {(offset: number, length: number, text: string) => object} */
  const axis = (_offset, _length, text) => ({ _offset, _length, range: [-1, 1], title: { text } });
  const [xaxis, yaxis] = [axis(l, width - l - r, titles[0]), axis(t, height - t - b, titles[1])];
  return { width, height, _size: {}, xaxis, yaxis };
}

const TITLE = 14; // CSS pixels of a title's letters, as Plotly has them
const APART = 6; // CSS pixels between an axis and its title

/**
 * Draws the axes where Plotly would: two lines, and their titles where there is room.
 * @param {Area} area
 * @param {{border: string, faint: string, font: string}} theme
 */
export function paintAxes({ context, xaxis, yaxis, left, top, width, height }, { border, faint, font }) {
  const low = top + height;
  context.strokeStyle = border;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left - 0.5, top);
  context.lineTo(left - 0.5, low + 0.5);
  context.lineTo(left + width, low + 0.5);
  context.stroke();
  context.font = `${TITLE}px ${font}`;
  context.fillStyle = faint;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText(xaxis.title.text, left + width / 2, low + APART);
  context.save();
  context.translate(left - APART, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "bottom";
  context.fillText(yaxis.title.text, 0, 0);
  context.restore();
}

const MANY = 12_000; // points
const SHAPED = 1.4; // times as large are dots with shapes, which a few pixels do not show

/** Radius of the points where there are many: they would cover each other. @param {number} n */
const smallOf = (n) => Math.max(0.65, 1.7 - 0.16 * Math.log2(n / MANY));

/** Opacity of a point among so many, of one that is `full` among few. @param {number} n @param {number} full */
export const opacityOf = (n, full) => Math.round(full * Math.max(0.3, Math.min(1, (1.5 * MANY) / n) ** 0.3));

/**
 * @param {Omit<Area, "context" | "xaxis" | "yaxis">} area
 * @param {Box} range
 * @param {boolean} moves  whether the points move
 * @param {number} n  points: the more, the smaller
 * @param {boolean} shaped  whether their shapes tell something
 * @returns {View}
 */
export function viewOf({ dpr, left, top, width, height }, range, moves, n, shaped = false) {
  const [W, H] = [Math.round(width * dpr), Math.round(height * dpr)];
  const crowd = n <= MANY ? Math.min(3.8, Math.max(1.7, 3.9 - 0.5 * Math.log2(n / 500))) : smallOf(n);
  const radius = dpr * crowd * (shaped ? SHAPED : 1) * Math.min(1, 0.45 + Math.min(width, height) / 700);
  const sizes = [0, 0.85 * radius, radius, radius * (moves ? 1.5 : 1)];
  const [sx, sy] = [W / (range[1] - range[0]), H / (range[3] - range[2])];
  return { range, sx, sy, W, H, dpr, left, top, width, height, sizes };
}

const MOST_AS_DOTS = 1_000_000; // points of a run; of more the density is drawn
const DOTS_OVER_DENSITY = 5_000; // a sample of them, as dots

/**
 * How many points are drawn as dots: all; of a run with too many for that, the first ones, over a picture of the density.
 * @param {RunInfo | null} info
 * @param {number} n  points that have a place
 */
export const dotsOf = (info, n) => ((info?.n ?? 0) > MOST_AS_DOTS ? Math.min(n, DOTS_OVER_DENSITY) : n);

/** Whether points look the same in two views. @param {View} a @param {View} b */
export const sameView = (a, b) =>
  a.W === b.W &&
  a.H === b.H &&
  a.range.every((value, i) => value === b.range[i]) &&
  a.sizes.every((size, i) => size === b.sizes[i]);

/**
 * Where points are in pixels of the plot.
 * @param {Float32Array} xy  in the plane
 * @param {Pick<View, "range" | "sx" | "sy">} view
 * @param {Float32Array} out  as long as `xy`
 */
export function project(xy, { range, sx, sy }, out) {
  for (let i = 0; i < xy.length; i += 2) {
    out[i] = (xy[i] - range[0]) * sx;
    out[i + 1] = (range[3] - xy[i + 1]) * sy;
  }
}
