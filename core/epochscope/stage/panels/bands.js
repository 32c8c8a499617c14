/**
 * Rows of a matrix of points and clusters, in bands where more are shown than there are pixels: of each band the least, the
 * mean and the largest value of every column. Made here of the rows that came with the epoch, the first of the drawn
 * points; of all of them by the server (core/epochscope/server/bands.py).
 */

import { contextOf, make } from "../base/dom.js";
import { bytesOfText } from "../data/base64.js";
import { tr } from "../data/language.js";

/** @import { Epoch } from "../data/epoch.js" */

/**
 * @typedef {object} Bands
 * @property {number} first  the first row of them
 * @property {number} last  the row after the last one
 * @property {number} rows  in all
 * @property {number} k  columns
 * @property {number} height  bands
 * @property {Uint8Array} low  height x k: 255 stands for 1; of a difference 0 for -1, too
 * @property {Uint8Array} mean
 * @property {Uint8Array} high
 * @property {ArrayLike<number>} ends  rows up to the end of each cluster
 * @property {ArrayLike<number>} points  drawn point of each `stride`-th row, from the first one on
 * @property {number} stride
 *
 * @typedef {{bands: Bands, picture: HTMLCanvasElement}} Drawn
 */

/**
 * @typedef {{order: Uint32Array, ends: number[]}} Rows  points in the order in which they are drawn
 * @type {WeakMap<Epoch, Rows>}
 */
const rowsOf = new WeakMap();

/**
 * Rows by cluster, as everything else on the page has it, then by how strong that is in the first matrix that the epoch
 * has: all heat maps agree in it. Where an epoch has no labels, the cluster of a row is its strongest.
 * @param {Epoch} entry
 * @param {number} k
 * @param {string[]} names
 */
export function orderedRows(entry, k, names) {
  let rows = rowsOf.get(entry);
  if (rows) return rows;
  const q = names.map((name) => entry.channel(name, "uint8")).find(Boolean) ?? new Uint8Array(0);
  const r = Math.floor(q.length / k);
  const group = new Uint16Array(r);
  const strength = new Uint16Array(r);
  const ends = Array.from({ length: k }, () => 0);
  for (let i = 0; i < r; i++) {
    let best = entry.labels?.[i] ?? -1;
    if (!(best >= 0 && best < k)) {
      best = 0; // eight bits cannot tell values apart that are nearly equal: the label can
      for (let j = 1; j < k; j++) if (q[i * k + j] > q[i * k + best]) best = j;
    }
    group[i] = best;
    strength[i] = q[i * k + best];
    ends[best]++;
  }
  for (let j = 1; j < k; j++) ends[j] += ends[j - 1];
  const order = Uint32Array.from({ length: r }, (_, i) => i);
  order.sort((a, b) => group[a] - group[b] || strength[b] - strength[a] || a - b);
  rows = { order, ends };
  rowsOf.set(entry, rows);
  return rows;
}

/**
 * Bands of a matrix, or of the difference of two.
 * @param {Uint8Array[]} matrices  255 stands for 1
 * @param {Rows} rows
 * @param {number} k
 * @param {{first: number, last: number}} range  of rows
 * @param {number} most  bands
 * @returns {Bands}
 */
export function bandsOf([values, less], { order, ends }, k, { first, last }, most) {
  const count = last - first;
  const height = Math.max(1, Math.min(most, count));
  const [low, mean, high] = [0, 0, 0].map(() => new Uint8Array(height * k));
  for (let y = 0; y < height; y++) {
    const from = first + Math.floor((y * count) / height);
    const to = first + Math.floor(((y + 1) * count) / height);
    for (let j = 0; j < k; j++) {
      let [least, sum, largest] = [Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY];
      for (let i = from; i < to; i++) {
        const at = order[i] * k + j;
        const value = less ? (255 + values[at] - less[at]) / 2 : values[at];
        sum += value;
        if (value < least) least = value;
        if (value > largest) largest = value;
      }
      low[y * k + j] = Math.round(least);
      mean[y * k + j] = Math.round(sum / (to - from));
      high[y * k + j] = Math.round(largest);
    }
  }
  const points = order.subarray(first, last);
  return { first, last, rows: order.length, k, height, low, mean, high, ends, points, stride: 1 };
}

