/**
 * Paints a figure of Plotly's onto a canvas as Plotly would draw it, in a few milliseconds instead of a hundred: so a lab
 * answers while somebody moves something. Once it rests Plotly draws the same figure, with all its tools.
 * Known are the traces that labs are made of; `fits` says whether that is all there is in a figure.
 */

import { alpha } from "../base/theme.js";
import { table, VIRIDIS } from "./colormaps.js";
import { isolines } from "./isolines.js";
import { mark } from "./symbols.js";

const ORDER = ["heatmap", "contour", "bar", "scatter"]; // from below
const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array };
const read = new WeakMap(); // arrays as they were sent -> as numbers

/** The values of an array as Python sent it: a list, or the bytes of numbers. */
export function values(sent) {
  if (!sent?.bdata) return sent ?? [];
  if (!read.has(sent)) {
    const bytes = Uint8Array.from(atob(sent.bdata), (sign) => sign.charCodeAt(0));
    read.set(sent, new KINDS[sent.dtype](bytes.buffer));
  }
  return read.get(sent);
}

const each = (value, i) => (Array.isArray(value) ? value[i] : value?.bdata ? values(value)[i] : value);
const dashed = (dash, width) =>
  ({ dot: [1, 1], dash: [3, 3], dashdot: [3, 1, 1, 1] })[dash]?.map((part) => part * Math.max(width, 3)) ?? [];
const names = (figure) => figure.data.filter((trace) => trace.name && trace.showlegend !== false).length;

/** Whether a figure can be painted into the frame that Plotly has drawn for another. */
export function fits(figure, drawn) {
  const known = ({ type, fill }) => ORDER.includes(type) && (!fill || fill === "tozeroy");
  return Boolean(drawn) && !figure.layout.shapes && figure.data.every(known) && names(figure) === names(drawn);
}

/** Whether the axes of two figures are the same. */
export function sameAxes(a, b) {
  const axes = ({ layout }) => JSON.stringify(Object.entries(layout).filter(([key]) => /^[xy]axis\d*$/.test(key)));
  return axes(a) === axes(b);
}

/** An axis of a figure in the frame of another: where a value lies, in pixels of the picture. */
function placed(full, spec, same) {
  const across = full._id[0] === "x";
  const { _offset: from, _length: length, type } = full;
  const axis = { full, spec, across, from, length, log: type === "log", category: type === "category" };
  if (same || axis.category || !spec.range)
    return { ...axis, at: (value) => from + full.d2p(value), range: full.range };
  const [low, high] = spec.range;
  const part = (value) => ((axis.log ? Math.log10(value) : value) - low) / (high - low);
  return { ...axis, at: (value) => from + length * (across ? part(value) : 1 - part(value)), range: [low, high] };
}

/** @param {{context, figure, full, theme, same: boolean, hidden: (i: number) => boolean}} what */
export function paint({ context, figure, full, theme, same, hidden }) {
  const axes = {};
  for (const key of Object.keys(full).filter((name) => /^[xy]axis\d*$/.test(name)))
    axes[key] = placed(full[key], figure.layout[key] ?? {}, same);
  const axisOf = (trace, letter) => axes[`${letter}axis${(trace[`${letter}axis`] ?? letter).slice(1)}`];
  const stacks = { places: new Map(), count: figure.data.filter(({ type }) => type === "bar").length, bar: 0 };
  const { _size: size } = full;
  if (!same) for (const axis of Object.values(axes)) ruled(context, axis, axis.across ? axes.yaxis : axes.xaxis, theme);
  const traces = figure.data.map((trace, i) => ({ trace, i })).filter(({ i }) => !hidden(i));
  traces.sort((a, b) => ORDER.indexOf(a.trace.type) - ORDER.indexOf(b.trace.type));
  for (const { trace } of traces) {
    const [x, y] = [axisOf(trace, "x"), axisOf(trace, "y")];
    context.save();
    context.beginPath();
    if (trace.cliponaxis !== false) context.rect(x.from, y.from, x.length, y.length);
    else context.rect(0, 0, full.width, full.height);
    context.clip();
    PAINTERS[trace.type](context, trace, { x, y, theme, layout: figure.layout, stacks });
    context.restore();
  }
  for (const note of figure.layout.annotations ?? []) noted(context, note, axes, size, theme);
}

/** Lines of the grid and their numbers, where they are others than Plotly's last. */
function ruled(context, axis, other, theme) {
  if (axis.spec.visible === false) return;
  const ticks = marks(axis);
  context.font = `12px ${theme.font}`;
  context.lineWidth = 1;
  for (const [value, text] of ticks) {
    const at = Math.round(axis.at(value)) + 0.5;
    if (!(at >= axis.from - 1 && at <= axis.from + axis.length + 1)) continue;
    const [left, top, end] = [other.from, other.from, other.from + other.length];
    if (axis.spec.showgrid !== false) {
      context.strokeStyle = theme.line;
      context.beginPath();
      if (axis.across) context.moveTo(at, top), context.lineTo(at, end);
      else context.moveTo(left, at), context.lineTo(end, at);
      context.stroke();
    }
    context.fillStyle = theme.faint;
    context.textAlign = axis.across ? "center" : "right";
    context.textBaseline = axis.across ? "top" : "middle";
    if (axis.across) context.fillText(text, at, end + 3);
    else context.fillText(text, left - 2, at);
  }
}

