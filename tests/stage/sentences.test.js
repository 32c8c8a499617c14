/** What figures show, in words: each sentence follows its data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  announcement,
  barsSentence,
  barsTable,
  curvesSentence,
  curvesTable,
  gridSentence,
  gridTable,
  matrixSentence,
  picturesSentence,
  pointsSentence,
  scatterSentence,
  spoken,
} from "../../core/epochscope/stage/data/sentences.js";
import { figureSentence, figureTable } from "../../core/epochscope/stage/render/figure_words.js";

/** @import { Heard } from "../../core/epochscope/stage/data/sentences.js" */

test("numbers have three digits", () => {
  assert.deepEqual([0.123456, 12345.6, -0.5, 1e-9, 0].map(spoken), ["0.123", "12,300", "−0.5", "1e−9", "0"]);
});

test("points: how many, in how many clusters, which is the largest", () => {
  const sizes = [180, 201, 90, 1326];
  const what = { title: "Embedding", n: 1797, epoch: 12, phase: "cluster", sizes };
  assert.equal(
    pointsSentence({ ...what, colors: "true class", shows: ["pull"], selected: 3 }),
    "Embedding of 1,797 points in 4 clusters at epoch 12 (cluster); largest cluster 3 with 1,326 points, smallest " +
      "cluster 2 with 90; colors: true class; over the points: pull; 3 selected.",
  );
  assert.match(pointsSentence({ ...what, sizes: [1797, 0, 0] }), /largest cluster 0 with 1,797 points, 2 empty\.$/);
  assert.equal(pointsSentence({ title: "Points", n: 5, all: 9, epoch: null }), "Points of 5 of 9 points.");
});

test("curves: the value at the cursor, and the range with its places", () => {
  const curves = [
    { name: "ACC", x: [0, 1, 2], y: [0.1, 0.8123, 0.79] },
    { name: "NMI", x: [0, 1, 2], y: [null, null, 0.7] },
  ];
  assert.equal(
    curvesSentence({ title: "Scores", epoch: 2, curves }),
    "Scores at epoch 2: ACC 0.79 (from 0.1 at 0 to 0.812 at 1); NMI 0.7.",
  );
  assert.equal(curvesSentence({ title: "Scores", epoch: 2, curves: [] }), "Scores: nothing recorded yet.");
  assert.match(curvesSentence({ title: "ACC", epoch: 7, curves: curves.slice(0, 1) }), /ACC 0\.79 at epoch 2 \(/);
  assert.deepEqual(curvesTable(curves), {
    columns: ["epoch", "ACC", "NMI"],
    rows: [
      ["0", "0.1", "–"],
      ["1", "0.812", "–"],
      ["2", "0.79", "0.7"],
    ],
  });
});

test("bars are clusters or bins", () => {
  assert.equal(
    barsSentence({ title: "Sizes", epoch: 3, values: [5, 9, 0] }),
    "Sizes at epoch 3: 3 clusters; largest 9 (cluster 1), smallest 0 (cluster 2).",
  );
  const bins = { of: "entropy", low: 0, high: 2 };
  assert.equal(
    barsSentence({ title: "Entropy", epoch: 3, values: [1, 4], bins }),
    "Entropy at epoch 3: a histogram of entropy in 2 bins; the most, 4, from 1 to 2.",
  );
  assert.deepEqual(barsTable([5, null], "points").rows, [
    ["0", "5"],
    ["1", "–"],
  ]);
  assert.deepEqual(barsTable([5, 6], "points", bins).rows[1], ["1 to 2", "6"]);
  assert.equal(barsSentence({ title: "Sizes", values: [] }), "Sizes: no numbers.");
});

test("matrices: how sure the rows are; a difference: how far", () => {
  const values = Uint8Array.from([255, 0, 102, 51]);
  assert.equal(
    matrixSentence({ title: "Q", epoch: 1, k: 2, values }),
    "Q at epoch 1: 2 points by 2 clusters; the largest value of a row is 0.7 on average, below one half in 50% of rows.",
  );
  const less = Uint8Array.from([204, 51, 102, 51]);
  assert.match(matrixSentence({ title: "P − Q", k: 2, values, less }), /they differ by 0\.1 on average\.$/);
  assert.equal(matrixSentence({ title: "Q", k: 2, values: new Uint8Array(0) }), "Q: nothing to show.");
});

test("tables, pictures, scatter", () => {
  const grid = { rows: ["a", "b"], columns: ["0", "1"], values: [1, 2, 7, Number.NaN] };
  assert.equal(
    gridSentence({ title: "Classes", ...grid }),
    "Classes: 2 rows by 2 columns; largest 7 in row b, column 0.",
  );
  assert.deepEqual(gridTable("class", grid.rows, grid.columns, grid.values).rows[1], ["b", "7", "–"]);
  assert.equal(
    picturesSentence({ title: "Centers", epoch: 4, groups: 10, each: 1, of: "decoded center" }),
    "Centers at epoch 4: 10 groups of 1 picture, decoded center.",
  );
  assert.equal(
    scatterSentence({ title: "Force", x: ["confidence", [0.2, 1, 0.5]], y: ["pull", [3, 1, 2]] }),
    "Force: 3 points; confidence from 0.2 to 1, median 0.5; pull from 1 to 3, median 2.",
  );
});

test("figures that Python made whole: matrices by the names of their axes, curves by their range", () => {
  const layout = {
    xaxis: { title: { text: "cluster" } },
    yaxis: { title: "class", tickvals: [0, 1], ticktext: ["cat", "dog"] },
  };
  const matrix = {
    data: [
      {
        type: "heatmap",
        z: [
          [0.5, 0],
          [0, 1],
        ],
      },
    ],
    layout,
  };
  assert.equal(figureSentence("Match", matrix), "Match: 2 rows by 2 columns; largest 1 in row dog, column 1.");
  assert.deepEqual(figureTable(matrix)?.columns, ["class \\ cluster", "0", "1"]);
  assert.deepEqual(figureTable(matrix)?.rows[0], ["cat", "0.5", "0"]);
  const curves = { data: [{ type: "scatter", name: "<i>L</i>", x: [0, 1], y: [2, 8] }], layout: {} };
  assert.equal(figureSentence("Loss", curves), "Loss: L, 2 values, from 2 to 8.");
  assert.deepEqual(figureTable(curves)?.rows, [
    ["L", "0", "2"],
    ["L", "1", "8"],
  ]);
  const many = { data: [{ type: "scatter", x: Array(500).fill(0), y: Array(500).fill(1) }], layout: {} };
  assert.equal(figureTable(many), null);
  assert.equal(figureSentence("Nothing", { data: [], layout: {} }), "");
});

test("what is said of a run: its state, its phases, every tenth epoch", () => {
  /** @type {Heard} */
  let before = { state: "Running", phase: "pretrain", epoch: 8, acc: null, why: "" };
  const said = [];
  assert.equal(announcement(null, before), "");
  for (const change of [
    { epoch: 9 },
    { epoch: 10 },
    { epoch: 11, phase: "cluster", acc: 0.5 },
    { epoch: 20, acc: 0.61249 },
    {},
    { state: "Failed", why: "The disk is full." },
  ]) {
    const now = { ...before, ...change };
    said.push(announcement(before, now));
    before = now;
  }
  assert.deepEqual(said, [
    "",
    "epoch 10",
    "phase cluster, epoch 11, ACC 0.500",
    "epoch 20, ACC 0.612",
    "",
    "Failed, The disk is full., epoch 20, ACC 0.612",
  ]);
});
