/**
 * Paints a figure of Plotly's onto a canvas as Plotly would draw it, in a few milliseconds instead of a hundred: so a lab
 * answers while somebody moves something. Once it rests Plotly draws the same figure, with all its tools.
 * Known are the traces that labs are made of; `canPaint` says whether that is all there is in a figure.
 */
import { isKnown, PAINTERS } from "./fast_traces.js";
import { each, values } from "./plot_arrays.js";

/**
 * @typedef {{text: string, faint: string, line: string, font: string}} Ink  colors of text and lines
 *
 * @typedef {object} Axis  of a figure in the frame of another
 * @property {any} full  the axis of the frame, as Plotly has it
 * @property {any} spec  the axis of the figure
 * @property {boolean} across  whether it is an x axis
 * @property {number} from  where it begins, in pixels of the picture
 * @property {number} length
 * @property {boolean} log
 * @property {boolean} category
 * @property {(value: any) => number} at  where a value lies, in pixels of the picture
 * @property {[number, number]} range
 *
 * @typedef {object} Painting
 * @property {CanvasRenderingContext2D} context
 * @property {any} figure
 * @property {any} full  the layout of the frame, as Plotly has it
 * @property {Ink} theme
 * @property {boolean} same  whether figure and frame have the same axes
 * @property {(i: number) => boolean} hidden  whether a person has hidden a trace
 */

const ORDER = Object.keys(PAINTERS); // from below
const AXIS = /^[xy]axis\d*$/;

/** @param {any} figure */
const named = (figure) => figure.data.filter((/** @type {any} */ one) => one.name && one.showlegend !== false).length;

/** Whether a figure can be painted into the frame that Plotly has drawn for another. @param {any} figure @param {any} drawn */
export const canPaint = (figure, drawn) =>
  Boolean(drawn) && !figure.layout.shapes && figure.data.every(isKnown) && named(figure) === named(drawn);

/** Whether the axes of two figures are the same. @param {any} a @param {any} b */
export function sameAxes(a, b) {
  /** @param {any} figure */
  const axes = ({ layout }) => JSON.stringify(Object.entries(layout).filter(([key]) => AXIS.test(key)));
  return axes(a) === axes(b);
}

/** @param {any} full @param {any} spec @param {boolean} same @returns {Axis} */
function axisIn(full, spec, same) {
  const across = full._id[0] === "x";
  const { _offset: from, _length: length, type } = full;
  const axis = { full, spec, across, from, length, log: type === "log", category: type === "category" };
  if (same || axis.category || !spec.range)
    return { ...axis, at: (value) => from + full.d2p(value), range: full.range };
  const [low, high] = spec.range;
  /** @param {number} value */
  const part = (value) => ((axis.log ? Math.log10(value) : value) - low) / (high - low);
  return { ...axis, at: (value) => from + length * (across ? part(value) : 1 - part(value)), range: [low, high] };
}

/** @param {Painting} painting */
export function paintFigure({ context, figure, full, theme, same, hidden }) {
  const { data, layout } = figure;
  /** @type {Record<string, Axis>} */
  const axes = {};
  for (const key of Object.keys(full).filter((name) => AXIS.test(name)))
    axes[key] = axisIn(full[key], layout[key] ?? {}, same);
  /** @type {(trace: any, letter: "x" | "y") => Axis} */
  const axisOf = (trace, letter) => axes[`${letter}axis${(trace[`${letter}axis`] ?? letter).slice(1)}`];
  if (!same)
    for (const axis of Object.values(axes)) drawGrid(context, axis, axis.across ? axes.yaxis : axes.xaxis, theme);
  const bars = data.filter((/** @type {any} */ trace) => trace.type === "bar").length;
  const stacks = { places: new Map(), count: bars, bar: 0 };
  /** @type {any[]} */
  const traces = data.filter((/** @type {any} */ _, /** @type {number} */ i) => !hidden(i));
  traces.sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  for (const trace of traces) {
    const [x, y] = [axisOf(trace, "x"), axisOf(trace, "y")];
    context.save();
    context.beginPath();
    if (trace.cliponaxis !== false) context.rect(x.from, y.from, x.length, y.length);
    else context.rect(0, 0, full.width, full.height);
    context.clip();
    PAINTERS[trace.type](context, trace, { x, y, theme, layout, stacks });
    context.restore();
  }
  for (const note of layout.annotations ?? []) drawNote(context, note, axes, full._size, theme);
}

