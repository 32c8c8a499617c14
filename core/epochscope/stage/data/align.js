/**
 * Embeddings side by side: PCA, t-SNE and UMAP know neither left nor up, so a compared run is turned (and mirrored, if
 * that is nearer) until its points lie as near as can be to the same points of the first run. Distances stay.
 */
import { boxOf } from "./bundle.js";

/** The identity: where two runs have too few points in common. */
const ALIKE = [1, 0, 0, 1];

/**
 * The rotation or reflection [a, b, c, d], (x, y) -> (a x + b y, c x + d y), that brings `frame` nearest to `model`
 * (orthogonal Procrustes in the plane, each frame about the mean of its points).
 * @param {object} frame  @param {number[]} index  the data point of each of its points  @param {object} model  @param {number[]} known
 */
export function turnBetween(frame, index, model, known) {
  const place = new Map(known.map((point, i) => [point, i]));
  const n = frame.xy.length >> 1;
  const m = model.xy.length >> 1;
  const pairs = [];
  for (let i = 0; i < n; i++) {
    const j = place.get(index[i]);
    if (j !== undefined && j < m) pairs.push([i, j]);
  }
  if (pairs.length < 3) return ALIKE;
  const mean = (xy, side, axis) => pairs.reduce((sum, pair) => sum + xy[2 * pair[side] + axis], 0) / pairs.length;
  const [px, py, qx, qy] = [mean(frame.xy, 0, 0), mean(frame.xy, 0, 1), mean(model.xy, 1, 0), mean(model.xy, 1, 1)];
  let [xx, xy, yx, yy] = [0, 0, 0, 0]; // sums of (point of the frame) x (point of the model)
  for (const [i, j] of pairs) {
    const [x, y] = [frame.xy[2 * i] - px, frame.xy[2 * i + 1] - py];
    const [u, v] = [model.xy[2 * j] - qx, model.xy[2 * j + 1] - qy];
    xx += x * u;
    xy += x * v;
    yx += y * u;
    yy += y * v;
  }
  const [c, s] = [xx + yy, xy - yx]; // rotation by t wins cos(t) c + sin(t) s at most hypot(c, s); a reflection likewise
  const [C, S] = [xx - yy, xy + yx];
  const [turned, mirrored] = [Math.hypot(c, s), Math.hypot(C, S)];
  if (!(Math.max(turned, mirrored) > 0)) return ALIKE;
  return turned >= mirrored
    ? [c / turned, -s / turned, s / turned, c / turned]
    : [C / mirrored, S / mirrored, S / mirrored, -C / mirrored];
}

/** A frame as it looks after this turn; `around` is the box of all frames of its run. */
export function aligned(frame, turn, around) {
  const [a, b, c, d] = turn;
  const about = (xy) => {
    if (!xy) return xy;
    const out = new Float32Array(xy.length);
    for (let i = 0; i + 1 < xy.length; i += 2) {
      out[i] = a * xy[i] + b * xy[i + 1];
      out[i + 1] = c * xy[i] + d * xy[i + 1];
    }
    return out;
  };
  const ellipses = frame.ellipses && new Float32Array(frame.ellipses.length);
  for (let i = 0; ellipses && i + 2 < ellipses.length; i += 3) {
    const [xx, xy, yy] = frame.ellipses.subarray(i, i + 3); // T S T'
    ellipses[i] = a * a * xx + 2 * a * b * xy + b * b * yy;
    ellipses[i + 1] = a * c * xx + (a * d + b * c) * xy + b * d * yy;
    ellipses[i + 2] = c * c * xx + 2 * c * d * xy + d * d * yy;
  }
  const made = {
    ...frame,
    xy: about(frame.xy),
    centers: about(frame.centers),
    forces: about(frame.forces),
    ellipses,
    center: [...about(frame.center)],
  };
  const corners = about([around[0], around[2], around[1], around[3], around[0], around[3], around[1], around[2]]);
  const [xs, ys] = [corners.filter((_, i) => !(i & 1)), corners.filter((_, i) => i & 1)];
  return { ...made, box: boxOf(made), around: [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] };
}

/** A frame of a run, turned towards the newest frame of the first of the runs that share its cursor. */
export function turned(store, key, frame) {
  const [first] = store.cursor.stores;
  const known = store.projections.get(key);
  const model = first === store || !store.info || !first.info ? null : first.projections.get(key);
  if (!model?.order.length) return frame;
  const state = `${known.received} ${model.received}`;
  let turn = store.turns.get(key);
  if (turn?.state !== state) {
    const last = ({ frames, order }) => frames.get(order.at(-1));
    turn = {
      state,
      by: turnBetween(last(known), store.info.index, last(model), first.info.index),
      frames: new WeakMap(),
    };
    store.turns.set(key, turn);
  }
  if (!turn.frames.has(frame)) turn.frames.set(frame, aligned(frame, turn.by, known.box));
  return turn.frames.get(frame);
}
