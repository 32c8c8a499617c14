/** How the bytes of each channel of an epoch are read (core/epochscope/server/bundle.py describes them). */
import { nameIn } from "./errors.js";

/**
 * @typedef {{top: number, values: Uint8Array}} Scaled  a value is top * values[i] / 255
 * @typedef {object} Edges
 * @property {number} each  neighbors of a point
 * @property {number} between  edges between drawn points in all
 * @property {Uint16Array} ends  i0 j0 i1 j1 ... of the edges that were sent
 */

/** @param {Uint8Array} bytes */
const plain = (bytes) => bytes;

/** @param {Uint8Array} bytes @returns {Scaled} */
const scaled = ({ buffer, byteOffset: at, byteLength: size }) => ({
  top: new Float32Array(buffer, at, 1)[0],
  values: new Uint8Array(buffer, at + 4, size - 4),
});

/** @param {Uint8Array} bytes @returns {Edges} */
const edges = ({ buffer, byteOffset: at, byteLength: size }) => {
  const [each, between] = new Uint32Array(buffer, at, 2);
  return { each, between, ends: new Uint16Array(buffer, at + 8, (size - 8) >> 1) };
};

/** Points in a plane: x0 y0 x1 y1 ... @param {Uint8Array} bytes @returns {Float32Array} */
const plane = ({ buffer, byteOffset: at, byteLength: size }) => {
  const [x, y, scale] = new Float32Array(buffer, at, 3);
  const step = scale / 32767;
  const values = new Int16Array(buffer, at + 12, (size - 12) >> 1);
  return Float32Array.from(values, (value, i) => (i & 1 ? y : x) + step * value);
};

/** Each channel there is, and its decoder. */
export const DECODERS = Object.freeze({
  labels: plain,
  confidence: plain,
  q: plain,
  p: plain,
  pi: plain,
  pull: scaled,
  edges,
  edge_weights: scaled,
  edge_js: scaled,
  field: plain,
  field_codes: plane,
  field_prior: plane,
  affinity: scaled,
  decoded_centers: plain,
  samples: plain,
  reconstructions: plain,
  cross_reconstructions: plain,
});

/** @typedef {keyof typeof DECODERS} Channel */

/** The name of a channel. Throws UnknownValue if there is none like it. @param {unknown} name @returns {Channel} */
export const channelNamed = (name) => nameIn(DECODERS, name, "channel");

/** @type {WeakMap<Uint8Array, any>} */
const decoded = new WeakMap();

/**
 * What a channel's bytes mean. Each array is decoded once: the same bytes (a channel that holds over epochs) give the
 * same object.
 * @template {Channel} C
 * @param {C} channel
 * @param {Uint8Array | null | undefined} bytes
 * @returns {ReturnType<typeof DECODERS[C]> | null}
 */
export function decodeChannel(channel, bytes) {
  if (!bytes) return null;
  if (!decoded.has(bytes)) decoded.set(bytes, DECODERS[channel](bytes));
  return decoded.get(bytes);
}
