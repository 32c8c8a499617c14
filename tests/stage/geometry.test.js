/** Alignment of embeddings, the range that is shown, selections, isolines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { aligned, turnBetween } from "../../core/epochscope/stage/data/align.js";
import { boxOf, entersBox, NOWHERE, union } from "../../core/epochscope/stage/data/boxes.js";
import { insideOf, PointGrid } from "../../core/epochscope/stage/data/point_grid.js";
import { ProjectionFrames } from "../../core/epochscope/stage/data/projection_frames.js";
import { ease, extended, holds, mix, rangeFor, tooFar } from "../../core/epochscope/stage/data/view.js";
import { Camera } from "../../core/epochscope/stage/points/camera.js";
import { move, placed, placeOf, shownFrame } from "../../core/epochscope/stage/points/motion.js";
import { corners } from "../../core/epochscope/stage/points/pointer.js";
import { dotsOf, project, viewOf } from "../../core/epochscope/stage/points/screen.js";
import { countPoints, paintDensity } from "../../core/epochscope/stage/render/density.js";
import { isolines } from "../../core/epochscope/stage/render/isolines.js";
import { FrameTurner } from "../../core/epochscope/stage/runtime/frame_turner.js";

/** @import { Box, Frame } from "../../core/epochscope/stage/data/types.js" */

/** @param {ArrayLike<number>} xy @param {Partial<Frame>} more @returns {Frame} */
function frameOf(xy, more = {}) {
  const none = { centers: null, ellipses: null, forces: null, forceScale: 0, seconds: null, trust: null };
  const points = { xy: Float32Array.from(xy), center: [0, 0], scale: 32767 };
  return { epoch: 0, ...points, ...none, box: boxOf(points), ...more };
}

/** A spiral of points, farther along x than along y: no turn but one brings it to itself. */
const SPIRAL = Array.from({ length: 80 }, (_, i) => [i * Math.cos(i / 9) + 5, 0.4 * i * Math.sin(i / 7)]);

for (const mirrored of [false, true]) {
  test(`a turned${mirrored ? " and mirrored" : ""} embedding is turned back`, () => {
    const [cos, sin] = [Math.cos(2.3), Math.sin(2.3)];
    const order = SPIRAL.map((_, i) => (i * 37) % SPIRAL.length);
    const turned = order.flatMap((from) => {
      const [x, y] = [SPIRAL[from][0], (mirrored ? -1 : 1) * SPIRAL[from][1]];
      return [cos * x - sin * y, sin * x + cos * y];
    });
    const model = frameOf(SPIRAL.flat());
    const frame = frameOf(turned, {
      centers: Float32Array.from(turned.slice(0, 2)),
      ellipses: Float32Array.from([cos * cos * 4 + sin * sin, cos * sin * 3, sin * sin * 4 + cos * cos]), // of axes 2 and 1, turned
    });
    const { turn, fit } = turnBetween(frame, order, model, [...SPIRAL.keys()]);
    assert.ok(Math.abs(fit - 1) < 1e-6);
    assert.ok(Math.abs(turn[0] * turn[3] - turn[1] * turn[2] - (mirrored ? -1 : 1)) < 1e-6);
    const back = aligned(frame, turn, frame.box);
    for (const [to, from] of order.entries())
      assert.ok(Math.hypot(back.xy[2 * to] - SPIRAL[from][0], back.xy[2 * to + 1] - SPIRAL[from][1]) < 1e-3);
    assert.deepEqual(back.centers?.slice(0, 2), back.xy.slice(0, 2));
    const [xx, xy, yy] = back.ellipses ?? [];
    assert.ok(Math.abs(xx - 4) + Math.abs(xy) + Math.abs(yy - 1) < 1e-4);
    assert.ok(back.around && holds([-1e3, 1e3, -1e3, 1e3], back.around));
  });
}

