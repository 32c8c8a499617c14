/**
 * Embeddings side by side: PCA, t-SNE and UMAP know neither left nor up, so a compared run is turned (and mirrored, if
 * that is nearer) until its points lie as near as can be to the same points of the first run. Distances stay.
 */
import { boxOf, NOWHERE } from "./boxes.js";

/** @import { Box, Frame } from "./types.js" */
/** @typedef {[a: number, b: number, c: number, d: number]} Turn  (x, y) -> (a x + b y, c x + d y) */
/** @typedef {Pick<Frame, "xy">} Points */
/** @typedef {{turn: Turn, fit: number}} Alignment  fit: 1 where the points then lie at the same places, 0 where nothing fits */

/** Where two runs have too few points in common. @type {Alignment} */
const AS_IT_IS = { turn: [1, 0, 0, 1], fit: 0 };
const ENOUGH = 20_000; // points in common

/**
 * The rotation or reflection that brings `frame` nearest to `model` (orthogonal Procrustes in the plane, each frame
 * about the mean of its points).
 * @param {Points} frame
 * @param {ArrayLike<number>} index  the data point of each point of the frame
 * @param {Points} model
 * @param {ArrayLike<number>} modelIndex  the data point of each point of the model
 * @returns {Alignment}
 */
export function turnBetween(frame, index, model, modelIndex) {
  const pairs = commonPoints(frame, index, model, modelIndex);
  if (pairs.length < 3) return AS_IT_IS;
  /** @type {(xy: ArrayLike<number>, side: 0 | 1, axis: 0 | 1) => number} */
  const mean = (xy, side, axis) => pairs.reduce((sum, pair) => sum + xy[2 * pair[side] + axis], 0) / pairs.length;
  const [px, py] = [mean(frame.xy, 0, 0), mean(frame.xy, 0, 1)];
  const [qx, qy] = [mean(model.xy, 1, 0), mean(model.xy, 1, 1)];
  let [xx, xy, yx, yy] = [0, 0, 0, 0]; // sums of (point of the frame) x (point of the model)
  let [frames, models] = [0, 0]; // sums of squares
  for (const [i, j] of pairs) {
    const [x, y] = [frame.xy[2 * i] - px, frame.xy[2 * i + 1] - py];
    const [u, v] = [model.xy[2 * j] - qx, model.xy[2 * j + 1] - qy];
    xx += x * u;
    xy += x * v;
    yx += y * u;
    yy += y * v;
    frames += x * x + y * y;
    models += u * u + v * v;
  }
  // a rotation by t gains cos(t) c + sin(t) s, at most hypot(c, s); a reflection likewise with C and S
  const [c, s] = [xx + yy, xy - yx];
  const [C, S] = [xx - yy, xy + yx];
  const [turned, mirrored] = [Math.hypot(c, s), Math.hypot(C, S)];
  if (!(Math.max(turned, mirrored) > 0)) return AS_IT_IS;
  const fit = Math.max(turned, mirrored) / Math.sqrt(frames * models);
  return turned >= mirrored
    ? { turn: [c / turned, -s / turned, s / turned, c / turned], fit }
    : { turn: [C / mirrored, S / mirrored, S / mirrored, -C / mirrored], fit };
}

/**
 * Points that both have, as many as tell the turn well: the order of points is random, so the first are a sample.
 * @type {(frame: Points, index: ArrayLike<number>, model: Points, modelIndex: ArrayLike<number>) => [number, number][]}
 */
function commonPoints(frame, index, model, modelIndex) {
  const [n, m] = [frame.xy.length >> 1, model.xy.length >> 1];
  let last = 0;
  for (let j = 0; j < m; j++) if (modelIndex[j] > last) last = modelIndex[j];
  const placeOf = new Int32Array(last + 1).fill(-1);
  for (let j = 0; j < m; j++) placeOf[modelIndex[j]] = j;
  /** @type {[number, number][]} */
  const pairs = [];
  for (let i = 0; i < n && pairs.length < ENOUGH; i++) {
    const j = placeOf[index[i]] ?? -1;
    if (j >= 0 && frame.xy[2 * i] !== NOWHERE && model.xy[2 * j] !== NOWHERE) pairs.push([i, j]);
  }
  return pairs;
}

/**
 * A frame as it looks after a turn.
 * @param {Frame} frame
 * @param {Turn} turn
 * @param {Box} around  the box of all frames of its run
 * @returns {Frame}
 */
export function aligned(frame, turn, around) {
  const [a, b, c, d] = turn;
  /** @param {ArrayLike<number>} xy */
  const turned = (xy) => {
    const out = new Float32Array(xy.length);
    for (let i = 0; i + 1 < xy.length; i += 2) {
      const nowhere = xy[i] === NOWHERE;
      out[i] = nowhere ? NOWHERE : a * xy[i] + b * xy[i + 1];
      out[i + 1] = nowhere ? NOWHERE : c * xy[i] + d * xy[i + 1];
    }
    return out;
  };
  const { xy, centers, forces, scale } = frame;
  const [left, right, bottom, top] = around;
  const corners = turned([left, bottom, right, top, left, top, right, bottom]);
  const [xs, ys] = [corners.filter((_, i) => !(i & 1)), corners.filter((_, i) => i & 1)];
  const center = [...turned(frame.center)];
  const turnedXy = turned(xy);
  return {
    ...frame,
    xy: turnedXy,
    centers: centers && turned(centers),
    forces: forces && turned(forces),
    ellipses: frame.ellipses && turnedEllipses(frame.ellipses, turn),
    center,
    box: boxOf({ xy: turnedXy, center, scale }),
    around: [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)],
  };
}

/** Covariances S as T S Tᵀ. @param {Float32Array} ellipses @param {Turn} turn */
function turnedEllipses(ellipses, [a, b, c, d]) {
  const out = new Float32Array(ellipses.length);
  for (let i = 0; i + 2 < ellipses.length; i += 3) {
    const [xx, xy, yy] = ellipses.subarray(i, i + 3);
    out[i] = a * a * xx + 2 * a * b * xy + b * b * yy;
    out[i + 1] = a * c * xx + (a * d + b * c) * xy + b * d * yy;
    out[i + 2] = c * c * xx + 2 * c * d * xy + d * d * yy;
  }
  return out;
}
