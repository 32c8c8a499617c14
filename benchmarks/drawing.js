/**
 * What drawing many points costs a processor, without a browser: `.venv/bin/node benchmarks/drawing.js`.
 *
 * Milliseconds of processor time (a busy machine does not change them much), medians: taking a frame over when the cursor
 * steps, colors, one frame of the movement, sorting the points into a grid, the nearest point, a lasso of 120 corners.
 */
import { PointGrid } from "../core/epochscope/stage/data/point_grid.js";
import { move, placed, shownFrame } from "../core/epochscope/stage/points/motion.js";
import { pointStyle } from "../core/epochscope/stage/points/point_style.js";
import { project, viewOf } from "../core/epochscope/stage/points/screen.js";

/** What `Dots` needs of a browser. */
class Pixels {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
  }
}
Object.assign(globalThis, { ImageData: Pixels });
const { Dots } = await import("../core/epochscope/stage/render/dots.js");

const TIMES = 15;
const AREA = { dpr: 1, left: 0, top: 0, width: 700, height: 560 };
const CLUSTERS = 10;

/** Median of the processor time of some calls, ms. @param {(turn: number) => unknown} act */
function cost(act) {
  const taken = [];
  for (let turn = 0; turn < TIMES + 3; turn++) {
    const before = process.cpuUsage();
    act(turn);
    const { user, system } = process.cpuUsage(before);
    if (turn >= 3) taken.push((user + system) / 1000);
  }
  return taken.sort((a, b) => a - b)[TIMES >> 1].toFixed(2);
}

/** Clouds around a circle. @param {number} n @param {number} reach */
function frameOf(n, reach) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const xy = new Int16Array(2 * n);
  for (let i = 0; i < n; i++) {
    xy[2 * i] = 12000 * reach * Math.cos(i % CLUSTERS) + 3000 * normal();
    xy[2 * i + 1] = 12000 * reach * Math.sin(i % CLUSTERS) + 3000 * normal();
  }
  const none = { seconds: null, centers: null, ellipses: null, forces: null, forceScale: 0 };
  return /** @type {any} */ ({ epoch: 1, xy, center: [0, 0], scale: 1, box: [-1, 1, -1, 1], ...none });
}

for (const n of [10_000, 70_000, 1_000_000]) {
  const labels = Int16Array.from({ length: n }, (_, i) => i % CLUSTERS);
  const [from, to] = [frameOf(n, 1), frameOf(n, 1.3)];
  const entry = /** @type {any} */ ({ labels, epoch: 1 });
  const still = { now: 0, length: 0, even: true };
  const start = shownFrame(from, entry, CLUSTERS, null, still);
  const shown = shownFrame(to, entry, CLUSTERS, start, { now: 0, length: 1000, even: true });
  const store = { info: { n }, before: () => ({ labels }), hiddenIn: () => new Set(), selection: null };
  const groups = Array.from({ length: CLUSTERS }, (_, i) => `${i}`);
  const panel = /** @type {any} */ ({ store, mode: "cluster", groups, tone: () => "#336699", continuous: false });
  const { tint, layer } = pointStyle(panel, shown);
  const dots = new Dots();
  const onScreen = new Float32Array(2 * n);
  const view = viewOf(AREA, [-1, 1, -0.8, 0.8], true, n);
  dots.resize(view.W, view.H);
  const step = cost(() => shownFrame(to, entry, CLUSTERS, start, still));
  const colors = cost(() => pointStyle(panel, shown));
  const moving = cost((turn) => {
    move(shown, 10 + 50 * turn);
    project(placed(shown), view, onScreen);
    dots.clear(0);
    for (const kind of [1, 2, 3]) dots.draw(onScreen, tint, layer, kind, view.sizes[kind]);
  });
  const grid = new PointGrid(shown.to);
  const sorting = cost(() => new PointGrid(shown.to));
  const hover = cost((turn) => grid.nearest(Math.cos(turn) / 2, Math.sin(turn) / 2, 0.03, 0.03, () => true));
  const corners = Array.from({ length: 120 }, (_, i) => (i * Math.PI) / 60);
  const radius = (/** @type {number} */ angle) => 0.5 + 0.1 * Math.cos(5 * angle);
  const x = corners.map((angle) => radius(angle) * Math.cos(angle));
  const y = corners.map((angle) => radius(angle) * Math.sin(angle));
  const lasso = cost(() => grid.inside({ x, y }, () => {}));
  console.log(`${n.toLocaleString("en-US")} points:`, { step, colors, moving, sorting, hover, lasso });
}
