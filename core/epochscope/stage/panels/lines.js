/** Curves over epochs: native Plotly traces, with the cursor, phases and parameter changes painted underneath. */

import { PlotPanel } from "../base/plot_panel.js";
import { isTable, TABLES } from "../data/epoch.js";
import { nameIn, UnknownValue } from "../data/errors.js";
import { tr } from "../data/language.js";
import { nearestTo } from "../data/numbers.js";
import { curvesSentence, curvesTable } from "../data/sentences.js";
import { alpha } from "../render/color.js";
import { Throttle } from "../runtime/throttle.js";
import { paintLevels, paintParamChanges, paintPhases } from "./annotations.js";
import { CurveLegend, curveTitle, DASHES } from "./curve_legend.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent, Store } from "../runtime/store.js" */

const FULL = 0.9; // of the axis of a live run: time for a longer one
const REST = 3000; // ms between two redraws while the canvas can show what is new
/** @type {Record<string, number[]>}  CSS pixels */
const CANVAS_DASHES = { solid: [], dash: [9, 9], dot: [3, 3], dashdot: [9, 4, 3, 4] };
/** Numbers that the browser works out where a run has none. @type {Record<string, (store: Store, entry: Epoch) => number | null>} */
const DERIVED = { changed: (store, entry) => store.changed(entry) };

export class LinesPanel extends PlotPanel {
  throttle = new Throttle(
    () => this.#redrawCurves(),
    () => this.schedule(),
  );
  curveLegend = new CurveLegend(this);
  #version = -1; // of the store, as Plotly has it
  #drawn = 0; // epochs that Plotly has; the canvas goes on from there
  #names = ""; // of the curves that Plotly has
  /** @type {number | null}  how far the x axis of a live run reaches */
  #reach = null;
  /** @type {string | null} */
  #measure = null;

