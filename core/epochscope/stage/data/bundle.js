/**
 * Reads the bundles that the server sends: some epochs of a run and some frames of one projection in one message.
 * The format is described in core/epochscope/server/bundle.py. Nothing is copied: all arrays are views of the message.
 */
import { boxOf } from "./boxes.js";
import { Epoch } from "./epoch.js";

/** @import { Box, Bundle, Frame } from "./types.js" */
/** @typedef {[offset: number, bytes: number]} Place  of an array in the body */

/** What surely holds the points of a frame, before these are there. @type {(center: number[], scale: number) => Box} */
const squareAround = ([x, y], scale) => [x - scale, x + scale, y - scale, y + scale];

const MAGIC = 0x45504231; // "EPB1"
const text = new TextDecoder();

/**
 * Throws an Error if the message is no bundle, or ends too early.
 * @param {ArrayBuffer} buffer
 * @returns {Bundle}
 */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, false) !== MAGIC)
    throw new Error("The server sent something that is not a bundle.");
  const length = view.getUint32(4, true);
  const start = 8 + length;
  if (start > buffer.byteLength) throw new Error("The server sent a bundle whose header is cut off.");
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 8, length)));

  /** @type {(name: string, at: Place) => Uint8Array} */
  const bytes = (name, at) => {
    if (!(at[0] >= 0 && at[1] >= 0 && start + at[0] + at[1] <= buffer.byteLength))
      throw new Error(`The server sent a bundle in which "${name}" lies beyond its end.`);
    return new Uint8Array(buffer, start + at[0], at[1]);
  };
  /** @type {(name: string, at: Place | undefined) => Int16Array | null} */
  const words = (name, at) => (at?.[1] ? new Int16Array(buffer, bytes(name, at).byteOffset, at[1] >> 1) : null);
  /** @type {(name: string, at: Place | undefined) => Float32Array | null} */
  const floats = (name, at) => (at?.[1] ? new Float32Array(buffer, bytes(name, at).byteOffset, at[1] >> 2) : null);

  /** @type {Epoch[]} */
  const epochs = (header.epochs ?? []).map((/** @type {any} */ line) => {
    const channels = Object.entries(/** @type {Record<string, Place>} */ (line.at ?? {}));
    return new Epoch(line, Object.fromEntries(channels.map(([name, at]) => [name, bytes(name, at)])));
  });
  /** @type {Frame[]} */
  const frames = (header.frames ?? []).map((/** @type {any} */ line) => {
    const xy = words("xy", line.at) ?? new Int16Array(0);
    const [center, scale] = [line.center, line.scale];
    return {
      epoch: line.epoch,
      xy,
      center,
      scale,
      seconds: line.seconds ?? null,
      trust: line.trust ?? null,
      centers: words("centers", line.at_centers),
      ellipses: floats("ellipses", line.at_ellipses),
      forces: words("forces", line.at_forces),
      forceScale: line.force_scale ?? 0,
      apart: line.apart ?? 0,
      box: line.apart ? squareAround(center, scale) : boxOf({ xy, center, scale }),
    };
  });
  return { header, epochs, frames };
}
