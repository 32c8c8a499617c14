/** The way of a run in the plane of two of its numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Epoch } from "../../core/epochscope/stage/data/epoch.js";
import { nearestStop, stopsOf } from "../../core/epochscope/stage/panels/trail.js";

const SPEC = { table: "measures", x: "doubt", y: "sizes" };

/** @param {number} epoch @param {Record<string, number | null>} measures */
const epochWith = (epoch, measures) => new Epoch({ epoch, measures }, {});

test("epochs without both numbers are no part of the way", () => {
  const epochs = [
    epochWith(0, {}),
    epochWith(1, { doubt: 2, sizes: 1 }),
    epochWith(2, { doubt: null, sizes: 1 }),
    epochWith(3, { doubt: 0, sizes: 2 }),
  ];
  assert.deepEqual(stopsOf(epochs, SPEC), [
    { epoch: 1, x: 2, y: 1 },
    { epoch: 3, x: 0, y: 2 },
  ]);
});

test("a pointer means the nearest epoch, and none if all are far", () => {
  const stops = [
    { epoch: 1, x: 0, y: 0 },
    { epoch: 2, x: 10, y: 0 },
  ];
  assert.equal(nearestStop(stops, 6, 3, 14)?.epoch, 2);
  assert.equal(nearestStop(stops, 4, 3, 14)?.epoch, 1);
  assert.equal(nearestStop(stops, 5, 30, 14), null);
});
