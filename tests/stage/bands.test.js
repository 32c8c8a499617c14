/** Bands of heat maps: against a plain loop; the rows that are shown, in numbers and words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Epoch } from "../../core/epochscope/stage/data/epoch.js";
import {
  bandsFrom,
  bandsOf,
  orderedRows,
  paintBands,
  pointAt,
  STRIPS,
  wordsOfCell,
} from "../../core/epochscope/stage/panels/bands.js";
import {
  ALL,
  moved,
  rangeWords,
  rowsIn,
  shownPart,
  showPart,
  zoomed,
} from "../../core/epochscope/stage/panels/row_range.js";
import { Rested } from "../../core/epochscope/stage/runtime/rested.js";

/** @param {Record<string, number[]>} channels @returns {Epoch} */
function epoch(channels) {
  const bytes = Object.fromEntries(Object.entries(channels).map(([name, values]) => [name, Uint8Array.from(values)]));
  const made = new Epoch({ epoch: 3 }, bytes);
  made.declared = { channels: { q: "uint8", p: "uint8", labels: "group" }, line_numbers: {} };
  return made;
}

const Q = [200, 55, 30, 225, 255, 0, 100, 155]; // four points, two clusters

test("rows lie by cluster, the most certain first", () => {
  assert.deepEqual([...orderedRows(epoch({ q: Q }), 2, ["q", "p"]).order], [2, 0, 1, 3]);
  const labeled = orderedRows(epoch({ q: Q, labels: [1, 1, 255, 0] }), 2, ["q", "p"]);
  assert.deepEqual(
    [[...labeled.order], labeled.ends],
    [
      [2, 3, 1, 0],
      [2, 4],
    ],
  );
});

test("a band has least, mean and largest value of its rows", () => {
  const rows = orderedRows(epoch({ q: Q }), 2, ["q"]);
  const bands = bandsOf([Uint8Array.from(Q)], rows, 2, { first: 0, last: 4 }, 2);
  assert.deepEqual(
    [[...bands.low], [...bands.mean], [...bands.high]],
    [
      [200, 0, 30, 155],
      [228, 28, 65, 190],
      [255, 55, 100, 225],
    ],
  );
  const single = bandsOf([Uint8Array.from(Q)], rows, 2, { first: 1, last: 3 }, 99);
  assert.deepEqual(
    [[...single.low], single.height, [.../** @type {Uint32Array} */ (single.points)]],
    [[200, 55, 30, 225], 2, [0, 1]],
  );
  assert.deepEqual([...single.low], [...single.high]);
});

test("a difference has its zero in the middle", () => {
  const rows = orderedRows(epoch({ q: Q }), 2, ["q"]);
  const p = Uint8Array.from([255, 0, 30, 225, 0, 255, 100, 155]);
  const bands = bandsOf([p, Uint8Array.from(Q)], rows, 2, { first: 0, last: 4 }, 4);
  assert.deepEqual([...bands.mean], [0, 255, 155, 100, 128, 128, 128, 128]);
  assert.deepEqual(wordsOfCell(bands, 0, 0, "p − q", true, false), [["p − q(cluster 0)", "−1.00"]]);
});

test("a cell shows its least value at the left and its largest at the right", () => {
  const rows = orderedRows(epoch({ q: Q }), 2, ["q"]);
  const bands = bandsOf([Uint8Array.from(Q)], rows, 2, { first: 0, last: 4 }, 1);
  const colors = Uint32Array.from({ length: 256 }, (_, i) => i);
  const pixels = new Uint32Array(STRIPS * 2);
  paintBands(bands, colors, 1, false, pixels);
  assert.deepEqual([...pixels], [30, 146, 146, 146, 255, 0, 109, 109, 109, 225]);
  assert.deepEqual(wordsOfCell(bands, 0, 1, "q", false, true), [["q, mean of 4 rows", "0.43 (0.00 to 0.88)"]]);
});

test("a row names its point, or the nearest that is named", () => {
  const answer = { first: 10, last: 20, rows: 90, k: 1, height: 5, ends: [90], stride: 2 };
  const empty = { low: "", mean: "AAAAAAA=", high: "" };
  const points = Buffer.from(Uint32Array.from([7, 8, 9, 6, 5]).buffer).toString("base64");
  const bands = bandsFrom({ ...answer, ...empty, points });
  assert.ok(bands);
  assert.deepEqual(
    [9, 10, 11, 19, 20].map((row) => pointAt(bands, row)),
    [null, 7, 7, 5, null],
  );
  assert.equal(bandsFrom({ error: "none" }), null);
});

test("a part of the rows is zoomed around a place and moved within the ends", () => {
  assert.deepEqual(rowsIn(ALL, 70_000), { first: 0, last: 70_000 });
  const near = zoomed(ALL, 0.5, 0.25, 1000);
  assert.deepEqual(near, { from: 0.125, to: 0.625 });
  assert.deepEqual(moved(near, 1), { from: 0.5, to: 1 });
  assert.deepEqual(moved(near, -9), { from: 0, to: 0.5 });
  assert.equal(zoomed(near, 99, 0.5, 1000), ALL);
  assert.deepEqual(rowsIn(zoomed(near, 0, 0, 1000), 1000), { first: 125, last: 133 });
  assert.deepEqual(rowsIn({ from: 0.99999, to: 1 }, 10), { first: 9, last: 10 });
  /** @type {string[]} */
  const heard = [];
  const store = { emit: (/** @type {string} */ event) => heard.push(event) };
  assert.equal(shownPart(store), ALL);
  showPart(store, near);
  assert.deepEqual([shownPart(store), heard], [near, ["view"]]);
});

test("words say which rows are shown and how many share a pixel", () => {
  const words = (/** @type {number[]} */ [first, last, rows, height], all = rows) =>
    rangeWords({ first, last, rows, height }, all);
  assert.equal(words([12_000, 13_000, 70_000, 200]), "rows 12,001–13,000 of 70,000; a pixel is 5 rows");
  assert.equal(words([0, 90, 90, 90]), "all 90 points");
  assert.equal(words([0, 1000, 1000, 300], 70_000), "1,000 of 70,000 points, a random sample; a pixel is 3.3 rows");
  assert.equal(words([10, 20, 1000, 10], 70_000), "rows 11–20 of 1,000, a sample of 70,000 points");
});

test("a question is asked once what is wanted rests, and the last one counts", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const paths = [];
  let arrived = 0;
  const get = async (/** @type {string} */ path) => {
    paths.push(path);
    return path.includes("n=7") ? Response.json({ error: "none" }) : Response.json({ value: path.at(-1) });
  };
  const rested = new Rested(
    "rows",
    get,
    (answer) => answer.value ?? null,
    () => arrived++,
  );
  const settle = () => new Promise((done) => setImmediate(done));
  rested.want({ n: 1 });
  rested.want({ n: 2 });
  assert.deepEqual(rested.want({ n: 2 }), { exact: false, waits: true });
  context.mock.timers.tick(1000);
  await settle();
  assert.deepEqual([paths, rested.known?.value, arrived], [["rows?n=2"], "2", 1]);
  assert.deepEqual(rested.want({ n: 2 }), { exact: true, waits: false });
  rested.want({ n: 7 });
  context.mock.timers.tick(1000);
  await settle();
  assert.deepEqual(rested.want({ n: 7 }), { exact: false, waits: false }, "what was refused is not asked for again");
  rested.want({ n: 3 });
  rested.stop();
  context.mock.timers.tick(1000);
  await settle();
  assert.equal(paths.length, 2);
});
