/** A figure that Python made whole, in words and as a table: read off its traces. */
import { ntr, tr } from "../data/language.js";
import { gridSentence, gridTable, spoken } from "../data/sentences.js";
import { matrix, values } from "./plot_arrays.js";

/** @import { Table } from "../data/sentences.js" */

const MOST_CELLS = 2500; // of a matrix that is read one by one
const MOST_POINTS = 400;
const MOST_NAMED = 6; // traces

/** @param {unknown} text */
const bare = (text) =>
  String(text ?? "")
    .replace(/<[^>]*>/g, " ")
    .trim();

/** The title of an axis; `other` if it has none. @param {any} axis @param {string} other */
const axisTitle = (axis, other) => bare(typeof axis?.title === "string" ? axis.title : axis?.title?.text) || other;

/** The heat map of a figure with the names of its rows and columns, if it is one. @param {any} figure */
function gridOf({ data = [], layout = {} }) {
  const trace = data.find((/** @type {any} */ one) => one.type === "heatmap" && one.z);
  if (!trace) return null;
  const { rows, columns, at } = matrix(trace.z);
  /** @param {any} axis @param {any} own @param {number} n */
  const names = (axis, own, n) => {
    const given = Array.from(values(own));
    const ticks = new Map(Array.from(values(axis?.tickvals), (value, i) => [Number(value), axis?.ticktext?.[i]]));
    return Array.from({ length: n }, (_, i) => bare(ticks.get(Number(given[i] ?? i)) ?? given[i] ?? i));
  };
  const corner = `${axisTitle(layout.yaxis, tr("row"))} \\ ${axisTitle(layout.xaxis, tr("column"))}`;
  return {
    corner,
    rows: names(layout.yaxis, trace.y, rows),
    columns: names(layout.xaxis, trace.x, columns),
    values: at,
  };
}

/** Traces with points, as numbers or names. @param {any} figure */
function seriesOf({ data = [] }) {
  return data
    .filter((/** @type {any} */ trace) => ["scatter", "bar", undefined].includes(trace.type) && trace.mode !== "text")
    .map((/** @type {any} */ trace) => {
      const [x, y] = [Array.from(values(trace.x)), Array.from(values(trace.y))];
      const hidden = trace.visible === false || trace.visible === "legendonly";
      return { name: bare(trace.name), x, y, n: hidden ? 0 : Math.min(x.length, y.length) };
    })
    .filter((/** @type {{y: unknown[], n: number}} */ { y, n }) => n && y.some((value) => value !== null));
}

/** @param {unknown} value */
const cell = (value) => (typeof value === "number" ? (Number.isFinite(value) ? spoken(value) : "–") : bare(value));

/** What a figure shows. @param {string} title @param {any} figure */
export function figureSentence(title, figure) {
  const grid = gridOf(figure ?? {});
  if (grid) return gridSentence({ title, ...grid });
  const series = seriesOf(figure ?? {});
  if (!series.length) return "";
  const words = series.slice(0, MOST_NAMED).map((/** @type {any} */ { name, y, n }) => {
    const numbers = y.filter((/** @type {unknown} */ value) => typeof value === "number" && Number.isFinite(value));
    const range = numbers.length
      ? tr(", from {low} to {high}", { low: spoken(least(numbers)), high: spoken(-least(numbers.map(negative))) })
      : "";
    return `${name ? `${name}, ` : ""}${ntr("{n} value", "{n} values", n)}${range}`;
  });
  const more = series.length > MOST_NAMED ? tr("; {n} more", { n: series.length - MOST_NAMED }) : "";
  return `${title}: ${words.join("; ")}${more}.`;
}

/** @param {number} value */
const negative = (value) => -value;
/** @param {number[]} numbers */
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));

/** The numbers of a figure; null where they are too many. @param {any} figure @returns {Table | null} */
export function figureTable(figure) {
  const grid = gridOf(figure ?? {});
  if (grid)
    return grid.rows.length * grid.columns.length > MOST_CELLS
      ? null
      : gridTable(grid.corner, grid.rows, grid.columns, grid.values);
  const series = seriesOf(figure ?? {});
  const points = series.reduce((/** @type {number} */ sum, /** @type {{n: number}} */ { n }) => sum + n, 0);
  if (!points || points > MOST_POINTS) return null;
  const { xaxis, yaxis } = figure.layout ?? {};
  const rows = series.flatMap((/** @type {any} */ { name, x, y, n }) =>
    Array.from({ length: n }, (_, i) => [name || "–", cell(x[i]), cell(y[i])]),
  );
  return { columns: [tr("curve"), axisTitle(xaxis, "x"), axisTitle(yaxis, "y")], rows };
}
