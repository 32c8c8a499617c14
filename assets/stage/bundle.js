/**
 * Reads the bundles that the server sends: some epochs of a run and some frames of one projection in one message.
 * The format is described in core/epochscope/server/bundle.py. Nothing is copied: all arrays are views of the message.
 */

const text = new TextDecoder();

/** @returns {{header: object, epochs: object[], frames: object[]}} */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, false) !== 0x45504231) throw new Error("The server sent something that is not a bundle.");
  const length = view.getUint32(4, true);
  const header = JSON.parse(text.decode(new Uint8Array(buffer, 8, length)));
  const start = 8 + length;
  const fits = (at) => Array.isArray(at) && at[0] >= 0 && at[1] > 0 && start + at[0] + at[1] <= buffer.byteLength;
  const bytes = (at) => (fits(at) ? new Uint8Array(buffer, start + at[0], at[1]) : null);
  const floats = (at) => (fits(at) ? new Float32Array(buffer, start + at[0], at[1] >> 2) : null);
  const words = (at) => (fits(at) ? new Int16Array(buffer, start + at[0], at[1] >> 1) : null);

  const epochs = (header.epochs ?? []).map((e) => ({
    epoch: e.epoch,
    phase: e.phase ?? "",
    seconds: e.seconds ?? null,
    losses: e.losses ?? {},
    scores: e.scores ?? {},
    measures: e.measures ?? {},
    ...e.numbers, // tables "numbers of <figure>"
    sizes: e.sizes ?? null,
    mixing: e.mixing ?? null,
    entropy: e.entropy ?? null,
    field_box: e.field_box ?? null,
    held: e.held ?? {}, // channels that are those of an earlier epoch: the store fetches them there
    ...Object.fromEntries(Object.entries(e.at ?? {}).map(([name, at]) => [name, bytes(at)])),
  }));
  const frames = (header.frames ?? [])
    .map((f) => ({
      epoch: f.epoch,
      xy: words(f.at),
      center: f.center ?? [0, 0],
      scale: f.scale || 1,
      seconds: f.seconds ?? null,
      centers: words(f.at_centers),
      ellipses: floats(f.at_ellipses),
      forces: words(f.at_forces),
      forceScale: f.force_scale ?? 0,
      box: null,
    }))
    .map((f) => (f.xy ? { ...f, box: boxOf(f) } : f));
  return { header, epochs, frames };
}

/** The box of all points of a frame: [x0, x1, y0, y1]. */
export function boxOf({ xy, center, scale }) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i + 1 < xy.length; i += 2) {
    if (xy[i] < x0) x0 = xy[i];
    if (xy[i] > x1) x1 = xy[i];
    if (xy[i + 1] < y0) y0 = xy[i + 1];
    if (xy[i + 1] > y1) y1 = xy[i + 1];
  }
  return [x0, x1, y0, y1].map((value, i) => center[i >> 1] + (scale * value) / 32767);
}
