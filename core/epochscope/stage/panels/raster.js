/** The heat map of Q, P, pi or a difference of two of them: rows are points, grouped by their strongest cluster; columns are clusters. */

import { PlotPanel } from "../base/plot_panel.js";
import { saving } from "../base/save_picture.js";
import { describe, Tip } from "../base/tooltip.js";
import { diverging, scaleOf, table, VIRIDIS } from "../render/colormaps.js";

const NAMES = { q: "soft assignments Q", p: "target distribution P", pi: "neighbors' prior π" };
const SIGNS = { q: "q", p: "p", pi: "π" };

export class RasterPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.tip = new Tip(this.root);
    this.cells = document.createElement("canvas");
  }

  /** The channels it is made of: one, or two whose difference is shown. */
  get channels() {
    return this.spec.value.split("-");
  }

  get signed() {
    return this.channels.length > 1;
  }

  get top() {
    return this.spec.zmax ?? 1;
  }

  get colors() {
    if (this.spec.colorscale) return this.spec.colorscale;
    return this.signed ? diverging(this.theme.background) : VIRIDIS; // one scale for Q and P: they are to be compared
  }

  get defaults() {
    return {
      margin: { l: 34, r: 4, t: 12, b: 42 },
      dragmode: false,
      xaxis: { title: { text: "cluster", standoff: 14 }, ticks: "", showgrid: false, zeroline: false, showline: false },
      yaxis: {
        showgrid: false,
        zeroline: false,
        showticklabels: false,
        ticks: "",
        title: { text: "points, by strongest cluster" },
      },
    };
  }

  layout() {
    const layout = super.layout();
    const k = this.store.info?.k ?? 10;
    const room = Math.max(1, (this.root.clientWidth - 95) / k); // pixels a column
    const step = Math.max(Math.ceil(k / 20), Math.ceil(9 / room));
    const ticks = Array.from({ length: Math.ceil(k / step) }, (_, i) => i * step);
    Object.assign(layout.xaxis, {
      range: [-0.5, k - 0.5],
      autorange: false,
      fixedrange: true,
      tickvals: ticks,
      ticktext: ticks.map(String),
    });
    Object.assign(layout.yaxis, { range: [1, 0], autorange: false, fixedrange: true });
    return layout;
  }

  traces() {
    const colors = this.colors;
    const bar = {
      thickness: 9,
      outlinewidth: 0,
      len: 1,
      y: 0.5,
      xpad: 6,
      tickfont: { color: this.theme.faint, size: 10.5 },
      nticks: 5,
    };
    const marker = {
      color: [0],
      cmin: this.signed ? -this.top : 0,
      cmax: this.top,
      colorscale: Array.isArray(colors[0]) ? colors : scaleOf(colors),
      showscale: true,
      colorbar: bar,
    };
    return [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false, marker }];
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#point(event));
    this.gd.addEventListener("pointerleave", () => {
      this.store.hover(null);
      this.tip.hide();
    });
    this.onClick((at) => {
      const cell = this.#cellAt(at);
      if (!cell) return;
      this.store.pick(cell.row);
      const { store } = this;
      this.setTriggerValue?.("pick", {
        point: cell.row,
        index: store.info?.index?.[cell.row] ?? cell.row,
        epoch: this.drawn.entry.epoch,
      });
    });
  }

  changed(what) {
    if (what === "info" && this.ready) this.redress();
    if (what === "update") this.drawn = null;
  }

  /** New data are no reason to paint while the cursor rests on the epoch that is shown. */
  hear(what) {
    if (what !== "data" || !this.drawn || this.store.current !== this.drawn.entry) super.hear(what);
  }

  #cellAt({ px, py }) {
    if (!this.drawn || !this.area) return null;
    const { k, order } = this.drawn;
    const column = Math.min(k - 1, Math.floor((px / this.area.width) * k));
    const place = Math.min(order.length - 1, Math.floor((py / this.area.height) * order.length));
    return { column, place, row: order[place] };
  }

  #point(event) {
    const at = this.pointer(event);
    const cell = at && this.#cellAt(at);
    this.store.hover(cell ? cell.row : null);
    if (!cell) return this.tip.hide();
    const { entry, k } = this.drawn;
    const lines = describe(this.store, cell.row, entry, (i) => this.color(i)).filter(([name]) => name !== "confidence");
    const place = cell.row * k + cell.column;
    const name = (channel) => `${SIGNS[channel]}(cluster ${cell.column})`;
    for (const channel of Object.keys(SIGNS))
      if (entry[channel]) lines.push([name(channel), (entry[channel][place] / 255).toFixed(2)]);
    this.tip.show(at.x, at.y, lines, this.store, cell.row);
  }

  /** The order of rows for an epoch: by strongest cluster in Q, then by how strong; Q, P and P - Q agree in it. */
  #order(entry, k) {
    if (entry.rows) return entry.rows;
    const q = entry.q ?? entry.p ?? entry.pi;
    const r = Math.floor(q.length / k);
    const strongest = new Uint16Array(r);
    const strength = new Uint16Array(r);
    for (let i = 0; i < r; i++) {
      let best = 0;
      for (let j = 1; j < k; j++) if (q[i * k + j] > q[i * k + best]) best = j;
      strongest[i] = best;
      strength[i] = q[i * k + best];
    }
    const order = Array.from({ length: r }, (_, i) => i).sort(
      (a, b) => strongest[a] - strongest[b] || strength[b] - strength[a] || a - b,
    );
    entry.rows = { order, group: strongest };
    return entry.rows;
  }

  /** Pixels of the map, one column per cluster and one row per screen row (rows that share one are averaged). */
  #raster(entry, k, height) {
    const { order } = this.#order(entry, k);
    const r = order.length;
    const h = Math.max(1, Math.min(height, r));
    const lut = table(this.colors);
    const { cells } = this;
    cells.width = k;
    cells.height = h;
    const context = cells.getContext("2d");
    const image = context.createImageData(k, h);
    const pixels = new Uint32Array(image.data.buffer);
    const [value, less] = this.channels.map((name) => entry[name]);
    const factor = 1 / this.top;
    for (let y = 0; y < h; y++) {
      const [from, to] = [
        Math.floor((y * r) / h),
        Math.max(Math.floor((y * r) / h) + 1, Math.floor(((y + 1) * r) / h)),
      ];
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let i = from; i < to; i++) {
          const at = order[i] * k + j;
          sum += less ? value[at] - less[at] : value[at];
        }
        const mean = (sum / (to - from)) * factor;
        const tone = less ? 127.5 + mean / 2 : mean;
        pixels[y * k + j] = lut[Math.max(0, Math.min(255, Math.round(tone)))];
      }
    }
    context.putImageData(image, 0, 0);
  }

  paint() {
    const area = (this.area = this.surface());
    if (!area || area.height < 10) return false;
    const { store } = this;
    const entry = store.current;
    const k = store.info?.k ?? 0;
    const missing = this.channels.find((name) => !(entry?.[name]?.length >= k));
    const there = entry && k && missing === undefined;
    this.report.epoch = entry?.epoch ?? null;
    if (!there) {
      this.say(
        store.message.text
          ? ""
          : entry
            ? `No ${NAMES[missing] ?? "values"} in this phase${entry.phase ? ` (${entry.phase})` : ""}.`
            : "Waiting for the first epoch ...",
      );
      this.drawn = null;
      this.report.n = 0;
      return false;
    }
    this.say("");
    const { context, left, top, width, height, dpr } = area;
    const rows = Math.round(height * dpr);
    if (this.drawn?.entry !== entry || this.drawn.rows !== rows) {
      this.#raster(entry, k, rows);
      this.drawn = { entry, k, rows, order: entry.rows.order };
    }
    context.imageSmoothingEnabled = false;
    context.drawImage(this.cells, left, top, width, height);
    this.#frame(area, entry, k);
    this.report.n = entry.rows.order.length;
    return false;
  }

  /** Gaps between columns, borders between groups, swatches, and the rows of marked points. */
  #frame({ context, left, top, width, height }, entry, k) {
    const { theme, store } = this;
    const { order, group } = entry.rows;
    const r = order.length;
    const step = width / k;
    context.fillStyle = theme.background;
    if (step > 6) for (let j = 1; j < k; j++) context.fillRect(Math.round(left + j * step) - 0.5, top, 1, height);
    for (let j = 0; j < k; j++) {
      context.fillStyle = this.color(j);
      context.fillRect(left + j * step + 1, top + height + 3, Math.max(1, step - 2), 4);
    }
    context.font = `600 10.5px ${theme.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let from = 0; from < r; ) {
      const one = group[order[from]];
      let to = from;
      while (to < r && group[order[to]] === one) to++;
      const [y0, y1] = [top + (from / r) * height, top + (to / r) * height];
      context.fillStyle = this.color(one);
      context.fillRect(left - 7, y0 + 0.5, 4, Math.max(1, y1 - y0 - 1));
      if (to < r) {
        context.fillStyle = theme.background;
        context.fillRect(left, Math.round(y1) - 0.75, width, 1.5);
      }
      context.fillStyle = theme.text;
      if (y1 - y0 > 11) context.fillText(String(one), left - 10, (y0 + y1) / 2);
      from = to;
    }
    const line = Math.max(2, height / r);
    const chosen = new Set([store.hovered, store.picked].filter((i) => i !== null && i < r));
    for (let place = 0; place < r && chosen.size; place++) {
      if (!chosen.has(order[place])) continue;
      context.strokeStyle = theme.text;
      context.lineWidth = 1.5;
      context.strokeRect(left - 1, top + ((place + 0.5) / r) * height - line / 2 - 1, width + 2, line + 2);
    }
    const mask = store.selection?.mask;
    if (!mask) return;
    context.fillStyle = theme.text;
    for (let place = 0; place < r; place++)
      if (mask[order[place]])
        context.fillRect(left + width + 1, top + (place / r) * height, 3, Math.max(1, height / r));
  }
}
