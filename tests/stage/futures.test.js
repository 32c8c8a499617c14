/** Futures: epochs out of bytes, the layout of the pictures, the distribution of scores. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodedEpochs } from "../../core/epochscope/stage/futures/futures_store.js";
import { columnsFor } from "../../core/epochscope/stage/futures/multiples.js";
import { histogram, medianOf } from "../../core/epochscope/stage/futures/spread.js";

test("epochs are read as they were written", () => {
  const m = 2;
  const lines = [
    { epoch: 0, phase: "pretrain", members: [0, 1], has_labels: false, scores: {} },
    { epoch: 1, phase: "cluster", members: [1], has_labels: true, scores: { acc: [0.5] } },
  ];
  let header = JSON.stringify({ live: true, last: false, status: { state: "running" }, epochs: lines });
  header += " ".repeat((4 - (header.length % 4)) % 4);
  const numbers = Int16Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1]);
  const message = new Uint8Array(4 + header.length + numbers.byteLength);
  new DataView(message.buffer).setUint32(0, header.length, true);
  message.set(new TextEncoder().encode(header), 4);
  message.set(new Uint8Array(numbers.buffer), 4 + header.length);
  const { epochs, live, last } = decodedEpochs(message.buffer, m);
  assert.deepEqual([live, last], [true, false]);
  assert.deepEqual([...epochs[0].places], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(epochs[0].labels, null);
  assert.deepEqual([...epochs[1].places], [9, 10, 11, 12]);
  assert.deepEqual([...(epochs[1].labels ?? [])], [0, 1]);
});

test("pictures are as large as the room allows", () => {
  assert.deepEqual(columnsFor(1, 300, 318), { side: 300, columns: 1 });
  assert.equal(columnsFor(16, 800, 420).columns, 6);
  const { side, columns } = columnsFor(64, 900, 600);
  assert.ok(columns * side + 6 * (columns - 1) <= 900);
  assert.ok(Math.ceil(64 / columns) * (side + 18 + 6) - 6 <= 600);
});

test("medians and histograms of scores", () => {
  assert.equal(medianOf([3, 1, 2]), 2);
  assert.equal(medianOf([4, 1, 2, 3]), 2.5);
  assert.deepEqual(histogram([0, 0.49, 0.5, 1], 0, 1, 2), [2, 2]);
});