test("a run that collapsed is turned by its start", () => {
  const run = (/** @type {number[][]} */ ...frames) => {
    const known = new ProjectionFrames();
    known.add(
      frames.map((xy, epoch) => ({ ...frameOf(xy), epoch })),
      0,
    );
    return /** @type {any} */ ({ projections: new Map([["pca", known]]), info: { index: [...SPIRAL.keys()] } });
  };
  const mirrored = SPIRAL.flatMap(([x, y]) => [x, -y]);
  const collapsed = SPIRAL.flatMap(([x]) => [0.001 * x, 0]);
  const [first, other] = [run(SPIRAL.flat(), SPIRAL.flat()), run(mirrored, collapsed)];
  const shown = new FrameTurner().turned(other.projections.get("pca").first, "pca", other, first);
  for (const [i, [x, y]] of SPIRAL.entries())
    assert.ok(Math.hypot(shown.xy[2 * i] - x, shown.xy[2 * i + 1] - y) < 1e-3);
});

test("runs with too few points in common stay as they are", () => {
  const frame = frameOf([0, 0, 1, 0, 0, 1]);
  assert.deepEqual(turnBetween(frame, [0, 1, 2], frame, [7, 8, 2]), { turn: [1, 0, 0, 1], fit: 0 });
  const flat = frameOf([2, 2, 2, 2, 2, 2]);
  assert.deepEqual(turnBetween(flat, [0, 1, 2], flat, [0, 1, 2]), { turn: [1, 0, 0, 1], fit: 0 });
});

test("boxes", () => {
  assert.deepEqual(boxOf({ xy: Int16Array.from([0, 32767, -32767, 0]), center: [1, 2], scale: 3 }), [-2, 1, 2, 5]);
  assert.deepEqual(union(null, [0, 1, 2, 3]), [0, 1, 2, 3]);
  assert.deepEqual(union([-1, 0.5, 2, 9], [0, 1, 2, 3]), [-1, 1, 2, 9]);
});

test("the range holds all points, with equal scales, and does not move for a small change", () => {
  /** @type {Box} */
  const run = [-10, 10, -10, 10];
  for (const [box, shape] of /** @type {[Box, number][]} */ ([
    [[-1, 1, -1, 1], 1],
    [[3, 4, -9, -8], 1.6],
    [[-10, 10, -10, 10], 0.7],
    [[5, 5, 5, 5], 1],
  ])) {
    const range = rangeFor(box, run, shape);
    assert.ok(holds(range, box), `${range} holds ${box}`);
    assert.ok(Math.abs((range[1] - range[0]) / (range[3] - range[2]) - shape) < 1e-9);
  }
  const small = rangeFor([-1, 1, -1, 1], run, 1);
  assert.deepEqual(rangeFor([-1.01, 1, -1, 1.01], run, 1), small);
  assert.ok(small[1] - small[0] < 5);
});

test("what is shown gives way where points leave it, or it is much too wide", () => {
  assert.equal(tooFar([-2, 2, -2, 2], [-2, 2, -2, 2], [-1, 1, -1, 1]), false);
  assert.equal(tooFar([-2, 2, -2, 2], [-4, 4, -4, 4], [-3, 1, -1, 1]), true);
  assert.equal(tooFar([-2, 2, -2, 2], [-1, 1, -1, 1], [-0.5, 0.5, -0.5, 0.5]), true);
});

test("what was looked at grows, and begins anew where a frame would be lost in it", () => {
  assert.deepEqual(extended([-1, 1, -1, 1], [0, 2, 0, 1]), [-1, 2, -1, 1]);
  assert.deepEqual(extended([-100, 100, -100, 100], [0, 2, 0, 1]), [0, 2, 0, 1]);
});

test("a camera glides to another range, and stands still when asked to", () => {
  const camera = new Camera();
  /** @type {Box} */
  const run = [-10, 10, -10, 10];
  assert.equal(camera.lookAt([-1, 1, -1, 1], run, 1, 0, false), true);
  const first = camera.range ?? run;
  assert.deepEqual(camera.seen(first, 0), [first, false]);
  assert.equal(camera.lookAt([-1, 1, -1, 1], run, 1, 10, false), false);
  assert.equal(camera.lookAt([-6, 6, -6, 6], run, 1, 100, false), true);
  const second = camera.range ?? run;
  const [half, moves] = camera.seen(second, 275);
  assert.ok(moves && half[0] < first[0] && half[0] > second[0]);
  assert.deepEqual(camera.seen(second, 451), [second, false]);
  camera.reset();
  assert.equal(camera.range, null);
});

test("mixing and easing begin at the beginning and end at the end", () => {
  assert.deepEqual(mix([0, 1, 2, 3], [4, 5, 6, 7], 0.25), [1, 2, 3, 4]);
  assert.deepEqual([ease(0), ease(1)], [0, 1]);
  assert.ok(ease(0.5) > 0.5);
});