/**
 * Lines of the grid and their numbers, where they are others than Plotly's last.
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {Axis} other
 * @param {Ink} theme
 */
function drawGrid(context, axis, other, theme) {
  if (axis.spec.visible === false) return;
  context.font = `12px ${theme.font}`;
  context.lineWidth = 1;
  for (const [value, text] of ticks(axis)) {
    const at = Math.round(axis.at(value)) + 0.5;
    if (!(at >= axis.from - 1 && at <= axis.from + axis.length + 1)) continue;
    const [start, end] = [other.from, other.from + other.length];
    if (axis.spec.showgrid !== false) {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(axis.across ? at : start, axis.across ? start : at);
      context.lineTo(axis.across ? at : end, axis.across ? end : at);
      context.stroke();
    }
    context.fillStyle = theme.faint;
    context.textAlign = axis.across ? "center" : "right";
    context.textBaseline = axis.across ? "top" : "middle";
    if (axis.across) context.fillText(text, at, end + 3);
    else context.fillText(text, start - 2, at);
  }
}

/** Values with their texts. @param {Axis} axis @returns {[value: any, text: string][]} */
function ticks({ spec, log, category, full, range, length, across }) {
  if (spec.tickvals)
    return Array.from(values(spec.tickvals), (value, i) => [value, String(each(spec.ticktext, i) ?? value)]);
  if (category) return full._categories.map((/** @type {string} */ name) => [name, name]);
  const [low, high] = [Math.min(...range), Math.max(...range)];
  if (log) return powers(low, high, spec.dtick ?? 1);
  const rough = (high - low) / Math.max(2, length / (across ? 80 : 45));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = spec.dtick ?? power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  /** @type {[number, string][]} */
  const all = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9; n++)
    all.push([n * step, (n * step).toFixed(digits).replace("-", "−")]);
  return all;
}

/** Powers of ten from 10 ** low to 10 ** high. @param {number} low @param {number} high @param {number} step */
function powers(low, high, step) {
  /** @type {[number, string][]} */
  const all = [];
  for (let p = Math.ceil(low / step) * step; p <= high; p += step)
    all.push([10 ** p, p >= -3 && p <= 4 ? String(10 ** p) : `1e${p}`]);
  return all;
}

/**
 * A text without an arrow.
 * @type {(context: CanvasRenderingContext2D, note: any, axes: Record<string, Axis>, size: any, theme: Ink) => void}
 */
function drawNote(context, note, axes, size, theme) {
  /** @type {(axis: Axis, value: number) => number} */
  const data = (axis, value) => axis.at(axis.log ? 10 ** value : value);
  const x = note.xref === "paper" ? size.l + note.x * size.w : data(axes.xaxis, note.x);
  const y = note.yref === "paper" ? size.t + (1 - note.y) * size.h : data(axes.yaxis, note.y);
  const height = note.font?.size ?? 12;
  /** @type {string[]}  every second one is bold */
  const parts = note.text.split(/<\/?b>/);
  /** @param {number} i */
  const font = (i) => `${i % 2 ? "bold " : ""}${height}px ${theme.font}`;
  const widths = parts.map((part, i) => {
    context.font = font(i);
    return context.measureText(part).width;
  });
  const whole = widths.reduce((a, b) => a + b, 0);
  let left = x - (note.xanchor === "left" ? 0 : note.xanchor === "right" ? whole : whole / 2);
  context.fillStyle = note.font?.color ?? theme.text;
  context.textAlign = "left";
  context.textBaseline = note.yanchor === "bottom" ? "bottom" : "middle";
  for (const [i, part] of parts.entries()) {
    context.font = font(i);
    context.fillText(part, left, y - (note.yshift ?? 0));
    left += widths[i];
  }
}
