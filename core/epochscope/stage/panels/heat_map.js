/** A matrix of points and clusters (Q, P ...), or a difference of two: rows by cluster, columns are clusters. */

import { make, setText } from "../base/dom.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { columnTicks, hasColorBar } from "../base/room.js";
import { saveButtons } from "../base/save_picture.js";
import { describe, Tooltip } from "../base/tooltip.js";
import { entryOf } from "../data/errors.js";
import { tr } from "../data/language.js";
import { table } from "../render/colormaps.js";
import { Rested } from "../runtime/rested.js";
import { pause } from "../runtime/time.js";
import { bandsFrom, bandsOf, orderedRows, pictured, pointAt, wordsOfCell } from "./bands.js";
import { colorScale } from "./color_scale.js";
import { matrixWords } from "./matrix_words.js";
import { listenForRows } from "./row_gestures.js";
import { paintColumns, paintGroups, paintMarked } from "./row_marks.js";
import { ALL, rangeWords, rowsIn, shownPart, showPart } from "./row_range.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent } from "../runtime/store.js" */
/** @import { Drawn } from "./bands.js" */
/** @import { Part } from "./row_range.js" */

/**
 * @typedef {(row: number, rows: number) => number} ToPlace  CSS pixels from the top
 * @typedef {object} Look  what was painted last
 * @property {Epoch} entry
 * @property {string} key
 * @property {Drawn[]} shown  the upper ones last
 * @property {Part} part  of the rows that fills the plot
 * @property {number} rows  that there are in all
 * @property {number} k
 */

const [TRY, MOST_TRIES] = [40, 100]; // ms, and how often
const STRIP = 8; // CSS pixels below the map, for the colors of its columns

