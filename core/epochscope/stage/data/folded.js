/**
 * Folded bundles: each array is how it differs from the one of its name before it, so that gzip makes them small.
 * core/epochscope/portable/folding.py folds and describes them; this unfolds them in place.
 */

/** @typedef {[offset: number, bytes: number]} Place  of an array in the body */
/** @typedef {{center: number[], scale: number}} Plane  a coordinate is center + scale * value / 32767 */

const LIMIT = 32767;

/** The header of a bundle, and where its body begins. @param {ArrayBuffer} buffer @returns {{header: any, start: number}} */
export function opened(buffer) {
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  return { header, start: 8 + length };
}

/** Low bytes, then high bytes: numbers near 0 as they were. @param {Uint8Array} bytes */
function words(bytes) {
  const count = bytes.length >> 1;
  const made = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const small = bytes[i] | (bytes[count + i] << 8);
    made[i] = (small >> 1) ^ -(small & 1);
  }
  return made;
}

/**
 * Where coordinates of the frame `was` are in units of the frame `now`; core/epochscope/portable/folding.py computes the
 * same.
 * @param {Int16Array} places @param {Plane} was @param {Plane} now
 */
function moved(places, was, now) {
  if (!(now.scale > 0)) return places;
  const made = new Int16Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const plane = was.center[i & 1] + (was.scale * places[i]) / LIMIT;
    const units = ((plane - now.center[i & 1]) / now.scale) * LIMIT;
    made[i] = Math.min(LIMIT, Math.max(-LIMIT, Math.floor(units + 0.5)));
  }
  return made;
}

/** Unfolds the arrays of a bundle in their order. */
class Unfolding {
  /** @type {Map<string, Uint8Array | Int16Array>}  the last array of each name */
  #before = new Map();
  /** @type {Plane | null}  of the last coordinates */
  #plane = null;

  /** @param {Uint8Array} bytes  in place @param {string} name @param {string} kind @param {Plane} line */
  array(bytes, name, kind, line) {
    const last = this.#before.get(name);
    if (kind === "bytes") {
      if (last?.length === bytes.length) for (let i = 0; i < bytes.length; i++) bytes[i] += last[i];
      this.#before.set(name, bytes);
      return;
    }
    const made = words(bytes);
    if (last?.length === made.length) {
      const expected =
        kind === "places" && this.#plane ? moved(/** @type {Int16Array} */ (last), this.#plane, line) : last;
      for (let i = 0; i < made.length; i++) made[i] += expected[i];
    }
    if (kind === "places") this.#plane = line;
    this.#before.set(name, made);
    bytes.set(new Uint8Array(made.buffer));
  }
}

/** Unfolds a bundle in place; one that is not folded stays as it is. @param {ArrayBuffer} buffer @returns {ArrayBuffer} */
export function unfold(buffer) {
  const { header, start } = opened(buffer);
  const unfolding = new Unfolding();
  /** @type {(name: string, at: Place | undefined, line: any) => void} */
  const take = (name, at, line) => {
    const kind = header.folded?.[name];
    if (kind && at) unfolding.array(new Uint8Array(buffer, start + at[0], at[1]), name, kind, line);
  };
  for (const line of [...(header.epochs ?? []), ...(header.lines ?? [])])
    for (const [name, at] of Object.entries(line.at)) take(name, /** @type {Place} */ (at), line);
  for (const line of header.frames ?? []) {
    take("xy", line.at, line);
    for (const name of ["centers", "ellipses", "forces"]) take(name, line[`at_${name}`], line);
  }
  return buffer;
}

/** A bundle with nothing in its body. @param {object} header @returns {ArrayBuffer} */
export function bare(header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + ((8 - (text.length % 8)) % 8)).fill(0x20); // padded with blanks
  bytes.set(new TextEncoder().encode("EPB1"));
  new DataView(bytes.buffer).setUint32(4, bytes.length - 8, true);
  bytes.set(text, 8);
  return bytes.buffer;
}
