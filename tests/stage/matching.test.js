/** Clusters have the color of the class they are matched to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Epoch } from "../../core/epochscope/stage/data/epoch.js";
import { assignment, clusterHues } from "../../core/epochscope/stage/data/matching.js";

/** The best sum by trying every map. @param {number[]} values @param {number} rows @param {number} columns */
function bestSum(values, rows, columns) {
  const size = Math.max(rows, columns);
  /** @type {(row: number, left: number[]) => number} */
  const best = (row, left) =>
    row === size
      ? 0
      : Math.max(
          ...left.map(
            (j) =>
              (row < rows && j < columns ? values[row * columns + j] : 0) +
              best(
                row + 1,
                left.filter((other) => other !== j),
              ),
          ),
        );
  return best(
    0,
    Array.from({ length: size }, (_, j) => j),
  );
}

test("an assignment has the largest sum, also where rows or columns are left over", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed % 20;
  };
  for (const [rows, columns] of [
    [1, 1],
    [2, 3],
    [4, 2],
    [5, 5],
    [3, 6],
    [6, 4],
  ])
    for (let n = 0; n < 20; n++) {
      const values = Array.from({ length: rows * columns }, random);
      const found = assignment(values, rows, columns);
      const used = found.filter((j) => j >= 0);
      assert.equal(new Set(used).size, used.length);
      assert.equal(used.length, Math.min(rows, columns));
      const sum = found.reduce((all, j, i) => all + (j < 0 ? 0 : values[i * columns + j]), 0);
      assert.equal(sum, bestSum(values, rows, columns));
    }
});

/** @param {number[]} labels */
const epoch = (labels) => {
  const made = new Epoch({ epoch: 0 }, {});
  Object.defineProperty(made, "labels", { value: Int16Array.from(labels) });
  return made;
};

test("a cluster has the number of its class; one that is left over has one that no cluster took", () => {
  const truth = [0, 0, 0, 1, 1, 2, 2, -1];
  assert.deepEqual(clusterHues(epoch([2, 2, 2, 0, 0, 1, 1, 1]), truth, 3), [1, 2, 0]);
  assert.deepEqual(clusterHues(epoch([2, 2, 2, 0, 0, 1, 1, 1]), truth, 5), [1, 2, 0, 3, 4]);
  assert.deepEqual(clusterHues(epoch([1, 1, 1, 1, 1, 1, 1, 1]), truth, 2), [1, 0]);
});

test("without classes or clusters each cluster keeps its own number", () => {
  assert.deepEqual(clusterHues(epoch([1, 0]), null, 2), [0, 1]);
  assert.deepEqual(clusterHues(null, [0, 1], 3), [0, 1, 2]);
  assert.deepEqual(clusterHues(epoch([0, 1]), [-1, -1], 2), [0, 1]);
});