function marks({ spec, log, category, full, range, length, across }) {
  if (spec.tickvals)
    return Array.from(values(spec.tickvals), (value, i) => [value, String(each(spec.ticktext, i) ?? value)]);
  if (category) return full._categories.map((name) => [name, name]);
  const [low, high] = [Math.min(...range), Math.max(...range)];
  if (log) {
    const step = spec.dtick ?? 1;
    const powers = [];
    for (let p = Math.ceil(low / step) * step; p <= high; p += step)
      powers.push([10 ** p, p >= -3 && p <= 4 ? String(10 ** p) : `1e${p}`]);
    return powers;
  }
  const rough = (high - low) / Math.max(2, length / (across ? 80 : 45));
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = spec.dtick ?? [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough);
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9; n++)
    found.push([n * step, (n * step).toFixed(digits).replace("-", "−")]);
  return found;
}

function stroked(context, { color, width = 2, dash }) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dashed(dash, width));
  if (width > 0) context.stroke();
  context.setLineDash([]);
}

function scatter(context, trace, { x, y, theme }) {
  const [xs, ys] = [values(trace.x), values(trace.y)];
  const mode = trace.mode ?? "lines";
  const n = Math.min(xs.length, ys.length);
  const px = Float64Array.from({ length: n }, (_, i) => (xs[i] === null ? NaN : x.at(xs[i])));
  const py = Float64Array.from({ length: n }, (_, i) => (ys[i] === null ? NaN : y.at(ys[i])));
  const sound = (i) => Number.isFinite(px[i]) && Number.isFinite(py[i]);
  if (trace.fill === "tozeroy" && n) {
    const ground = y.at(0);
    context.beginPath();
    context.moveTo(px[0], ground);
    for (let i = 0; i < n; i++) if (sound(i)) context.lineTo(px[i], py[i]);
    context.lineTo(px[n - 1], ground);
    context.fillStyle = trace.fillcolor ?? alpha(trace.line.color, 0.5);
    context.fill();
  }
  if (mode.includes("lines")) {
    context.beginPath();
    for (let i = 0; i < n; i++) if (sound(i)) context[i && sound(i - 1) ? "lineTo" : "moveTo"](px[i], py[i]);
    stroked(context, { color: theme.text, ...trace.line });
  }
  if (mode.includes("markers")) {
    const { marker = {} } = trace;
    context.globalAlpha = typeof marker.size === "object" ? 0.7 : 1;
    for (let i = 0; i < n; i++) {
      if (!sound(i)) continue;
      const look = {
        size: each(marker.size, i) ?? 6,
        color: each(marker.color, i) ?? trace.line?.color,
        edge: marker.line,
      };
      const heading = i ? Math.atan2(py[i] - py[i - 1], px[i] - px[i - 1]) : 0;
      mark(context, marker.symbol ?? "circle", px[i], py[i], look, heading);
    }
    context.globalAlpha = 1;
  }
  if (mode.includes("text")) for (let i = 0; i < n; i++) if (sound(i)) lettered(context, trace, i, px[i], py[i], theme);
}

function lettered(context, trace, i, x, y, theme) {
  const [vertical, horizontal] = (each(trace.textposition, i) ?? "middle center").split(" ");
  const size = trace.textfont?.size ?? 12;
  context.font = `${size}px ${theme.font}`;
  context.fillStyle = each(trace.textfont?.color, i) ?? theme.text;
  context.textAlign = { left: "right", right: "left" }[horizontal] ?? "center";
  context.textBaseline = { top: "bottom", bottom: "top" }[vertical] ?? "middle";
  context.fillText(String(each(trace.text, i)), x, y);
}

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
    const box = [Math.min(from, to), middle - wide / 2, Math.abs(to - from), wide];
    const [left, top, width, height] = flat ? box : [box[1], box[0], box[3], box[2]];
    context.fillStyle = each(trace.marker.color, i);
    context.fillRect(left, top, width, height);
    const edge = each(trace.marker.line?.width, i);
    if (edge)
      Object.assign(context, { strokeStyle: trace.marker.line.color, lineWidth: edge }).strokeRect(
        left,
        top,
        width,
        height,
      );
    if (trace.text)
      Object.assign(context, {
        fillStyle: theme.text,
        font: `12px ${theme.font}`,
        textAlign: "center",
        textBaseline: "bottom",
      }).fillText(each(trace.text, i), middle, top - 3);
  }
}

