/** One number of several runs over epochs or over seconds of training: a curve for each run, a band over seeds. */

import { PlotPanel } from "../base/plot_panel.js";
import { tr } from "../data/language.js";
import { nearestTo } from "../data/numbers.js";
import { curvesSentence, curvesTable } from "../data/sentences.js";
import { alpha } from "../render/color.js";
import { clockTitle } from "../runtime/cursor.js";
import { storeOf } from "../runtime/store.js";
import { Throttle } from "../runtime/throttle.js";
import { CurveLegend, DASHES } from "./curve_legend.js";
import { drawDot } from "./lines.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */

/**
 * @typedef {object} ComparedRun
 * @property {string} id
 * @property {string} name
 * @property {number} [start]  the epoch from which it is drawn: before, it is the same as another one
 * @property {{x: number[], low: number[], median: number[], high: number[]}} [band]  over the seeds that it stands for
 */

/** What is said of a point of a curve. @param {string} name */
const hover = (name) => `%{y:.4~g}<extra>${name.replace(/[<&]/g, " ")}</extra>`;
const PAUSE = 1000; // ms between two redraws while runs go on

export class ComparePanel extends PlotPanel {
  curveLegend = new CurveLegend(this);
  /** @type {ComparedRun[]} */
  runs = this.spec.runs;
  stores = this.runs.map(({ id }) => storeOf(this.data.base ?? "", id, this.data.cursor ?? {}));
  throttle = new Throttle(
    () => {
      this.#state = this.#stateNow();
      return this.redraw();
    },
    () => this.schedule(),
  );
  #state = "";
  /** @type {(() => void)[]} */
  #leaves = [];

  start() {
    this.store.cursor.count(this.spec.clock);
    const others = this.stores.filter((store) => store !== this.store);
    this.#leaves = others.map((store) => store.subscribe((event) => this.handleEvent(event)));
    super.start();
  }

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 30, b: 34 },
      hovermode: "x unified",
      dragmode: "zoom",
      xaxis: { title: { standoff: 6 }, zeroline: false, showgrid: false, rangemode: "tozero" },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  /** @returns {Record<string, any>} */
  get config() {
    const removed = ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"];
    return { ...super.config, modeBarButtonsToRemove: removed };
  }

  legend() {
    /** @type {[string, string][]} */
    const groups = this.runs.map(({ name }, i) => [name, this.lineColor(i)]);
    return { groups: groups.filter(([name]) => !this.curveLegend.hidden.has(name)), runs: "" };
  }

  layout() {
    const layout = super.layout();
    const { label, clock } = this.spec;
    layout.showlegend = false;
    layout.margin.t = 24 + this.curveLegend.refresh(this.runs.map(({ name }) => name));
    layout.xaxis.title = { ...layout.xaxis.title, text: clockTitle(clock) };
    layout.yaxis.title = { ...layout.yaxis.title, text: label };
    layout.title = { ...layout.title, text: tr("{name}, run by run", { name: label }) };
    return layout;
  }

  /** @param {Epoch} entry */
  #value(entry) {
    const value = entry.numbers(this.spec.table)[this.spec.value];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  /** @returns {any[]} */
  traces() {
    return this.runs.flatMap((run, i) => this.#tracesOf(run, i));
  }

  /** @param {ComparedRun} run @param {number} i @returns {object[]} */
  #tracesOf({ name, band, start = 0 }, i) {
    const visible = !this.curveLegend.hidden.has(name);
    const color = this.lineColor(i);
    const line = { width: 2, color, dash: DASHES[i % DASHES.length] };
    const common = { type: "scatter", mode: "lines", visible, connectgaps: false };
    if (!band) {
      const store = this.stores[i];
      const y = store.unbroken.map((entry) => (entry.epoch < start ? null : this.#value(entry)));
      return [{ ...common, name, x: store.places.slice(0, y.length), y, line, hovertemplate: hover(name) }];
    }
    const edge = { ...common, x: band.x, line: { width: 0, color }, hoverinfo: "skip" };
    return [
      { ...edge, y: band.low },
      { ...edge, y: band.high, fill: "tonexty", fillcolor: alpha(color, 0.22) },
      { ...common, name, x: band.x, y: band.median, line, hovertemplate: hover(tr("{name}: median", { name })) },
    ];
  }

  get figureTitle() {
    return tr("{name} of the runs", { name: this.spec.label });
  }

  /** @returns {import("../data/sentences.js").Curve[]} */
  get #told() {
    return this.runs.flatMap(({ name, band, start = 0 }, i) => {
      if (this.curveLegend.hidden.has(name)) return [];
      if (band) return [{ name: tr("{name} (median over seeds)", { name }), x: band.x, y: band.median }];
      const { unbroken, places } = this.stores[i];
      const y = unbroken.map((entry) => (entry.epoch < start ? null : this.#value(entry)));
      return [{ name, x: places.slice(0, y.length), y }];
    });
  }

  describe() {
    const unit = this.spec.clock === "seconds" ? "second" : "epoch";
    return curvesSentence({ title: this.figureTitle, epoch: this.store.cursor.epoch, unit, curves: this.#told });
  }

  get hasTable() {
    return true;
  }

  tabulate() {
    return curvesTable(this.#told, clockTitle(this.spec.clock));
  }

  started() {
    this.onClick((at) => {
      const { cursor } = this.store;
      if (cursor.epochs.length) cursor.seek(nearestTo(cursor.epochs, this.gd._fullLayout.xaxis.p2d(at.px)));
    });
  }

  /** Differs as soon as a run has something new. */
  #stateNow() {
    return this.stores.map((store) => store.version).join();
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    const news = this.#stateNow() !== this.#state;
    if (news) this.throttle.request(PAUSE); // Plotly gets the curves again
    const { cursor, message } = this.store;
    const series = this.gd._fullData ?? [];
    const shown = series.some((trace) => trace.y?.some?.((/** @type {unknown} */ y) => y !== null));
    const waiting = news || this.throttle.busy || message.text;
    this.say(shown || waiting ? "" : tr("No run here has recorded this."));
    const n = this.stores.reduce((sum, store) => sum + store.epochs.length, 0);
    Object.assign(this.report, { epoch: cursor.epoch, n });
    if (cursor.epoch !== null) this.#paintCursor(area, cursor.epoch);
    return false;
  }

  /** @param {Area} area @param {number} epoch */
  #paintCursor({ context, left, top, width, height, xaxis, yaxis }, epoch) {
    const x = left + xaxis.d2p(epoch);
    if (!(x >= left - 2 && x <= left + width + 2)) return;
    context.fillStyle = alpha(this.theme.primary, 0.9);
    context.fillRect(x - 0.75, top, 1.5, height);
    for (const [i, { name, band, start = 0 }] of this.runs.entries()) {
      const store = this.stores[i];
      const entry = store.current;
      const value = entry && !band && !this.curveLegend.hidden.has(name) ? this.#value(entry) : null;
      if (!entry || value === null || entry.epoch < start) continue;
      const place = left + xaxis.d2p(store.places[store.epochs.indexOf(entry)]);
      drawDot(context, place, top + yaxis.d2p(value), this.lineColor(i), this.theme.background);
    }
  }

  destroy() {
    this.throttle.stop();
    for (const leave of this.#leaves) leave();
    super.destroy();
  }
}
