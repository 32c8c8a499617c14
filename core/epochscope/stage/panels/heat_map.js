/** A matrix of points and clusters (Q, P ...), or a difference of two: rows by cluster, columns are clusters. */
import { contextOf, make } from "../base/dom.js";
import { count } from "../base/format.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { describe, Tooltip } from "../base/tooltip.js";
import { entryOf } from "../data/errors.js";
import { matrixSentence } from "../data/sentences.js";
import { table } from "../render/colormaps.js";
import { colorScale } from "./color_scale.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent } from "../runtime/store.js" */

/**
 * @typedef {{title: string, symbol: string}} Matrix  what a channel is called; the figure names them all
 * @typedef {{order: number[], group: Uint16Array}} Rows  in the order in which they are drawn; cluster of each
 */

/** @type {WeakMap<Epoch, Rows>} */
const rowsOf = new WeakMap();

/**
 * Rows by cluster, as everything else on the page has it, then by how strong that is in the first matrix that the epoch
 * has: all heat maps agree in it. Where an epoch has no labels, the cluster of a row is its strongest.
 * @param {Epoch} entry
 * @param {number} k
 * @param {string[]} names
 */
function orderedRows(entry, k, names) {
  let rows = rowsOf.get(entry);
  if (rows) return rows;
  const q = names.map((name) => entry.channel(name, "uint8")).find(Boolean) ?? new Uint8Array(0);
  const r = Math.floor(q.length / k);
  const group = new Uint16Array(r);
  const strength = new Uint16Array(r);
  for (let i = 0; i < r; i++) {
    let best = entry.labels?.[i] ?? -1;
    if (!(best >= 0 && best < k)) {
      best = 0; // eight bits cannot tell values apart that are nearly equal: the label can
      for (let j = 1; j < k; j++) if (q[i * k + j] > q[i * k + best]) best = j;
    }
    group[i] = best;
    strength[i] = q[i * k + best];
  }
  const order = Array.from({ length: r }, (_, i) => i);
  order.sort((a, b) => group[a] - group[b] || strength[b] - strength[a] || a - b);
  rows = { order, group };
  rowsOf.set(entry, rows);
  return rows;
}