test("points move from one frame to the next; an empty cluster has no center", () => {
  const [from, to] = [frameOf([0, 0, 2, 2]), frameOf([4, 0, 2, 6], { centers: Float32Array.from([1, 1, NaN, NaN]) })];
  const still = { now: 0, length: 0, even: true };
  const first = shownFrame(from, null, 2, null, still);
  assert.equal(first.centers, null);
  const second = shownFrame(to, null, 2, first, { now: 100, length: 200, even: true });
  assert.equal(move(second, 200), true);
  assert.deepEqual([...placed(second)], [2, 0, 2, 4]);
  assert.deepEqual(placeOf(second, 1), [2, 4]);
  const third = shownFrame(frameOf([2, 4, 2, 4]), null, 2, second, { now: 200, length: 200, even: true });
  move(third, 300);
  assert.deepEqual([...placed(third)], [2, 2, 2, 4], "from where they were on the way");
  assert.equal(move(second, 300), false);
  assert.deepEqual([...placed(second)], [4, 0, 2, 6]);
  assert.ok(Number.isNaN(second.nowCenters?.[2]));
  const other = shownFrame(frameOf([0, 0]), null, 2, second, { now: 400, length: 200, even: true });
  assert.equal(move(other, 400), false, "another number of points cannot move");
});

test("from the plane to pixels and back", () => {
  const area = { dpr: 2, left: 10, top: 20, width: 100, height: 50 };
  const view = viewOf(area, [0, 10, 0, 5], false, 500);
  assert.deepEqual([view.W, view.H, view.sx, view.sy], [200, 100, 20, 20]);
  const out = new Float32Array(4);
  project(Float32Array.from([0, 5, 10, 0]), view, out);
  assert.deepEqual([...out], [0, 0, 200, 100]);
  assert.ok(viewOf(area, [0, 10, 0, 5], false, 50000).sizes[2] < view.sizes[2]);
});

/** Some points, a few without a place, many in one spot: the same ones every time. @param {number} n */
function somePoints(n) {
  const xy = new Float32Array(2 * n);
  let state = 7;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < n; i++) {
    const spot = i % 5 === 0;
    xy[2 * i] = i % 97 === 0 ? Number.NaN : spot ? 0.3 : 4 * random() - 1;
    xy[2 * i + 1] = i % 97 === 0 ? Number.NaN : spot ? 0.4 : 2 * random() ** 2;
  }
  return xy;
}

test("a grid finds the points inside a box, and inside a lasso that is not convex, as one by one", () => {
  const xy = somePoints(3000);
  const grid = new PointGrid(xy);
  const letterC = { x: [0, 2.5, 2.5, 0.25, 0.25, 2.5, 2.5, 0], y: [0, 0, 0.5, 0.5, 1.5, 1.5, 2.5, 2.5] };
  for (const outline of [corners({ x: [2, -0.5], y: [0.1, 1.2] }), letterC, corners({ x: [9, 10], y: [0, 1] })]) {
    const holds = insideOf(outline);
    const expected = Array.from({ length: 3000 }, (_, i) => i).filter((i) => holds(xy[2 * i], xy[2 * i + 1]));
    /** @type {number[]} */
    const found = [];
    grid.inside(outline, (i) => found.push(i));
    assert.deepEqual(
      found.sort((a, b) => a - b),
      expected,
    );
  }
  const holds = insideOf(letterC);
  assert.deepEqual([holds(0.1, 1), holds(2, 0.2), holds(2, 1)], [true, true, false]);
});

test("a grid finds the nearest point that counts, within reach", () => {
  const xy = somePoints(2000);
  const grid = new PointGrid(xy);
  const [rx, ry] = [0.2, 0.1];
  for (const [x, y] of [
    [0.31, 0.41],
    [2.9, 1.9],
    [-3, -3],
    [1, 0.01],
  ]) {
    /** @param {number} i */
    const away = (i) => ((xy[2 * i] - x) / rx) ** 2 + ((xy[2 * i + 1] - y) / ry) ** 2;
    for (const counts of [() => true, (/** @type {number} */ i) => i % 3 === 0]) {
      /** @type {number | null} */
      let best = null;
      for (let i = 0; i < 2000; i++) if (counts(i) && away(i) <= (best === null ? 1 : away(best))) best = i;
      assert.equal(grid.nearest(x, y, rx, ry, counts), best);
    }
  }
  assert.equal(
    new PointGrid(new Float32Array([Number.NaN, Number.NaN])).nearest(0, 0, 1, 1, () => true),
    null,
  );
});

