/** Traces of Plotly's as it would draw them: scatter, bar, heatmap, contour. */
import { alpha } from "./color.js";
import { isolines } from "./isolines.js";
import { colorFunction, each, matrix, values } from "./plot_arrays.js";
import { drawSymbol, isSymbol } from "./symbols.js";

/** @import { Axis, Ink } from "./fast_plot.js" */

/**
 * @typedef {object} Setting  where a trace is drawn
 * @property {Axis} x
 * @property {Axis} y
 * @property {Ink} theme
 * @property {any} layout  of the figure
 * @property {{places: Map<string, number>, count: number, bar: number}} stacks  of bars: how high, how many, how many are drawn
 *
 * @typedef {(context: CanvasRenderingContext2D, trace: any, setting: Setting) => void} Painter
 */

/** @type {Record<string, number[]>}  in widths of a line */
const DASHES = { solid: [], dot: [1, 1], dash: [3, 3], dashdot: [3, 1, 1, 1] };
/** @type {Record<string, CanvasTextAlign>} */
const ALIGN = { left: "right", center: "center", right: "left" };
/** @type {Record<string, CanvasTextBaseline>} */
const BASELINE = { top: "bottom", middle: "middle", bottom: "top" };

/** Whether a trace is of a kind, and has looks, that can be drawn here. @param {any} trace */
export function isKnown({ type, fill, marker, line }) {
  const symbols = [marker?.symbol ?? "circle"].flat();
  const filled = !fill || fill === "tozeroy";
  return type in PAINTERS && filled && symbols.every(isSymbol) && (line?.dash ?? "solid") in DASHES;
}

/** @param {CanvasRenderingContext2D} context @param {{color: string, width?: number, dash?: string | null}} line */
function stroke(context, { color, width = 2, dash }) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(DASHES[dash ?? "solid"].map((part) => part * Math.max(width, 3)));
  if (width > 0) context.stroke();
  context.setLineDash([]);
}

/** @type {Painter} */
function scatter(context, trace, { x, y, theme }) {
  const [xs, ys] = [values(trace.x), values(trace.y)];
  const mode = trace.mode ?? "lines";
  const n = Math.min(xs.length, ys.length);
  const px = Float64Array.from({ length: n }, (_, i) => (xs[i] === null ? Number.NaN : x.at(xs[i])));
  const py = Float64Array.from({ length: n }, (_, i) => (ys[i] === null ? Number.NaN : y.at(ys[i])));
  /** @param {number} i */
  const drawn = (i) => Number.isFinite(px[i]) && Number.isFinite(py[i]);
  if (trace.fill === "tozeroy" && n) {
    const ground = y.at(0);
    context.beginPath();
    context.moveTo(px[0], ground);
    for (let i = 0; i < n; i++) if (drawn(i)) context.lineTo(px[i], py[i]);
    context.lineTo(px[n - 1], ground);
    context.fillStyle = trace.fillcolor ?? alpha(trace.line.color, 0.5);
    context.fill();
  }
  if (mode.includes("lines")) {
    context.beginPath();
    for (let i = 0; i < n; i++) {
      if (!drawn(i)) continue;
      if (i && drawn(i - 1)) context.lineTo(px[i], py[i]);
      else context.moveTo(px[i], py[i]);
    }
    stroke(context, { color: theme.text, ...trace.line });
  }
  if (mode.includes("markers")) {
    const { marker = {} } = trace;
    context.globalAlpha = typeof marker.size === "object" ? 0.7 : 1;
    for (let i = 0; i < n; i++) {
      if (!drawn(i)) continue;
      const color = each(marker.color, i) ?? trace.line?.color;
      const heading = i ? Math.atan2(py[i] - py[i - 1], px[i] - px[i - 1]) : 0;
      const symbol = each(marker.symbol, i) ?? "circle";
      drawSymbol(context, symbol, px[i], py[i], { size: each(marker.size, i) ?? 6, color, edge: marker.line }, heading);
    }
    context.globalAlpha = 1;
  }
  if (mode.includes("text")) for (let i = 0; i < n; i++) if (drawn(i)) drawText(context, trace, i, px[i], py[i], theme);
}

/** @type {(context: CanvasRenderingContext2D, trace: any, i: number, x: number, y: number, theme: Ink) => void} */
function drawText(context, trace, i, x, y, theme) {
  const [vertical, horizontal] = (each(trace.textposition, i) ?? "middle center").split(" ");
  context.font = `${trace.textfont?.size ?? 12}px ${theme.font}`;
  context.fillStyle = each(trace.textfont?.color, i) ?? theme.text;
  context.textAlign = ALIGN[horizontal];
  context.textBaseline = BASELINE[vertical];
  context.fillText(String(each(trace.text, i)), x, y);
}

