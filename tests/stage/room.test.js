/** What fits into how much room, and what fingers do to a view. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  columnTicks,
  hasColorBar,
  pinched,
  pointsMargins,
  presentScale,
} from "../../core/epochscope/stage/base/room.js";
import { rangeFor } from "../../core/epochscope/stage/data/view.js";

/** @import { Box } from "../../core/epochscope/stage/data/types.js" */

/** @param {number[]} now @param {number[]} expected */
function near(now, expected) {
  assert.equal(now.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(now[i] - value) < 1e-9, `${now} is ${expected}`);
}

test("the smallest type of a presentation is a fiftieth of the screen's height", () => {
  for (const [width, height] of [
    [1024, 768],
    [1920, 1080],
    [2560, 1440],
  ])
    assert.ok(10.5 * presentScale(width, height) >= 0.02 * height - 1e-9);
  assert.equal(presentScale(390, 844), 1, "a phone has no room to enlarge anything");
  assert.equal(presentScale(960, 2000), 1.5, "nor has a narrow window for more than its width");
});

test("points get the room of titles where there is little", () => {
  const [small, large] = [pointsMargins(300), pointsMargins(600)];
  assert.deepEqual([small.named, large.named], [false, true]);
  assert.ok(small.l + small.r + small.t + small.b < large.l + large.r + large.t + large.b);
  assert.ok(300 - small.t - small.b > 0.7 * 300);
});

test("a narrow heat map keeps its columns, not its color bar", () => {
  assert.deepEqual([hasColorBar(150), hasColorBar(260)], [false, true]);
});

test("columns are numbered as far as the numbers have room", () => {
  assert.deepEqual(columnTicks(4, 260).ticktext, ["0", "1", "2", "3"]);
  assert.deepEqual(columnTicks(10, 144).tickvals, [0, 2, 4, 6, 8]);
  assert.ok(columnTicks(1000, 600).tickvals.length <= 20);
  assert.deepEqual(columnTicks(40, 280).tickvals, [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]); // two digits each
});

test("one finger moves the view, and the place under it goes along", () => {
  near(pinched([0, 10, 0, 5], [[0.5, 0.5]], [[0.7, 0.4]]), [-2, 8, 0.5, 5.5]);
});

test("two fingers that part zoom in about the middle between them", () => {
  /** @type {Box} */
  const range = [0, 10, 0, 10];
  const now = pinched(range, [[0.4, 0.5], [0.6, 0.5]], [[0.3, 0.5], [0.7, 0.5]]); // biome-ignore format: one line
  near(now, [2.5, 7.5, 2.5, 7.5]);
  near(pinched(range, [[0.4, 0.5], [0.6, 0.5]], [[0.4, 0.5], [0.6, 0.5]]), range); // biome-ignore format: one line
});

test("fingers at one place do not throw the view away", () => {
  near(pinched([0, 10, 0, 10], [[0.5, 0.5], [0.5, 0.5]], [[0.4, 0.5], [0.6, 0.5]]), [0, 10, 0, 10]); // biome-ignore format: one line
});

test("a cloud takes three quarters of the side that bounds it, at least", () => {
  /** @type {Box} */
  const run = [-100, 100, -100, 100];
  for (let half = 1; half < 90; half *= 1.07) {
    const [x0, x1] = rangeFor([-half, half, -half, half], run, 1);
    assert.ok((2 * half) / (x1 - x0) > 0.75, `${half} in ${x1 - x0}`);
  }
});
