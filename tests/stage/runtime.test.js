/** Throttled redraws, waiting, layouts of Plotly's, layouts of pictures. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { merged } from "../../core/epochscope/stage/base/theme.js";
import { fitted } from "../../core/epochscope/stage/panels/picture_layout.js";
import { circles } from "../../core/epochscope/stage/points/point_style.js";
import { clockTitle } from "../../core/epochscope/stage/runtime/cursor.js";
import { Throttle } from "../../core/epochscope/stage/runtime/throttle.js";
import { pause } from "../../core/epochscope/stage/runtime/time.js";

/** Lets all promises that can be kept be kept. */
const settle = () => new Promise((done) => setImmediate(done));

test("a throttle never redraws twice at once, and not before its rest is over", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let [drawn, again] = [0, 0];
  let finish = () => {};
  const redraw = () => {
    drawn++;
    return /** @type {Promise<void>} */ (new Promise((done) => (finish = done)));
  };
  const throttle = new Throttle(redraw, () => again++);
  throttle.request(0);
  throttle.request(0);
  assert.equal(drawn, 1);
  finish();
  await settle();
  assert.equal(again, 1);
  throttle.request(60_000);
  throttle.request(60_000);
  assert.deepEqual([drawn, again], [1, 1]);
  mock.timers.tick(60_000);
  assert.equal(again, 2, "called once when the time has come");
  throttle.request(0);
  assert.equal(drawn, 2);
  finish();
  throttle.request(60_000);
  throttle.stop();
  mock.timers.tick(120_000);
  await settle();
  assert.equal(again, 3);
  mock.timers.reset();
});

test("a redraw that fails leaves the throttle usable", async () => {
  const error = mock.method(console, "error", () => {});
  let drawn = 0;
  const throttle = new Throttle(
    async () => {
      drawn++;
      throw new Error("no");
    },
    () => {},
  );
  throttle.request(0);
  await settle();
  throttle.request(-1e9);
  await settle();
  assert.deepEqual([drawn, error.mock.callCount()], [2, 2]);
  error.mock.restore();
});

test("a pause ends when it is told to", async () => {
  const stop = new AbortController();
  const waiting = pause(3_600_000, stop.signal);
  stop.abort();
  await waiting;
});

test("what a cursor counts has a title, or there is no such thing", () => {
  assert.equal(clockTitle("seconds"), "seconds of training");
  assert.throws(() => clockTitle("hours"), /knows no clock "hours"; it knows epoch, seconds/);
});

test("layouts are laid on top of each other, lists whole", () => {
  const base = { axis: { range: [0, 1], grid: true }, title: "old" };
  assert.deepEqual(merged(base, { axis: { range: [2, 3] }, title: { text: "new" } }), {
    axis: { range: [2, 3], grid: true },
    title: { text: "new" },
  });
  assert.deepEqual(base.axis.range, [0, 1]);
  assert.deepEqual(merged(base, undefined), base);
});

test("pictures fit by whole pixels; of samples rather fewer than tiny ones", () => {
  const sheet = { bytes: new Uint8Array(0), w: 8, h: 8, at: () => 0 };
  const few = fitted({ ...sheet, groups: 10, wide: 1, clusters: true }, 600, 300, 1);
  assert.deepEqual([few.shown, few.zoom], [10, 8]);
  const samples = fitted({ ...sheet, w: 28, h: 28, groups: 100, wide: 8, clusters: true }, 500, 400, 2);
  assert.ok(samples.wide < 8 && samples.wide >= 3);
  const parts = fitted({ ...sheet, groups: 24, wide: 3, clusters: false }, 300, 200, 1);
  assert.equal(parts.wide, 3);
  const tooMany = fitted({ ...sheet, w: 96, h: 96, groups: 100, wide: 1, clusters: true }, 300, 200, 1);
  assert.ok(tooMany.shown < 100 && tooMany.shown > 0);
});

test("a picture to keep has the visible points as circles, layer above layer", () => {
  const what = {
    xy: Float32Array.from([10, 10, 20, 20, 900, 10, 30, 30]),
    tint: Uint32Array.from([0xff0000ff, 0xff00ff00, 0xff0000ff, 0x800000ff]),
    layer: Uint8Array.from([3, 2, 2, 0]),
    form: null,
    left: 5,
    top: 0,
    dpr: 2,
    sizes: [0, 1, 2, 3],
    within: /** @type {[number, number]} */ ([100, 100]),
  };
  assert.equal(
    circles(what),
    '<g fill="rgb(0,255,0)" fill-opacity="1.00"><circle cx="15.00" cy="10.00" r="2.00"/></g>' +
      '<g fill="rgb(255,0,0)" fill-opacity="1.00"><circle cx="10.00" cy="5.00" r="3.00"/></g>',
  );
});
