/** Keys: one tab stop a bar, points by arrow keys, the focus where it would be lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAfter } from "../../core/epochscope/stage/base/roving.js";
import { nearestPoint, nextPoint, spokenLines } from "../../core/epochscope/stage/points/arrows.js";
import { standIn } from "../../core/epochscope/stage/runtime/focus.js";

test("arrow keys go round a bar, Home and End to its ends", () => {
  assert.deepEqual(
    [placeAfter("ArrowRight", 2, 3), placeAfter("ArrowLeft", 0, 3), placeAfter("End", 0, 3), placeAfter("Home", 2, 3)],
    [0, 2, 2, 0],
  );
  assert.equal(placeAfter("Tab", 0, 3), null);
  assert.equal(placeAfter("ArrowRight", 0, 0), null);
});

test("the next point is the nearest within 45 degrees, else the nearest on that side", () => {
  const xy = Float32Array.from([0, 0, 10, 9, 20, 0, 4, 30, Number.NaN, Number.NaN]);
  const all = () => true;
  assert.equal(nextPoint(xy, all, [0, 0], [1, 0]), 1);
  assert.equal(
    nextPoint(xy, (i) => i !== 1, [0, 0], [1, 0]),
    2,
  );
  assert.equal(
    nextPoint(xy, (i) => i === 3, [0, 0], [1, 0]),
    3,
    "beyond 45 degrees, but the only one",
  );
  assert.equal(nextPoint(xy, all, [0, 0], [0, 1]), 3, "down");
  assert.equal(nextPoint(xy, all, [0, 0], [-1, 0]), null);
  assert.equal(nearestPoint(xy, all, [18, 1]), 2);
  assert.equal(
    nearestPoint(xy, () => false, [18, 1]),
    null,
  );
});

test("what hovering tells, as one sentence", () => {
  const lines = /** @type {[string, string | number][]} */ ([
    ["", "point 12"],
    ["class", "three"],
    ["cluster", 7],
  ]);
  assert.equal(spokenLines(lines), "point 12, class three, cluster 7");
});

test("a button that is disabled once it was pressed hands the focus to the next one", () => {
  const row = [false, true, false, true].map((usable) => ({ usable }));
  assert.deepEqual([standIn(row, 0), standIn(row, 1), standIn(row, 3), standIn([], 0)], [1, 3, 1, -1]);
});
