/**
 * How the bytes of a channel are read, by its encoding. Which channels there are, and how each is encoded, comes with the
 * info of a run (core/epochscope/runs/format/channels.py).
 */
import { nameIn } from "./errors.js";

/**
 * @typedef {{top: number, values: Uint8Array}} Scaled  a value is top * values[i] / 255
 * @typedef {object} Edges
 * @property {number} each  neighbors of a point
 * @property {number} between  edges between drawn points in all
 * @property {Uint16Array | Uint32Array} ends  i0 j0 i1 j1 ... of the edges that were sent
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

/** @param {Uint8Array} bytes @returns {Edges} */
const edges32 = ({ buffer, byteOffset: at, byteLength: size }) => {
  const [each, between] = new Uint32Array(buffer, at, 2);
  return { each, between, ends: new Uint32Array(buffer, at + 8, (size - 8) >> 2) };
};

/** Points in a plane: x0 y0 x1 y1 ... @param {Uint8Array} bytes @returns {Float32Array} */
const plane = ({ buffer, byteOffset: at, byteLength: size }) => {
  const [x, y, scale] = new Float32Array(buffer, at, 3);
  const step = scale / 32767;
  const values = new Int16Array(buffer, at + 12, (size - 12) >> 1);
  return Float32Array.from(values, (value, i) => (i & 1 ? y : x) + step * value);
};

/** Numbers of groups; -1 for none, for which the largest number stands. @type {(numbers: Uint8Array | Uint16Array, none: number) => Int16Array} */
const grouped = (numbers, none) => {
  const groups = new Int16Array(numbers.length);
  for (let i = 0; i < groups.length; i++) groups[i] = numbers[i] === none ? -1 : numbers[i];
  return groups;
};

/** @param {Uint8Array} bytes */
const group = (bytes) => grouped(bytes, 255);

/** @param {Uint8Array} bytes */
const group16 = ({ buffer, byteOffset: at, byteLength: size }) =>
  grouped(new Uint16Array(buffer, at, size >> 1), 65535);

/** Each encoding there is, and its decoder. */
export const DECODERS = Object.freeze({ uint8: plain, group, group16, scaled, edges, edges32, plane, gray: plain });

/** @typedef {keyof typeof DECODERS} Encoding */

/** The name of an encoding. Throws UnknownValue if there is none like it. @param {unknown} name @returns {Encoding} */
export const encodingNamed = (name) => nameIn(DECODERS, name, "encoding");

/** @type {WeakMap<Uint8Array, any>} */
const decoded = new WeakMap();

/**
 * What a channel's bytes mean. Each array is decoded once: the same bytes (a channel that holds over epochs) give the
 * same object.
 * @template {Encoding} E
 * @param {E} encoding
 * @param {Uint8Array | null | undefined} bytes
 * @returns {ReturnType<typeof DECODERS[E]> | null}
 */
export function decodeChannel(encoding, bytes) {
  if (!bytes) return null;
  if (!decoded.has(bytes)) decoded.set(bytes, DECODERS[encoding](bytes));
  return decoded.get(bytes);
}
