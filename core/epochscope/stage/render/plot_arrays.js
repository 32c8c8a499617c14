/** Numbers and color scales in a figure as Python sent it. */
import { entryOf } from "../data/errors.js";
import { stopsOf, table } from "./colormaps.js";

/** @import { ColorScale } from "./colormaps.js" */
/** @typedef {{dtype: string, bdata: string, shape?: string}} Encoded  an array as base64 of its bytes */

const FLOATS = { f8: Float64Array, f4: Float32Array };
const TYPES = {
  ...FLOATS,
  i4: Int32Array,
  i2: Int16Array,
  i1: Int8Array,
  u4: Uint32Array,
  u2: Uint16Array,
  u1: Uint8Array,
};
/** Scales that Plotly knows by name, as far as labs use them. */
const NAMED_SCALES = {
  Viridis: [
    "#440154",
    "#482878",
    "#3e4989",
    "#31688e",
    "#26828e",
    "#1f9e89",
    "#35b779",
    "#6ece58",
    "#b5de2b",
    "#fde725",
  ],
};
/** @type {WeakMap<Encoded, ArrayLike<any>>} */
const decoded = new WeakMap();

/** @param {any} sent @returns {sent is Encoded} */
const isEncoded = (sent) => typeof sent?.bdata === "string";

/** The values of an array: a list, or the bytes of numbers; none if there is nothing. @param {any} sent @returns {ArrayLike<any>} */
export function values(sent) {
  if (!isEncoded(sent)) return sent ?? [];
  let known = decoded.get(sent);
  if (!known) {
    const bytes = Uint8Array.from(atob(sent.bdata), (sign) => sign.charCodeAt(0));
    known = new (entryOf(TYPES, sent.dtype, "type of numbers"))(bytes.buffer);
    decoded.set(sent, known);
  }
  return known;
}

/** One of many values, or the one that holds for all. @param {any} value @param {number} i @returns {any} */
export const each = (value, i) => (Array.isArray(value) ? value[i] : isEncoded(value) ? values(value)[i] : value);

/** Rows and columns of a matrix, and its values row by row. @param {any} z @returns {{rows: number, columns: number, at: ArrayLike<number>}} */
export function matrix(z) {
  if (!isEncoded(z)) return { rows: z.length, columns: z[0].length, at: z.flat() };
  const [rows, columns] = (z.shape ?? "").split(",").map(Number);
  return { rows, columns, at: values(z) };
}

/**
 * A color scale, which may be see-through, as a function from 0 .. 1 to red, green, blue, alpha.
 * @param {string | ColorScale} scale
 * @returns {(t: number) => ArrayLike<number>}
 */
export function colorFunction(scale) {
  const colors = typeof scale === "string" ? entryOf(NAMED_SCALES, scale, "color scale") : scale;
  const stops = stopsOf(colors);
  if (stops.some(([, color]) => color.startsWith("rgba"))) return clearColorFunction(stops);
  const pixels = new Uint8ClampedArray(table(colors).buffer);
  return (t) => {
    const at = 4 * Math.round(255 * Math.min(1, Math.max(0, t)));
    return pixels.subarray(at, at + 4);
  };
}

/** @param {[position: number, color: string][]} scale @returns {(t: number) => number[]} */
function clearColorFunction(scale) {
  const stops = scale.map(([position, color]) => [position, ...(color.match(/[\d.]+/g) ?? []).map(Number)]);
  return (t) => {
    const at = Math.min(1, Math.max(0, t));
    const next = stops.findIndex(([edge]) => edge >= at);
    const [a, b] = [stops[Math.max(1, next) - 1], stops[Math.max(1, next)]];
    const f = (at - a[0]) / (b[0] - a[0] || 1);
    return [1, 2, 3, 4].map((c) => (a[c] + (b[c] - a[c]) * f) * (c === 4 ? 255 : 1));
  };
}