export class HeatMapPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  /** The matrices it is made of: one, or two whose difference is shown. */
  matrices = this.#matrices();
  #cells = make("canvas");
  /** @type {{entry: Epoch, k: number, height: number, rows: Rows} | null} */
  #drawn = null;
  /** @type {Area | null} */
  #area = null;

  #matrices() {
    const names = String(this.spec.value).split("-");
    for (const name of names) entryOf(this.#named, name, "matrix");
    return names;
  }

  /** Every matrix there is, by channel, the one that orders the rows first. @returns {Record<string, Matrix>} */
  get #named() {
    return this.spec.matrices ?? {};
  }

  get #signed() {
    return this.matrices.length > 1;
  }

  /** Where the scale ends. @returns {number} */
  get #top() {
    return this.figure.data[0].zmax;
  }

  get #colors() {
    return colorScale(this.figure, this.theme.background);
  }

  get defaults() {
    const yTitle = { text: "points, by cluster" };
    return {
      margin: { l: 34, r: 4, t: 12, b: 42 },
      dragmode: false,
      xaxis: { title: { text: "cluster", standoff: 14 }, ticks: "", showgrid: false, zeroline: false, showline: false },
      yaxis: { showgrid: false, zeroline: false, showticklabels: false, ticks: "", title: yTitle },
    };
  }

  layout() {
    const layout = super.layout();
    const k = this.store.info?.k ?? 10;
    const room = Math.max(1, (this.root.clientWidth - 95) / k); // pixels of a column
    const step = Math.max(Math.ceil(k / 20), Math.ceil(9 / room));
    const ticks = Array.from({ length: Math.ceil(k / step) }, (_, i) => i * step);
    const fixed = { autorange: false, fixedrange: true };
    Object.assign(layout.xaxis, { range: [-0.5, k - 0.5], ...fixed, tickvals: ticks, ticktext: ticks.map(String) });
    Object.assign(layout.yaxis, { range: [1, 0], ...fixed });
    const { n = 0, r = n } = this.store.info ?? {};
    if (r < n) layout.yaxis.title = { ...layout.yaxis.title, text: `${count(r)} of ${count(n)} points` };
    return layout;
  }

  traces() {
    const tickfont = { color: this.theme.faint, size: 10.5 };
    const marker = {
      color: [0],
      cmin: this.#signed ? -this.#top : 0,
      cmax: this.#top,
      colorscale: this.#colors,
      showscale: true,
      colorbar: { thickness: 9, outlinewidth: 0, len: 1, y: 0.5, xpad: 6, tickfont, nticks: 5 },
    };
    return [{ ...NOTHING, showlegend: false, marker }];
  }

  describe() {
    const { current, info } = this.store;
    const [values, less = null] = this.matrices.map((name) => current?.channel(name, "uint8") ?? null);
    if (!current || !values) return this.noteBox.textContent ?? "";
    const k = current.k ?? info?.k ?? 0;
    return matrixSentence({ title: this.figureTitle, epoch: current.epoch, phase: current.phase, k, values, less });
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#hover(event));
    this.gd.addEventListener("pointerleave", () => {
      this.store.hover(null);
      this.tooltip.hide();
    });
    this.onClick((at) => {
      const cell = this.#cellAt(at);
      if (!cell) return;
      const { store } = this;
      store.pick(cell.row);
      const index = store.info?.index[cell.row] ?? cell.row;
      this.setTriggerValue?.("pick", { point: cell.row, index, epoch: cell.entry.epoch });
    });
  }

  /** @param {StageEvent} event */
  changed(event) {
    if (event === "info" && this.ready) this.redraw();
    if (event === "update") this.#drawn = null;
  }

  /** New data are no reason to paint while the cursor rests on the epoch that is shown. @param {StageEvent} event */
  handleEvent(event) {
    if (event !== "data" || !this.#drawn || this.store.current !== this.#drawn.entry) super.handleEvent(event);
  }

  /** @param {Place} at */
  #cellAt({ px, py }) {
    if (!this.#drawn || !this.#area) return null;
    const { entry, k, rows } = this.#drawn;
    const { order } = rows;
    const most = this.store.info?.k ?? k;
    const column = Math.min(most - 1, Math.floor((px / this.#area.width) * most));
    const place = Math.min(order.length - 1, Math.floor((py / this.#area.height) * order.length));
    return { entry, k, column, row: order[place] };
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const at = this.pointer(event);
    const cell = at && this.#cellAt(at);
    this.store.hover(cell ? cell.row : null);
    if (!cell) return this.tooltip.hide();
    const { entry, k, row, column } = cell;
    const lines = describe(
      this.store,
      row,
      entry,
      (i) => this.color(i),
      (i) => this.clusterColor(i, entry),
    ).filter(([name]) => name !== "confidence");
    for (const [name, { symbol }] of Object.entries(this.#named)) {
      const value = entry.channel(name, "uint8")?.[row * k + column];
      if (value !== undefined && column < k) lines.push([`${symbol}(cluster ${column})`, (value / 255).toFixed(2)]);
    }
    this.tooltip.show(at.x, at.y, lines, this.store, row);
  }

  /**
   * Pixels of the map, one column per cluster and one row per screen row (rows that share one are averaged).
   * @param {Uint8Array[]} values  of each matrix
   * @param {Rows} rows
   * @param {number} k
   * @param {number} height
   */
  #fillCells([value, less], { order }, k, height) {
    const r = order.length;
    const h = Math.max(1, Math.min(height, r));
    const colors = table(this.#colors);
    const cells = this.#cells;
    cells.width = k;
    cells.height = h;
    const context = contextOf(cells);
    const image = context.createImageData(k, h);
    const pixels = new Uint32Array(image.data.buffer);
    const factor = 1 / this.#top;
    for (let y = 0; y < h; y++) {
      const from = Math.floor((y * r) / h);
      const to = Math.max(from + 1, Math.floor(((y + 1) * r) / h));
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let i = from; i < to; i++) {
          const at = order[i] * k + j;
          sum += less ? value[at] - less[at] : value[at];
        }
        const mean = (sum / (to - from)) * factor;
        const tone = less ? 127.5 + mean / 2 : mean;
        pixels[y * k + j] = colors[Math.max(0, Math.min(255, Math.round(tone)))];
      }
    }
    context.putImageData(image, 0, 0);
  }

  paint() {
    const area = this.surface();
    this.#area = area;
    if (!area || area.height < 10) return false;
    const entry = this.store.current;
    const most = this.store.info?.k ?? 0;
    const k = entry?.k ?? most; // a recorded loop may get more clusters later
    const values = this.matrices.map((name) => entry?.channel(name, "uint8") ?? new Uint8Array(0));
    const missing = this.matrices.find((_, i) => !k || values[i].length < k);
    this.report.epoch = entry?.epoch ?? null;
    this.say(missing ? this.whyNothing(`No ${this.#named[missing].title}`) : "");
    if (!entry || missing) {
      this.#drawn = null;
      this.report.n = 0;
      return false;
    }
    const { context, left, top, width, height, dpr } = area;
    const pixels = Math.round(height * dpr);
    const rows = orderedRows(entry, k, Object.keys(this.#named));
    if (this.#drawn?.entry !== entry || this.#drawn.height !== pixels) {
      this.#fillCells(values, rows, k, pixels);
      this.#drawn = { entry, k, height: pixels, rows };
    }
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#cells, left, top, (width * k) / most, height);
    this.#paintColumns(area, most);
    this.#paintGroups(area, rows);
    this.#paintMarked(area, rows.order);
    this.report.n = rows.order.length;
    return false;
  }

  /** Gaps between columns, and the colors of their clusters. @param {Area} area @param {number} k */
  #paintColumns({ context, left, top, width, height }, k) {
    const step = width / k;
    context.fillStyle = this.theme.background;
    if (step > 6) for (let j = 1; j < k; j++) context.fillRect(Math.round(left + j * step) - 0.5, top, 1, height);
    for (let j = 0; j < k; j++) {
      context.fillStyle = this.clusterColor(j);
      context.fillRect(left + j * step + 1, top + height + 3, Math.max(1, step - 2), 4);
    }
  }

  /** Borders between groups of rows, with color and number of the cluster. @param {Area} area @param {Rows} rows */
  #paintGroups({ context, left, top, width, height }, { order, group }) {
    const { theme } = this;
    const r = order.length;
    context.font = `600 10.5px ${theme.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let from = 0, to = 0; from < r; from = to) {
      const cluster = group[order[from]];
      while (to < r && group[order[to]] === cluster) to++;
      const [y0, y1] = [top + (from / r) * height, top + (to / r) * height];
      context.fillStyle = this.clusterColor(cluster);
      context.fillRect(left - 7, y0 + 0.5, 4, Math.max(1, y1 - y0 - 1));
      if (to < r) {
        context.fillStyle = theme.background;
        context.fillRect(left, Math.round(y1) - 0.75, width, 1.5);
      }
      context.fillStyle = theme.text;
      if (y1 - y0 > 11) context.fillText(String(cluster), left - 10, (y0 + y1) / 2);
    }
  }

  /** The rows of the points that are pointed at, picked or selected. @param {Area} area @param {number[]} order */
  #paintMarked({ context, left, top, width, height }, order) {
    const { theme, store } = this;
    const r = order.length;
    const line = Math.max(2, height / r);
    const mask = store.selection?.mask;
    context.strokeStyle = context.fillStyle = theme.text;
    context.lineWidth = 1.5;
    for (const [place, row] of order.entries()) {
      if (row === store.hovered || row === store.picked)
        context.strokeRect(left - 1, top + ((place + 0.5) / r) * height - line / 2 - 1, width + 2, line + 2);
      if (mask?.[row]) context.fillRect(left + width + 1, top + (place / r) * height, 3, Math.max(1, height / r));
    }
  }
}
