/** What a points panel shows: a frame, and where its points are on the way from the frame before. */
import { NOWHERE } from "../data/boxes.js";
import { ease } from "../data/view.js";

/** @import { Epoch } from "../data/epoch.js" */
/** @import { Frame } from "../data/types.js" */

/**
 * @typedef {object} Shown
 * @property {Frame} frame
 * @property {Epoch | null} entry  the epoch of the frame
 * @property {Float32Array} to  where the points are in the frame: x0 y0 x1 y1 ...
 * @property {Float32Array} from  where they came from
 * @property {number} share  how much of the way from there to there they have gone: 0 to 1
 * @property {number} nowhere  points without a place in the frame: their codes are not finite
 * @property {{xy: Float32Array, share: number} | null} between  where they were when `placed` was last asked for
 * @property {Float32Array | null} centers  of the clusters, like `to`; NaN for an empty cluster
 * @property {Float32Array | null} fromCenters
 * @property {Float32Array | null} nowCenters
 * @property {Float32Array | null} fromEllipses  covariance xx, xy, yy of each cluster
 * @property {Float32Array | null} nowEllipses
 * @property {number} start  ms
 * @property {number} length  ms that the movement takes
 * @property {boolean} even  whether it goes on at an even speed
 */

/**
 * A frame, to be reached from where the points of another are now.
 * @param {Frame} frame
 * @param {Epoch | null} entry
 * @param {number} k  clusters
 * @param {Shown | null} old  null: without a movement
 * @param {{now: number, length: number, even: boolean}} movement
 * @returns {Shown}
 */
export function shownFrame(frame, entry, k, old, { now, length, even }) {
  const to = inThePlane(frame.xy, frame);
  const centers = centersOf(frame, entry, to, k);
  const before = old?.to.length === to.length ? old : null;
  const from = before ? placed(before) : to;
  let nowhere = 0;
  for (let i = 0; i < to.length; i += 2) if (Number.isNaN(to[i])) nowhere++;
  const sameCenters = before?.nowCenters?.length === centers?.length;
  const sameEllipses = before?.nowEllipses?.length === frame.ellipses?.length;
  return {
    frame,
    entry,
    to,
    from: from === before?.between?.xy ? from.slice() : from,
    share: before && length ? 0 : 1,
    nowhere,
    between: before?.between ? { xy: before.between.xy, share: -1 } : null,
    centers,
    fromCenters: before && sameCenters ? before.nowCenters : centers,
    nowCenters: centers,
    fromEllipses: before && sameEllipses ? before.nowEllipses : frame.ellipses,
    nowEllipses: frame.ellipses,
    start: now,
    length: before ? length : 0,
    even,
  };
}

/** @param {ArrayLike<number>} values  x0 y0 x1 y1 ... as in a frame @param {Frame} frame */
function inThePlane(values, { center: [x, y], scale }) {
  const step = scale / 32767;
  const places = new Float32Array(values.length);
  for (let i = 0; i < places.length; i++)
    places[i] = values[i] === NOWHERE ? Number.NaN : (i & 1 ? y : x) + step * values[i];
  return places;
}

/**
 * Centers of the clusters in the plane: projected ones, else the mean of each cluster's points.
 * @param {Frame} frame
 * @param {Epoch | null} entry
 * @param {Float32Array} to
 * @param {number} k
 */
function centersOf(frame, entry, to, k) {
  if (frame.centers) return inThePlane(frame.centers, frame);
  const labels = entry?.labels;
  if (!labels) return null;
  const sums = new Float32Array(2 * k);
  const counts = new Float32Array(k);
  for (let i = 0; i < labels.length && 2 * i < to.length; i++) {
    if (labels[i] < 0 || labels[i] >= k || Number.isNaN(to[2 * i])) continue;
    sums[2 * labels[i]] += to[2 * i];
    sums[2 * labels[i] + 1] += to[2 * i + 1];
    counts[labels[i]]++;
  }
  return sums.map((value, i) => value / counts[i >> 1]); // NaN for an empty cluster: not drawn
}

/**
 * Where the points are now: x0 y0 x1 y1 ...; not to be changed.
 * @param {Shown} shown
 */
export function placed(shown) {
  const { from, to, share } = shown;
  if (share >= 1) return to;
  if (shown.between?.xy.length !== to.length) shown.between = { xy: new Float32Array(to.length), share: -1 };
  const { xy } = shown.between;
  if (shown.between.share !== share)
    for (let i = 0; i < xy.length; i++) xy[i] = Number.isNaN(from[i]) ? to[i] : from[i] + (to[i] - from[i]) * share;
  shown.between.share = share;
  return xy;
}

/** Where one point is now. @param {Shown} shown @param {number} i @returns {[x: number, y: number]} */
export function placeOf({ from, to, share }, i) {
  /** @param {number} at */
  const now = (at) => (share >= 1 || Number.isNaN(from[at]) ? to[at] : from[at] + (to[at] - from[at]) * share);
  return [now(2 * i), now(2 * i + 1)];
}

/**
 * Moves everything to where it is at a time; true while it moves. The points follow when `placed` is asked for: a graphics
 * card does it by itself.
 * @param {Shown} shown
 * @param {number} now  ms
 */
export function move(shown, now) {
  const part = shown.length ? Math.min(1, Math.max(0, (now - shown.start) / shown.length)) : 1;
  const t = shown.even ? part : ease(part);
  shown.share = t;
  shown.nowCenters = between(shown.fromCenters, shown.centers, t);
  shown.nowEllipses = between(shown.fromEllipses, shown.frame.ellipses, t);
  return part < 1;
}

/** @type {(from: Float32Array | null, to: Float32Array | null, t: number) => Float32Array | null} */
function between(from, to, t) {
  if (!from || !to || t >= 1) return to;
  return to.map((value, i) => (Number.isNaN(from[i]) ? value : from[i] + (value - from[i]) * t));
}
