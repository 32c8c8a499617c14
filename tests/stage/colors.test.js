/** Colors, color maps, color modes, arrays of Plotly's, marks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COLOR_MENU,
  colorChoice,
  colorMode,
  columnOf,
  groupColor,
  isColorMode,
  isContinuous,
  numberModes,
  possible,
} from "../../core/epochscope/stage/data/color_modes.js";
import { UnknownValue } from "../../core/epochscope/stage/data/errors.js";
import { inkOn, luma, packed, rgba } from "../../core/epochscope/stage/render/color.js";
import { CIVIDIS, stopsOf, table } from "../../core/epochscope/stage/render/colormaps.js";
import { canPaint } from "../../core/epochscope/stage/render/fast_plot.js";
import { colorFunction, each, matrix, values } from "../../core/epochscope/stage/render/plot_arrays.js";

/** @import { RunInfo } from "../../core/epochscope/stage/data/types.js" */

test("colors as numbers and as pixels", () => {
  assert.deepEqual(rgba("#3f90da"), [0x3f, 0x90, 0xda, 255]);
  assert.equal(packed("#3f90da"), 0xda903f);
  assert.ok(Math.abs(luma(rgba("#ffffff")) - 255) < 1e-9);
  assert.deepEqual([inkOn("#ffffff"), inkOn("#0b3d75")], ["#000000", "#ffffff"]);
});

test("a color map begins and ends with its colors and is even between its stops", () => {
  const map = table(["#000000", "#ff0000"]);
  assert.deepEqual([map[0], map[255], map[51]], [0xff000000, 0xff0000ff, 0xff000033]);
  const uneven = table([
    [0, "#000000"],
    [0.2, "#0000ff"],
    [1, "#0000ff"],
  ]);
  assert.equal(uneven[51], 0xffff0000);
  assert.equal(uneven[200], 0xffff0000);
  assert.equal(table(CIVIDIS)[255], (0xff000000 | packed("#fee838")) >>> 0);
});

test("a map of lightness grows brighter all the way", () => {
  const map = table(CIVIDIS);
  const brightness = Array.from(map, (pixel) => luma([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, 255]));
  for (let i = 8; i < 256; i += 8) assert.ok(brightness[i] > brightness[i - 8]);
});

test("stops of evenly spaced colors", () => {
  assert.deepEqual(stopsOf(["#000000", "#111111", "#222222"]), [
    [0, "#000000"],
    [0.5, "#111111"],
    [1, "#222222"],
  ]);
});

test("color modes: what there is, what a run can show", () => {
  for (const [choice] of COLOR_MENU.slice(0, -1)) assert.ok(colorMode(colorChoice(choice)?.mode ?? "").title);
  assert.deepEqual(["class", "feature-7", "feature", "feature-12345678", "toString", ""].map(isColorMode), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.deepEqual([columnOf("feature-12"), columnOf("class")], [12, null]);
  assert.deepEqual(["confidence", "entropy", "feature-0", "class"].map(isContinuous), [true, true, true, false]);
  const info = /** @type {RunInfo} */ ({ truth: null, provides: ["z"] });
  assert.deepEqual(
    ["class", "cluster", "confidence", "mistakes"].map((mode) => Boolean(possible(mode, info))),
    [false, true, false, false],
  );
  assert.throws(() => colorMode("colour"), UnknownValue);
  assert.throws(() => possible("hasOwnProperty", info), UnknownValue);
});

test("numbers that a loop logged are modes, by their place among the names", () => {
  const info = /** @type {RunInfo} */ ({ truth: null, provides: ["z"], numbers: /** @type {string[]} */ (["loss"]) });
  assert.deepEqual(numberModes(info), [["number-0", "loss"]]);
  assert.deepEqual(numberModes(null), []);
  assert.deepEqual(
    ["number-0", "number-1", "cluster"].map((mode) => Boolean(possible(mode, info))),
    [true, false, true],
  );
  assert.deepEqual(["number-0", "number-", "number-123"].map(isColorMode), [true, false, false]);
  assert.equal(colorMode("number-0", { name: "loss", low: 0, high: 2.5 }).about, "loss, from 0 to 2.5");
});

test("a feature is described by what is known of it", () => {
  assert.equal(colorMode("feature-3").title, "feature 3");
  const known = colorMode("feature-3", { name: "pixel", where: "row 0", low: 0.12345, high: 2 });
  assert.equal(known.about, "pixel (row 0), from 0.123 to 2");
  assert.equal(known.top?.(10), 2);
  assert.equal(colorMode("feature-9", { error: "none" }).about, "none");
});

test("colors of groups: those of the palette, or two that are always the same", () => {
  const palette = (/** @type {number} */ i) => `color ${i}`;
  assert.equal(groupColor("cluster", 3, palette), "color 3");
  assert.notEqual(groupColor("mistakes", 0, palette), groupColor("mistakes", 1, palette));
});

test("arrays as Python sends them", () => {
  const bdata = Buffer.from(Float64Array.from([1, NaN, 3, 4]).buffer).toString("base64");
  const sent = { dtype: "f8", bdata, shape: "2, 2" };
  assert.deepEqual([...Array.from(values(sent))], [1, NaN, 3, 4]);
  assert.equal(values(sent), values(sent), "decoded once");
  assert.deepEqual(matrix(sent), { rows: 2, columns: 2, at: values(sent) });
  assert.deepEqual(matrix([[1, 2, 3]]), { rows: 1, columns: 3, at: [1, 2, 3] });
  assert.deepEqual([each([5, 6], 1), each(7, 1), each(sent, 2)], [6, 7, 3]);
  assert.deepEqual(values(undefined), []);
  assert.throws(() => values({ dtype: "c16", bdata }), UnknownValue);
});

test("color scales, opaque and see-through", () => {
  assert.deepEqual([...Array.from(colorFunction(["#000000", "#ffffff"])(1))], [255, 255, 255, 255]);
  assert.deepEqual([...Array.from(colorFunction("Viridis")(0))], [0x44, 0x01, 0x54, 255]);
  const clear = colorFunction([
    [0, "rgba(0,0,0,0)"],
    [1, "rgba(100,0,0,0.5)"],
  ]);
  assert.deepEqual(clear(0.5), [50, 0, 0, 63.75]);
  assert.throws(() => colorFunction("Jet"), UnknownValue);
});

test("only figures whose traces are known are painted in Plotly's stead", () => {
  const figure = (/** @type {object} */ trace) => ({ data: [{ type: "scatter", ...trace }], layout: {} });
  const plain = figure({});
  assert.equal(canPaint(plain, null), false);
  assert.equal(canPaint(plain, plain), true);
  for (const other of [
    { type: "pie" },
    { marker: { symbol: "hexagram" } },
    { fill: "tonexty" },
    { line: { dash: "5px" } },
  ])
    assert.equal(canPaint(figure(other), plain), false, JSON.stringify(other));
  assert.equal(canPaint({ ...plain, layout: { shapes: [] } }, plain), false);
  assert.equal(canPaint(figure({ name: "one more in the legend" }), plain), false);
});
