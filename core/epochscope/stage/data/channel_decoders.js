/** Reads the channels that carry more than one byte a value (core/server/bundle.py); each array is read once. */

const read = new WeakMap();

/** What `make` makes of the bytes; the same bytes (a channel that holds over epochs) give the same object. */
function once(bytes, make) {
  if (!bytes) return null;
  if (!read.has(bytes)) read.set(bytes, make(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return read.get(bytes);
}

/** {top, values}: value = top * values[i] / 255. */
export const scaled = (bytes) =>
  once(bytes, (buffer, at, size) => ({
    top: new Float32Array(buffer, at, 1)[0],
    values: new Uint8Array(buffer, at + 4, size - 4),
  }));

/** {each, between, ends}: neighbors a point, edges between drawn points in all, and the ends i0 j0 i1 j1 ... of those sent. */
export const edgesOf = (bytes) =>
  once(bytes, (buffer, at, size) => {
    const [each, between] = new Uint32Array(buffer, at, 2);
    return { each, between, ends: new Uint16Array(buffer, at + 8, (size - 8) >> 1) };
  });

/** Points in a plane: x0 y0 x1 y1 ... */
export const planeOf = (bytes) =>
  once(bytes, (buffer, at, size) => {
    const [x, y, scale] = new Float32Array(buffer, at, 3);
    const step = scale / 32767;
    return Float32Array.from(
      new Int16Array(buffer, at + 12, (size - 12) >> 1),
      (value, i) => (i & 1 ? y : x) + step * value,
    );
  });
