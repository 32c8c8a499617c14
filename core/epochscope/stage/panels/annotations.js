/** What lies behind curves: where phases begin, levels to compare with, parameters that were changed. */
import { entersBox } from "../data/boxes.js";
import { phaseName } from "../data/language.js";
import { alpha } from "../render/color.js";
import { levelOf, short } from "./levels.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { ParamChange } from "../data/types.js" */
/** @import { Level } from "./levels.js" */
/** @import { LinesPanel } from "./lines.js" */

/** @typedef {{x: number[], y: (number | null)[]}} Curve */
/** @typedef {{end: number, y: number}} Letters  where letters end, and their base line, in CSS pixels */

/** Symbols of parameters whose names are Greek letters. @type {Record<string, string>} */
const GREEK = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  epsilon: "ε",
  eta: "η",
  lambda: "λ",
  mu: "μ",
  nu: "ν",
  sigma: "σ",
  tau: "τ",
  temperature: "τ",
};
const ROW = 13; // CSS pixels of a row of labels
const SIZE = 10.5; // of letters

/** @param {unknown} x */
const number = (x) => (typeof x === "number" ? short(x) : String(x));

/** "γ 0.1 → 0.5". @param {ParamChange} change */
const changeText = (change) =>
  `${change.symbol ?? GREEK[change.name] ?? change.name} ${number(change.old)} → ${number(change.new)}`;

/** @param {Area} area @param {number} epoch @returns {number} */
const xOf = (area, epoch) => area.left + area.xaxis.d2p(epoch);

/** Letters that lines and curves do not strike through. @type {(context: CanvasRenderingContext2D, text: string, x: number, y: number, back: string) => void} */
function fillText(context, text, x, y, back) {
  context.strokeStyle = back;
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

/** A line from one place to another. @type {(context: CanvasRenderingContext2D, color: string, dash: number[], ends: number[]) => void} */
function drawRule(context, color, dash, [x0, y0, x1, y1]) {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Lines where phases begin and their names, at the top: levels lie low. Returns the number of rows taken.
 * @param {LinesPanel} panel
 * @param {Area} area
 */
export function paintPhases(panel, area) {
  const { context, top, height, left, width } = area;
  const epochs = panel.store.unbroken;
  const starts = epochs.filter((entry, i) => i === 0 || entry.phase !== epochs[i - 1].phase);
  if (starts.length < 2) return 0;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.font = `${SIZE}px ${panel.theme.font}`;
  let rows = 0;
  const half = 0.5 * (xOf(area, 1) - xOf(area, 0)); // of the way from one epoch to the next
  for (const [i, entry] of starts.entries()) {
    const next = starts[i + 1]?.epoch ?? epochs[epochs.length - 1].epoch;
    const x = xOf(area, entry.epoch) - (i ? half : 0);
    if (i) {
      context.fillStyle = panel.theme.border;
      context.fillRect(Math.round(x), top, 1, height);
    }
    const start = Math.max(x, left) + 4;
    const end = xOf(area, next) - (i + 1 < starts.length ? half : 0); // where the next line stands
    if (context.measureText(phaseName(entry.phase)).width > Math.min(end, left + width) - start) continue;
    context.fillStyle = panel.theme.faint;
    fillText(context, phaseName(entry.phase), start, top + 10, panel.theme.background);
    rows = 1;
  }
  return rows;
}

/**
 * Where the name of a level stands: at the right above its line, unless letters or a curve are there and not elsewhere.
 * @param {Area} area @param {number} y  of the line @param {number} size  of the name
 * @param {Letters[]} taken
 * @param {Curve[]} curves
 */
function placeOfName({ left, width, top, height, xaxis, yaxis }, y, size, taken, curves) {
  const places = [left + width - 4 - size, left + 4].flatMap((x) => [y - 4, y + 12].map((line) => ({ x, line })));
  const inside = places.filter(({ line }) => line >= top + 8 && line <= top + height);
  const clear = inside.filter(({ x, line }) =>
    taken.every(({ end, y: other }) => end < x || Math.abs(other - line) >= ROW),
  );
  const [x0, y0] = [xaxis.p2d(0), yaxis.p2d(0)];
  const [byX, byY] = [xaxis.p2d(1) - x0, yaxis.p2d(1) - y0];
  /** @param {{x: number, line: number}} place @returns {import("../data/types.js").Box} */
  const boxAt = ({ x, line }) => {
    const [high, low] = [y0 + byY * (line - SIZE - top), y0 + byY * (line + 2 - top)];
    const start = x0 + byX * (x - left);
    return [start, start + byX * size, Math.min(low, high), Math.max(low, high)];
  };
  return clear.find((place) => !curves.some((curve) => entersBox(curve, boxAt(place)))) ?? clear[0] ?? places[0];
}

/**
 * Dotted lines at values that mean something, with their names.
 * @param {LinesPanel} panel
 * @param {Area} area
 * @param {Letters[]} taken
 * @param {Curve[]} curves
 */
export function paintLevels(panel, area, taken, curves) {
  const { context, left, width, top, height, yaxis } = area;
  /** @type {Level[]} */
  const asked = panel.spec.levels ?? [];
  const levels = asked.map((level) => levelOf(level, panel.store.info)).filter((level) => level !== null);
  panel.report.levels = levels.map(([, label]) => label);
  for (const [value, label] of levels) {
    const y = Math.round(top + yaxis.d2p(value)) + 0.5;
    if (!(y > top - 2 && y < top + height + 2)) continue;
    drawRule(context, panel.theme.faint, [2, 3], [left, y, left + width, y]);
    context.font = `${SIZE}px ${panel.theme.font}`;
    context.fillStyle = panel.theme.faint;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    const { x, line } = placeOfName(area, y, context.measureText(label).width, taken, curves);
    fillText(context, label, x, line, panel.theme.background);
  }
}

/**
 * Dashed lines where parameters were changed; their texts begin below the first `rows` rows. Returns the texts.
 * @param {LinesPanel} panel
 * @param {Area} area
 * @param {number} rows
 * @param {Letters[]} taken  where they stand is added
 */
export function paintParamChanges(panel, area, rows, taken) {
  const { context, top, height, left, width } = area;
  const shown = [];
  /** @type {number[]}  where each row of labels ends, so that labels do not run into each other */
  const ends = [];
  context.font = `600 ${SIZE}px ${panel.theme.font}`;
  for (const change of panel.store.paramChanges) {
    const x = Math.round(xOf(area, change.epoch)) + 0.5;
    if (!(x >= left - 1 && x <= left + width + 1)) continue;
    const text = changeText(change);
    const size = context.measureText(text).width;
    const start = x + 5 + size > left + width ? x - 5 - size : x + 5;
    let row = ends.findIndex((end) => end < start);
    if (row < 0) row = ends.length;
    ends[row] = start + size + 8;
    drawRule(context, alpha(panel.theme.text, 0.75), [5, 3], [x, top, x, top + height]);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = panel.theme.text;
    const y = top + 11 + (rows + row) * ROW;
    fillText(context, text, start, y, panel.theme.background);
    taken.push({ end: start + size, y });
    shown.push(text);
  }
  return shown;
}