  start() {
    const { table, derived } = this.spec;
    if (derived !== undefined) nameIn(DERIVED, derived, "derived number");
    else if (!isTable(table)) throw new UnknownValue("table of numbers", table, TABLES);
    super.start();
  }

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 30, b: 34 },
      hovermode: "x unified",
      dragmode: "zoom",
      xaxis: { title: { text: "epoch", standoff: 6 }, zeroline: false, showgrid: false, rangemode: "tozero" },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  /** @returns {Record<string, any>} */
  get config() {
    const removed = ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"];
    return { ...super.config, modeBarButtonsToRemove: removed };
  }

  legend() {
    const names = this.#curves();
    const shown = names.length > 1 || this.spec.single ? names : [];
    /** @type {[string, string][]} */
    const groups = shown.map((name, i) => [curveTitle(name), this.lineColor(i)]);
    return { groups: groups.filter((_, i) => !this.curveLegend.hidden.has(names[i])) };
  }

  layout() {
    const layout = super.layout();
    layout.showlegend = false; // the legend above takes less room
    layout.margin.t = 24 + this.curveLegend.refresh(this.#curves());
    this.#reach = this.store.live ? this.#room() : null;
    if (this.#reach) Object.assign(layout.xaxis, { range: [0, this.#reach], autorange: false });
    const { range } = layout.yaxis;
    if (range) layout.yaxis.range = [Math.min(range[0], this.#lowest()), range[1]];
    return layout;
  }

  /** How far the axis of a live run reaches: on by leaps, the same ones in all panels, but not beyond the planned end. */
  #room() {
    const last = this.store.numbers.at(-1) ?? 0;
    const { planned } = this.store;
    let reach = 10;
    while (FULL * reach <= last) reach = Math.ceil(1.5 * reach);
    return planned >= last ? Math.min(reach, planned) : reach;
  }

  /** The least value of the curves, rounded down: an ARI may be below 0. */
  #lowest() {
    const names = this.#curves();
    let least = Number.POSITIVE_INFINITY;
    for (const entry of this.store.epochs)
      for (const name of names) least = Math.min(least, this.#value(name, entry) ?? least);
    return Math.floor(10 * least) / 10;
  }

  /** Names of the curves. @returns {string[]} */
  #curves() {
    const { store, spec } = this;
    if (spec.derived !== undefined) return [spec.derived];
    if (spec.single) return this.curveLegend.chosen(store);
    if (spec.names) return spec.names;
    const names = new Set(store.epochs.flatMap((entry) => Object.keys(entry.numbers(spec.table))));
    return [...names];
  }

  /** The number behind a curve at an epoch, or null. @param {string} name @param {Epoch} entry */
  #value(name, entry) {
    const { table, derived } = this.spec;
    const value = derived === undefined ? entry.numbers(table)[name] : DERIVED[derived](this.store, entry);
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  traces() {
    const own = this.figure?.data ?? [];
    const { store, theme } = this;
    const epochs = store.unbroken;
    const x = epochs.map((entry) => entry.epoch);
    const format = this.spec.format ?? ".4~g"; // of d3
    return this.#curves().map((name, i) => ({
      type: "scatter",
      mode: x.length > 1 ? "lines" : "markers",
      name: curveTitle(name),
      hovertemplate: `%{y:${format}}<extra>%{fullData.name}</extra>`,
      ...own[i],
      uid: name.replace(/\W/g, (sign) => `_${sign.codePointAt(0)}`), // Plotly makes a CSS class of it
      visible: !this.curveLegend.hidden.has(name),
      x,
      y: epochs.map((entry) => this.#value(name, entry)),
      connectgaps: false,
      line: {
        width: 2,
        color: this.lineColor(i),
        dash: DASHES[Math.floor(i / theme.palette.length) % DASHES.length],
        ...own[i]?.line,
      },
    }));
  }

  /** @returns {import("../data/sentences.js").Curve[]} */
  get #told() {
    const epochs = this.store.unbroken;
    const x = epochs.map(({ epoch }) => epoch);
    const names = this.#curves().filter((name) => !this.curveLegend.hidden.has(name));
    return names.map((name) => ({ name: curveTitle(name), x, y: epochs.map((entry) => this.#value(name, entry)) }));
  }

  describe() {
    return curvesSentence({ title: this.figureTitle, epoch: this.store.current?.epoch, curves: this.#told });
  }

  get hasTable() {
    return true;
  }

  tabulate() {
    return curvesTable(this.#told);
  }

  started() {
    this.onClick((at) => {
      const { numbers, cursor } = this.store;
      if (numbers.length) cursor.seek(nearestTo(numbers, this.gd._fullLayout.xaxis.p2d(at.px)));
    });
  }

  /**
   * The curves beyond what Plotly has; says whether they still are the same ones and fit into the plot.
   * @param {Area} area
   * @param {any[]} series
   * @param {string[]} names
   */
  #paintTail(area, series, names) {
    const { context, top, height, xaxis, yaxis } = area;
    if (names.join() !== this.#names) return false;
    const tail = this.store.unbroken.slice(Math.max(0, this.#drawn - 1));
    const zoomed = xaxis.range[1] !== this.#reach;
    const last = tail[tail.length - 1].epoch;
    const reach = this.#reach ?? 0;
    let fits = zoomed || last <= FULL * reach || (reach === this.store.planned && last <= reach);
    for (const [i, name] of names.entries()) {
      if (series[i]?.visible !== true) continue;
      // no line while it is one dot, or being redrawn
      const { color, width, dash = "solid" } = series[i].line ?? { color: this.lineColor(i), width: 2 };
      context.beginPath();
      context.strokeStyle = color;
      context.lineWidth = width;
      context.setLineDash(CANVAS_DASHES[dash]);
      let drawing = false;
      for (const entry of tail) {
        const value = this.#value(name, entry);
        const [x, y] = [this.#x(area, entry.epoch), top + yaxis.d2p(value)];
        if (value !== null && drawing) context.lineTo(x, y);
        else if (value !== null) context.moveTo(x, y);
        drawing = value !== null;
        fits &&= zoomed || !drawing || (y > top - 3 && y < top + height + 3);
      }
      context.stroke();
    }
    context.setLineDash([]);
    return fits;
  }

  /**
   * Gives Plotly the new numbers: seldom while the canvas can show them, and never more than a tenth of the time.
   * @param {boolean} fits
   */
  #refresh(fits) {
    const { store, throttle } = this;
    if (this.ready && this.#version !== store.version)
      throttle.request(fits && store.live ? REST : Math.max(250, 10 * throttle.cost));
  }

  #redrawCurves() {
    const { store } = this;
    this.#version = store.version;
    const traces = this.traces();
    this.#drawn = store.unbroken.length;
    this.#names = this.#curves().join();
    return this.Plotly.react(this.gd, traces, this.layout(), this.config);
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    const { store } = this;
    const series = this.gd._fullData ?? [];
    const empty = !series.some((trace) => trace.y?.some?.((/** @type {unknown} */ y) => y !== null));
    const waiting = this.#version !== store.version || store.message.text;
    const none = store.epochs.length ? tr("Loading the curves ...") : tr("Waiting for the first epoch ...");
    const why = store.unbroken.length ? tr("Nothing recorded yet.") : none;
    this.say(empty && !waiting ? why : "");
    const { context, left, top, width, height } = area;
    context.save();
    context.beginPath();
    context.rect(left - 1, top - 1, width + 2, height + 2);
    context.clip();
    /** @type {import("./annotations.js").Letters[]} */
    const taken = [];
    this.report.marks = paintParamChanges(this, area, paintPhases(this, area), taken);
    const shown = series.filter((trace) => trace.visible === true && trace.x && trace.y);
    paintLevels(this, area, taken, shown);
    const names = this.#curves();
    const fits = this.#drawn < store.unbroken.length ? this.#paintTail(area, series, names) : true;
    this.#paintCursor(area, series, names);
    context.restore();
    this.#refresh(fits);
    this.report.n = store.epochs.length;
    return false;
  }

  /** @param {Area} area @param {number} epoch @returns {number} */
  #x(area, epoch) {
    return area.left + area.xaxis.d2p(epoch);
  }

  /** @param {StageEvent} event */
  changed(event) {
    if (event !== "view" || !this.ready || !this.spec.single || this.store.measure === this.#measure) return;
    this.#measure = this.store.measure;
    this.redraw();
  }

  /** @param {Area} area @param {any[]} series @param {string[]} names */
  #paintCursor(area, series, names) {
    const { context, top, height, left, width, yaxis } = area;
    const entry = this.store.current;
    this.report.epoch = entry?.epoch ?? null;
    if (!entry) return;
    const x = this.#x(area, entry.epoch);
    this.report.cursor = x;
    if (!(x >= left - 2 && x <= left + width + 2)) return;
    context.fillStyle = alpha(this.theme.primary, 0.9);
    context.fillRect(x - 0.75, top, 1.5, height);
    for (const [i, name] of names.entries()) {
      const trace = series[i];
      const y = trace?.visible === true ? this.#value(name, entry) : null;
      if (y !== null)
        drawDot(context, x, top + yaxis.d2p(y), trace.line?.color ?? this.theme.text, this.theme.background);
    }
  }

  destroy() {
    this.throttle.stop();
    super.destroy();
  }
}

/** A dot on a curve. @type {(context: CanvasRenderingContext2D, x: number, y: number, color: string, edge: string) => void} */
export function drawDot(context, x, y, color, edge) {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = edge;
  context.stroke();
}