/** Bands as the server answers with them; null where the answer has none. @param {any} answer @returns {Bands | null} */
export function bandsFrom(answer) {
  if (!answer.mean) return null;
  const [low, mean, high] = [answer.low, answer.mean, answer.high].map(bytesOfText);
  return { ...answer, low, mean, high, points: new Uint32Array(bytesOfText(answer.points).buffer) };
}

export const STRIPS = 5; // of a cell: the least value, three times the mean, the largest

/**
 * The picture of bands, STRIPS pixels for each column: where the values of a cell differ, its left edge is the least one, and
 * its right edge the largest.
 * @param {Bands} bands
 * @param {Uint32Array} colors  256 packed ones
 * @param {number} top  the value for which the last color stands
 * @param {boolean} signed  whether the values are differences
 * @param {Uint32Array} pixels  height x (STRIPS * k)
 */
export function paintBands({ low, mean, high }, colors, top, signed, pixels) {
  const tone = Uint32Array.from({ length: 256 }, (_, byte) => {
    const shown = signed ? 127.5 + (byte - 127.5) / top : byte / top;
    return colors[Math.max(0, Math.min(255, Math.round(shown)))];
  });
  for (let cell = 0; cell < mean.length; cell++) {
    pixels.fill(tone[mean[cell]], STRIPS * cell + 1, STRIPS * cell + STRIPS - 1);
    pixels[STRIPS * cell] = tone[low[cell]];
    pixels[STRIPS * cell + STRIPS - 1] = tone[high[cell]];
  }
}

/**
 * The picture of bands on a canvas of its own, to be stretched over the plot.
 * @param {Bands} bands
 * @param {Uint32Array} colors  256 packed ones
 * @param {number} top  the value for which the last color stands
 * @param {boolean} signed  whether the values are differences
 * @returns {Drawn}
 */
export function pictured(bands, colors, top, signed) {
  const { k, height } = bands;
  const picture = make("canvas", "", { width: STRIPS * k, height });
  const context = contextOf(picture);
  const image = context.createImageData(STRIPS * k, height);
  paintBands(bands, colors, top, signed, new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return { bands, picture };
}

/**
 * What a cell shows, as lines of a tooltip: its value, or mean, least and largest value of the rows that share it.
 * @param {Bands} bands
 * @param {number} band
 * @param {number} column
 * @param {string} symbol  of the matrix
 * @param {boolean} signed  whether the values are differences
 * @param {boolean} known  whether the values of single rows are said by others
 * @returns {[name: string, value: string][]}
 */
export function wordsOfCell({ low, mean, high, k, height, first, last }, band, column, symbol, signed, known) {
  /** @param {Uint8Array} values */
  const words = (values) => {
    const byte = values[band * k + column];
    return (signed ? byte / 127.5 - 1 : byte / 255).toFixed(2).replace("-", "−");
  };
  const each = (last - first) / height;
  if (each > 1)
    return [
      [
        tr("{symbol}, mean of {n} rows", { symbol, n: Math.round(each) }),
        tr("{mean} ({low} to {high})", { mean: words(mean), low: words(low), high: words(high) }),
      ],
    ];
  return known ? [] : [[tr("{symbol}(cluster {j})", { symbol, j: column }), words(mean)]];
}

/** The drawn point of a row, the nearest that is named; null for a row that is not there. @param {Bands} bands @param {number} row */
export const pointAt = ({ first, last, points, stride }, row) =>
  row >= first && row < last ? points[Math.floor((row - first) / stride)] : null;