/** @typedef {{title: string, symbol: string}} Matrix  what a channel is called; the figure names them all */
export class HeatMapPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  describe = () => matrixWords(this);
  /** The matrices it is made of: one, or two whose difference is shown. */
  matrices = this.#matrices();
  rowsBox = make("div", "es-rows");
  /** @type {{background: string, packed: Uint32Array} | null} */
  #tones = null;
  /** @type {Look | null} */
  #drawn = null;
  #ofAll = new Rested(
    "bands",
    (path) => this.store.get(path),
    bandsFrom,
    () => {
      this.#drawn = null;
      this.schedule();
    },
  );
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

  /** The scale as packed colors. */
  get #table() {
    const { background } = this.theme;
    if (this.#tones?.background !== background) this.#tones = { background, packed: table(this.#colors) };
    return this.#tones.packed;
  }

  get #colors() {
    return colorScale(this.figure, this.theme.background);
  }

  get defaults() {
    return {
      margin: { l: 34, r: 4, t: 12, b: 42 },
      dragmode: false,
      xaxis: { title: { text: "cluster", standoff: 14 }, ticks: "", showgrid: false, zeroline: false, showline: false },
      yaxis: { showgrid: false, zeroline: false, showticklabels: false, ticks: "" },
    };
  }

  layout() {
    const layout = super.layout();
    const [k, fixed] = [this.store.info?.k ?? 10, { autorange: false, fixedrange: true }];
    const below = { ticks: "outside", ticklen: STRIP, tickcolor: "rgba(0,0,0,0)" }; // numbers below the colors
    const { clientWidth } = this.root;
    Object.assign(layout.xaxis, { range: [-0.5, k - 0.5], ...fixed, ...below, ...columnTicks(k, clientWidth) });
    Object.assign(layout.yaxis, { range: [1, 0], ...fixed });
    delete layout.yaxis.title; // which rows are shown changes all the time
    return layout;
  }

  traces() {
    const tickfont = { color: this.theme.faint, size: 10.5 };
    const marker = {
      color: [0],
      cmin: this.#signed ? -this.#top : 0,
      cmax: this.#top,
      colorscale: this.#colors,
      showscale: hasColorBar(this.root.clientWidth),
      colorbar: { thickness: 9, outlinewidth: 0, len: 1, y: 0.5, xpad: 6, tickfont, nticks: 5 },
    };
    return [{ ...NOTHING, showlegend: false, marker }];
  }

  /** @returns {Record<string, any>} */
  get config() {
    const showAll = { name: tr("Show all rows"), title: tr("Show all rows"), icon: this.Plotly?.Icons?.home };
    const button = { ...showAll, click: () => showPart(this.store, ALL) };
    return { ...super.config, modeBarButtons: [[...saveButtons(this), button]] };
  }

  started() {
    this.root.append(this.rowsBox);
    listenForRows(this);
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

  /** How many rows there are in all. */
  get rowCount() {
    return this.#drawn?.rows ?? 1;
  }

  /** CSS pixels of the plot. */
  get plotHeight() {
    return this.#area?.height ?? 0;
  }

  /** @param {Place} at */
  #cellAt({ px, py }) {
    if (!this.#drawn || !this.#area) return null;
    const { entry, k, shown, part } = this.#drawn;
    const most = this.store.info?.k ?? k;
    const column = Math.min(most - 1, Math.floor((px / this.#area.width) * most));
    const share = part.from + (py / this.#area.height) * (part.to - part.from);
    for (const { bands } of shown.toReversed()) {
      const row = Math.min(bands.rows - 1, Math.floor(share * bands.rows));
      const point = pointAt(bands, row);
      if (point === null) continue;
      const band = Math.floor(((row - bands.first) / (bands.last - bands.first)) * bands.height);
      return { entry, k, column, bands, band, row: point };
    }
    return null;
  }

  /** @param {PointerEvent} event */
  #hover(event) {
    const at = this.pointer(event);
    const cell = at && this.#cellAt(at);
    this.store.hover(cell ? cell.row : null);
    if (!cell) return this.tooltip.hide();
    const { entry, k, row, column, bands, band } = cell;
    const lines = describe(
      this.store,
      row,
      entry,
      (i) => this.color(i),
      (i) => this.clusterColor(i, entry),
    ).filter(([name]) => name !== tr("confidence"));
    for (const [name, { symbol }] of Object.entries(this.#named)) {
      const value = entry.channel(name, "uint8")?.[row * k + column]; // of the first points
      if (value !== undefined && column < k)
        lines.push([tr("{symbol}(cluster {j})", { symbol, j: column }), (value / 255).toFixed(2)]);
    }
    const symbol = this.matrices.map((name) => this.#named[name].symbol).join(" − ");
    const whole = bands.rows <= (this.store.info?.r ?? 0); // then each point's values are at hand
    if (column < k) lines.push(...wordsOfCell(bands, band, column, symbol, this.#signed, whole));
    this.tooltip.show(at.x, at.y, lines, this.store, row);
  }

  /**
   * What is to be drawn of an epoch: the rows that came with it, above them those of all points, once these are there.
   * @param {Epoch} entry
   * @param {Uint8Array[]} values  of each matrix
   * @param {number} k
   * @param {number} height  pixels
   */
  #look(entry, values, k, height) {
    const here = orderedRows(entry, k, Object.keys(this.#named));
    const rows = Math.max(this.store.info?.m ?? 0, here.order.length);
    const chosen = shownPart(this.store);
    const range = rowsIn(chosen, rows);
    const wanted = { epoch: entry.epoch, value: this.matrices.join("-"), ...range, height };
    const more = here.order.length < rows && !this.store.cursor.playing;
    const { exact, waits } = more ? this.#ofAll.want(wanted) : { exact: false, waits: false };
    const known = more ? this.#ofAll.known : null;
    const near = known?.wanted.epoch === wanted.epoch && known.wanted.value === wanted.value; // perhaps of other rows
    const key = JSON.stringify([wanted, near && known?.key, k]);
    if (this.#drawn?.entry !== entry || this.#drawn.key !== key) {
      const sample = () => bandsOf(values, here, k, rowsIn(chosen, here.order.length), height);
      const shown = [...(exact ? [] : [sample()]), ...(near && known ? [known.value] : [])];
      const part = { from: range.first / rows, to: range.last / rows };
      this.#drawn = {
        entry,
        key,
        shown: shown.map((bands) => pictured(bands, this.#table, this.#top, this.#signed)),
        part,
        rows,
        k,
      };
    }
    const { bands } = this.#drawn.shown[0];
    this.report.waits = waits;
    setText(this.rowsBox, rangeWords(bands, this.store.info?.n ?? rows, waits));
    this.report.rows = [bands.first, bands.last, bands.rows, bands.height];
    return this.#drawn;
  }

  /** Waits for the rows of all points. */
  async complete() {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      this.paint();
      if (!this.report.waits) return;
      await pause(TRY);
    }
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
    this.say(missing ? this.whyNothing(tr("No {name}", { name: tr(this.#named[missing].title) })) : "");
    if (!entry || missing) {
      setText(this.rowsBox, "");
      this.#drawn = null;
      this.report.n = 0;
      return false;
    }
    const { context, left, top, width, height, dpr } = area;
    const { shown, part } = this.#look(entry, values, k, Math.round(height * dpr));
    /** Where a row of so many begins. @param {number} row @param {number} rows */
    const place = (row, rows) => top + ((row / rows - part.from) / (part.to - part.from)) * height;
    context.imageSmoothingEnabled = false;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    for (const { bands, picture } of shown) {
      const [y0, y1] = [place(bands.first, bands.rows), place(bands.last, bands.rows)];
      context.drawImage(picture, left, y0, (width * k) / most, y1 - y0);
    }
    context.restore();
    const { bands } = shown[shown.length - 1];
    paintColumns(this, area, most);
    paintGroups(this, area, bands, place);
    paintMarked(this, area, bands, place);
    this.report.n = bands.rows;
    return false;
  }

  destroy() {
    this.#ofAll.stop();
    super.destroy();
  }
}