/** @type {Painter} */
function bar(context, trace, { x, y, theme, layout, stacks }) {
  const flat = trace.orientation === "h";
  const [along, across] = flat ? [y, x] : [x, y];
  const [places, lengths] = flat ? [values(trace.y), values(trace.x)] : [values(trace.x), values(trace.y)];
  const grouped = layout.barmode === "group";
  const unit = along.category ? along.length / along.full._categories.length : Math.abs(along.at(1) - along.at(0));
  const wide = (unit * (trace.width ?? 1 - (layout.bargap ?? 0.2))) / (grouped ? stacks.count : 1);
  const shift = grouped ? (stacks.bar++ - (stacks.count - 1) / 2) * wide : 0;
  for (let i = 0; i < places.length; i++) {
    const key = `${places[i]} ${lengths[i] < 0}`;
    const base = layout.barmode === "relative" ? (stacks.places.get(key) ?? 0) : (each(trace.base, i) ?? 0);
    stacks.places.set(key, base + lengths[i]);
    const middle = along.at(places[i]) + shift;
    const [from, to] = [across.at(base), across.at(base + lengths[i])];
    const [start, size] = [Math.min(from, to), Math.abs(to - from)];
    const [left, top, width, height] = flat
      ? [start, middle - wide / 2, size, wide]
      : [middle - wide / 2, start, wide, size];
    context.fillStyle = each(trace.marker.color, i);
    context.fillRect(left, top, width, height);
    const edge = each(trace.marker.line?.width, i);
    if (edge) {
      context.strokeStyle = trace.marker.line.color;
      context.lineWidth = edge;
      context.strokeRect(left, top, width, height);
    }
    if (trace.text) {
      context.fillStyle = theme.text;
      context.font = `12px ${theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "bottom";
      context.fillText(each(trace.text, i), middle, top - 3);
    }
  }
}

/** Where rows or columns of a matrix lie: as given, else 0, 1, 2 ... @param {any} given @param {number} count */
const places = (given, count) => (given ? values(given) : Float64Array.from({ length: count }, (_, i) => i));

/** @type {Painter} */
function heatmap(context, trace, { x, y }) {
  const { rows, columns, at: z } = matrix(trace.z);
  let { zmin = Number.POSITIVE_INFINITY, zmax = Number.NEGATIVE_INFINITY } = trace;
  if (trace.zmin === undefined)
    for (const value of Array.from(z))
      if (Number.isFinite(value)) [zmin, zmax] = [Math.min(zmin, value), Math.max(zmax, value)];
  const colorOf = colorFunction(trace.colorscale);
  const picture = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++)
    if (Number.isFinite(z[i])) picture.data.set(colorOf((z[i] - zmin) / (zmax - zmin)), 4 * i);
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  /** @type {(axis: Axis, at: ArrayLike<number>) => [number, number]} */
  const edges = (axis, at) => [axis.at(at[0] - (at[1] - at[0]) / 2), axis.at(at[at.length - 1] + (at[1] - at[0]) / 2)];
  const [left, right] = edges(x, places(trace.x, columns));
  const [first, last] = edges(y, places(trace.y, rows));
  context.imageSmoothingEnabled = Boolean(trace.zsmooth);
  context.translate(left, first);
  context.scale((right - left) / columns, (last - first) / rows);
  context.drawImage(canvas, 0, 0);
}

/** @type {Painter} */
function contour(context, trace, { x, y, theme }) {
  const { rows, columns, at: z } = matrix(trace.z);
  const { start, end, size } = trace.contours;
  const [xs, ys] = [Array.from(places(trace.x, columns), x.at), Array.from(places(trace.y, rows), y.at)];
  const colorOf = trace.colorscale ? colorFunction(trace.colorscale) : null;
  for (let level = start; level <= end + 1e-9; level += size) {
    context.beginPath();
    for (const [[left, top], ...rest] of isolines(z, xs, ys, level)) {
      context.moveTo(left, top);
      for (const [nextLeft, nextTop] of rest) context.lineTo(nextLeft, nextTop);
    }
    const shade = colorOf?.((level - trace.zmin) / (trace.zmax - trace.zmin));
    const color = trace.line?.color ?? (shade ? `rgb(${shade[0]},${shade[1]},${shade[2]})` : theme.text);
    stroke(context, { width: 0.5, ...trace.line, color });
  }
}

/** Painters of the traces by kind, from below. @type {Record<string, Painter>} */
export const PAINTERS = { heatmap, contour, bar, scatter };