test("the density of points is counted by pixel, and painted where there are any", () => {
  const xy = Float32Array.from([0.2, 0.7, 0.9, 0.1, 2.5, 1.5, 3, 0, Number.NaN, 0, 1, 1]);
  const counted = countPoints(xy, Uint8Array.from([2, 1, 2, 2, 2, 0]), 3, 2);
  assert.deepEqual([[...counted.counts], counted.most], [[2, 0, 0, 0, 0, 1], 2]);
  const pixels = new Uint32Array(6).fill(0xffffffff);
  paintDensity(pixels, counted, 0x000000);
  const tones = Array.from(pixels, (pixel) => pixel & 255);
  assert.ok(tones[0] < tones[5] && tones[5] < 255 && tones[1] === 255, `${tones}`);
  assert.ok(pixels.every((pixel) => pixel >>> 24 === 255));
  const run = (/** @type {number} */ n) => /** @type {any} */ ({ n });
  assert.deepEqual([dotsOf(run(1e6), 1e6), dotsOf(run(2e6), 1e6), dotsOf(run(2e6), 300)], [1e6, 5_000, 300]);
});

test("isolines of a cone are closed and lie at its height", () => {
  const xs = Array.from({ length: 41 }, (_, i) => i - 20);
  const z = xs.flatMap((y) => xs.map((x) => Math.hypot(x, y)));
  const [line, ...others] = isolines(z, xs, xs, 10.5);
  assert.equal(others.length, 0);
  assert.deepEqual(line[0], line[line.length - 1]);
  for (const [x, y] of line) assert.ok(Math.abs(Math.hypot(x, y) - 10.5) < 0.05);
});

test("isolines end at the border, part at a saddle, and leave out what is not finite", () => {
  assert.deepEqual(isolines([0, 1, 0, 1], [0, 1], [0, 1], 0.25), [
    [
      [0.25, 0],
      [0.25, 1],
    ],
  ]);
  assert.equal(isolines([1, 0, 0, 1], [0, 1], [0, 1], 0.5).length, 2);
  assert.deepEqual(isolines([0, 1, 0, NaN], [0, 1], [0, 1], 0.25), []);
  assert.deepEqual(isolines([0, 0, 0, 0], [0, 1], [0, 1], 0.25), []);
});

test("points without a place: in no box, on no way, not drawn", () => {
  const xy = new Int16Array([0, 0, NOWHERE, NOWHERE, 32767, 32767]);
  const frame = /** @type {Frame} */ ({ epoch: 0, xy, center: [0, 0], scale: 1, centers: null, ellipses: null });
  assert.deepEqual(boxOf(frame), [0, 1, 0, 1]);
  assert.deepEqual(boxOf({ ...frame, xy: new Int16Array([NOWHERE, NOWHERE]) }), [0, 0, 0, 0]);
  const later = shownFrame(frame, null, 1, null, { now: 0, length: 100, even: true });
  assert.deepEqual(Array.from(later.to), [0, 0, Number.NaN, Number.NaN, 1, 1]);
  const back = { ...frame, xy: new Int16Array([0, 0, 32767, 0, 0, 0]) };
  const next = shownFrame(back, null, 1, later, { now: 0, length: 100, even: true });
  move(next, 50);
  assert.deepEqual(Array.from(placed(next)), [0, 0, 1, 0, 0.5, 0.5]);
});

test("a curve enters a box where it lies in it or passes through it, and not where it is broken", () => {
  const curve = { x: [0, 10, 20, 30], y: [0, 10, null, 0] };
  assert.ok(entersBox(curve, [4, 6, 3, 7]));
  assert.ok(entersBox(curve, [2, 3, 0, 10])); // between two of its points
  assert.ok(!entersBox(curve, [4, 6, 7, 9]));
  assert.ok(!entersBox(curve, [12, 28, 0, 10]));
  assert.ok(!entersBox(curve, [40, 50, 0, 10]));
});
