/** What lies behind curves: where phases begin, levels to compare with, parameters that were changed. */
import { alpha } from "../base/theme.js";

/** Symbols of parameters whose names are Greek letters. */
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
const number = (x) => (typeof x === "number" ? String(Number(x.toPrecision(3))) : String(x));
const ROW = 13;

/** "γ 0.1 → 0.5" */
export const markText = (mark) =>
  `${mark.symbol ?? GREEK[mark.name] ?? mark.name} ${number(mark.old)} → ${number(mark.new)}`;

const xOf = (area, epoch) => area.left + area.xaxis.d2p(epoch);

/** Lines where phases begin and their names, at the top: levels lie low. Returns the number of rows taken. */
export function paintPhases(panel, area) {
  const { context, top, height, left, width } = area;
  const { epochs } = panel.store;
  const starts = epochs.filter((e, i) => i === 0 || e.phase !== epochs[i - 1].phase);
  if (starts.length < 2) return 0;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.font = `10.5px ${panel.theme.font}`;
  let rows = 0;
  starts.forEach((entry, i) => {
    const next = starts[i + 1]?.epoch ?? epochs.at(-1).epoch;
    const x = i ? xOf(area, entry.epoch) - 0.5 * (xOf(area, 1) - xOf(area, 0)) : xOf(area, entry.epoch);
    if (i) {
      context.fillStyle = panel.theme.border;
      context.fillRect(Math.round(x), top, 1, height);
    }
    const start = Math.max(x, left) + 4;
    const room = Math.min(xOf(area, next), left + width) - start;
    if (context.measureText(entry.phase).width > room) return;
    context.fillStyle = panel.theme.faint;
    context.fillText(entry.phase, start, top + 10);
    rows = 1;
  });
  return rows;
}

/** Dotted lines at values that mean something, with their names. */
export function paintLevels(panel, { context, left, width, top, height, yaxis }) {
  const { info } = panel.store;
  const names = panel.spec.names ?? ["acc"];
  const levels = [];
  if (panel.spec.table === "scores" && names.includes("acc") && Number.isFinite(info?.one_cluster))
    levels.push([info.one_cluster, "all in one cluster"]);
  if (panel.spec.table === "label change" && Number.isFinite(info?.tol))
    levels.push([info.tol, `stops below ${number(100 * info.tol)}%`]);
  panel.report.levels = levels.map(([, label]) => label);
  for (const [value, label] of levels) {
    const y = Math.round(top + yaxis.d2p(value)) + 0.5;
    if (!(y > top - 2 && y < top + height + 2)) continue;
    context.strokeStyle = panel.theme.faint;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.setLineDash([]);
    context.font = `10.5px ${panel.theme.font}`;
    context.fillStyle = panel.theme.faint;
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    context.fillText(label, left + width - 4, y - 4 < top + 8 ? y + 12 : y - 4);
  }
}

/** Dashed lines where parameters were changed; their texts begin below the first `rows` rows. Returns the texts. */
export function paintMarks(panel, area, rows) {
  const { context, top, height, left, width } = area;
  const shown = [];
  const ends = []; // where each row of labels ends, so that labels do not run into each other
  context.font = `600 10.5px ${panel.theme.font}`;
  for (const mark of panel.store.marks) {
    const x = Math.round(xOf(area, mark.epoch)) + 0.5;
    if (!(x >= left - 1 && x <= left + width + 1)) continue;
    const text = markText(mark);
    const size = context.measureText(text).width;
    const start = x + 5 + size > left + width ? x - 5 - size : x + 5;
    let row = ends.findIndex((end) => end < start);
    if (row < 0) row = ends.length;
    ends[row] = start + size + 8;
    context.strokeStyle = alpha(panel.theme.text, 0.75);
    context.lineWidth = 1;
    context.setLineDash([5, 3]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, top + height);
    context.stroke();
    context.setLineDash([]);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillStyle = panel.theme.text;
    context.fillText(text, start, top + 11 + (rows + row) * ROW);
    shown.push(text);
  }
  return shown;
}