const shape = ({ z }) => (z.shape ? z.shape.split(",").map(Number) : [z.length, z[0].length]);
const steps = (given, count) => (given ? values(given) : Float64Array.from({ length: count }, (_, i) => i));

function heatmap(context, trace, { x, y }) {
  const [rows, columns] = shape(trace);
  const z = values(trace.z);
  let { zmin = Infinity, zmax = -Infinity } = trace;
  if (trace.zmin === undefined)
    for (const value of z) if (Number.isFinite(value)) [zmin, zmax] = [Math.min(zmin, value), Math.max(zmax, value)];
  const scale = trace.colorscale === "Viridis" ? VIRIDIS : trace.colorscale;
  const tone = shaded(scale);
  const picture = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++)
    if (Number.isFinite(z[i])) picture.data.set(tone((z[i] - zmin) / (zmax - zmin)), 4 * i);
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(picture, 0, 0);
  const [xs, ys] = [steps(trace.x, columns), steps(trace.y, rows)];
  const edges = (axis, at) => [axis.at(at[0] - (at[1] - at[0]) / 2), axis.at(at[at.length - 1] + (at[1] - at[0]) / 2)];
  const [[left, right], [first, last]] = [edges(x, xs), edges(y, ys)];
  context.imageSmoothingEnabled = Boolean(trace.zsmooth);
  context.translate(left, first);
  context.scale((right - left) / columns, (last - first) / rows);
  context.drawImage(canvas, 0, 0);
}

/** A colour scale, which may be see-through, as a function from 0 .. 1 to [r, g, b, a]. */
function shaded(scale) {
  const clear = scale.some?.((stop) => Array.isArray(stop) && /rgba/.test(stop[1]));
  if (!clear) {
    const pixels = new Uint8ClampedArray(table(scale).buffer);
    return (t) =>
      pixels.subarray(
        4 * Math.round(255 * Math.min(1, Math.max(0, t))),
        4 * Math.round(255 * Math.min(1, Math.max(0, t))) + 4,
      );
  }
  const stops = scale.map(([at, color]) => [at, ...color.match(/[\d.]+/g).map(Number)]);
  return (t) => {
    const at = Math.min(1, Math.max(0, t));
    const next = Math.max(
      1,
      stops.findIndex(([edge]) => edge >= at),
    );
    const [a, b] = [stops[next - 1], stops[next]];
    const f = (at - a[0]) / (b[0] - a[0] || 1);
    return [1, 2, 3, 4].map((c) => (a[c] + (b[c] - a[c]) * f) * (c === 4 ? 255 : 1));
  };
}

function contour(context, trace, { x, y, theme }) {
  const [rows, columns] = shape(trace);
  const { start, end, size } = trace.contours;
  const [xs, ys] = [Array.from(steps(trace.x, columns), x.at), Array.from(steps(trace.y, rows), y.at)];
  const tone = trace.colorscale ? shaded(trace.colorscale) : null;
  for (let level = start; level <= end + 1e-9; level += size) {
    context.beginPath();
    for (const way of isolines(values(trace.z), xs, ys, level))
      way.forEach(([left, top], i) => context[i ? "lineTo" : "moveTo"](left, top));
    const part = tone?.((level - trace.zmin) / (trace.zmax - trace.zmin));
    stroked(context, {
      width: 0.5,
      ...trace.line,
      color: trace.line?.color ?? (part ? `rgb(${Array.from(part).slice(0, 3).join(",")})` : theme.text),
    });
  }
}

const PAINTERS = { scatter, bar, heatmap, contour };

/** A text without an arrow. */
function noted(context, note, axes, size, theme) {
  const data = (axis, value) => axis.at(axis.log ? 10 ** value : value);
  const x = note.xref === "paper" ? size.l + note.x * size.w : data(axes.xaxis, note.x);
  const y = note.yref === "paper" ? size.t + (1 - note.y) * size.h : data(axes.yaxis, note.y);
  const height = note.font?.size ?? 12;
  const parts = note.text.split(/<\/?b>/); // every second one is bold
  const font = (i) => `${i % 2 ? "bold " : ""}${height}px ${theme.font}`;
  const wide = parts.map((part, i) => (context.font = font(i)) && context.measureText(part).width);
  const whole = wide.reduce((a, b) => a + b, 0);
  let left = x - ({ left: 0, right: whole }[note.xanchor] ?? whole / 2);
  Object.assign(context, {
    fillStyle: note.font?.color ?? theme.text,
    textAlign: "left",
    textBaseline: note.yanchor === "bottom" ? "bottom" : "middle",
  });
  parts.forEach((part, i) => {
    context.font = font(i);
    context.fillText(part, left, y - (note.yshift ?? 0));
    left += wide[i];
  });
}
