/** One number of several runs over epochs or over seconds of training: a curve a run, a band where seeds are taken together. */

import { PlotPanel } from "../base/plot_panel.js";
import { alpha } from "../base/theme.js";
import { storeOf } from "../runtime/store.js";
import { Seldom } from "../runtime/throttle.js";
import { CurveKey } from "./curve_legend.js";

const DASHES = ["solid", "dash", "dot", "dashdot"]; // beside the colours: a projector has few of them
const PAUSE = 1000; // ms between two redraws while runs go on

export class ComparePanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.off = new Set();
    this.key = new CurveKey(this);
    this.stores = this.spec.runs.map(({ id }) => storeOf(data.base ?? "", id, data.cursor ?? {}));
    this.leaves = this.stores
      .filter((store) => store !== this.store)
      .map((store) => store.join((what) => this.hear(what)));
    this.store.cursor.count(this.spec.clock);
    this.seldom = new Seldom(this, () => {
      this.state = this.#state();
      return this.redress();
    });
  }

  get defaults() {
    const text = this.spec.clock === "seconds" ? "seconds of training" : "epoch";
    return {
      margin: { l: 44, r: 8, t: 30, b: 34 },
      hovermode: "x unified",
      dragmode: "zoom",
      xaxis: { title: { text, standoff: 6 }, zeroline: false, showgrid: false, rangemode: "tozero" },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  get config() {
    return {
      ...super.config,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"],
    };
  }

  get names() {
    return this.spec.runs.map(({ name }) => name);
  }

  legend() {
    return {
      key: this.names.map((name, i) => [name, this.color(i)]).filter(([name]) => !this.off.has(name)),
      runs: "",
    };
  }

  layout() {
    const layout = super.layout();
    layout.showlegend = false;
    layout.margin.t = 24 + this.key.dress(this.names);
    layout.xaxis.title = { ...layout.xaxis.title, text: this.defaults.xaxis.title.text };
    layout.yaxis.title = { ...layout.yaxis.title, text: this.spec.label };
    layout.title = { ...layout.title, text: `${this.spec.label} of the runs` };
    return layout;
  }

  #value(entry) {
    const value = entry[this.spec.table]?.[this.spec.value];
    return Number.isFinite(value) ? value : null;
  }

  traces() {
    const hover = (name) => `%{y:.4~g}<extra>${name.replace(/[<&]/g, " ")}</extra>`;
    return this.spec.runs.flatMap(({ name, band }, i) => {
      const visible = !this.off.has(name);
      const color = this.color(i);
      const line = { width: 2, color, dash: DASHES[i % DASHES.length] };
      const common = { type: "scatter", mode: "lines", visible, connectgaps: false };
      if (!band) {
        const store = this.stores[i];
        const y = store.epochs.map((entry) => this.#value(entry));
        return [{ ...common, name, x: [...store.places], y, line, hovertemplate: hover(name) }];
      }
      const edge = { ...common, x: band.x, line: { width: 0, color }, hoverinfo: "skip" };
      return [
        { ...edge, y: band.low },
        { ...edge, y: band.high, fill: "tonexty", fillcolor: alpha(color, 0.22) },
        { ...common, name, x: band.x, y: band.median, line, hovertemplate: hover(`${name}: median`) },
      ];
    });
  }

  started() {
    this.onClick((at) => {
      const { cursor } = this.store;
      const wanted = this.gd._fullLayout.xaxis.p2d(at.px);
      if (cursor.epochs.length)
        cursor.seek(cursor.epochs.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best)));
    });
  }

  /** Plotly gets the curves again, at most once in a while. */
  #refresh() {
    if (this.#state() !== this.state) this.seldom.draw(PAUSE);
  }

  #state() {
    return this.stores.map((store) => store.version).join();
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    this.#refresh();
    const { context, left, top, width, height, xaxis, yaxis } = area;
    const { cursor } = this.store;
    const shown = (this.gd._fullData ?? []).some((trace) => trace.y?.some?.((y) => y !== null));
    this.say(shown || this.store.message.text ? "" : "No run here has recorded this.");
    Object.assign(this.report, {
      epoch: cursor.epoch,
      n: this.stores.reduce((sum, store) => sum + store.epochs.length, 0),
    });
    if (cursor.epoch === null) return false;
    const x = left + xaxis.d2p(cursor.epoch);
    if (!(x >= left - 2 && x <= left + width + 2)) return false;
    context.fillStyle = alpha(this.theme.primary, 0.9);
    context.fillRect(x - 0.75, top, 1.5, height);
    this.spec.runs.forEach(({ name, band }, i) => {
      const store = this.stores[i];
      const entry = store.current;
      const y = entry && !band && !this.off.has(name) ? this.#value(entry) : null;
      if (y === null) return;
      context.beginPath();
      context.arc(left + xaxis.d2p(store.places[store.epochs.indexOf(entry)]), top + yaxis.d2p(y), 4, 0, 2 * Math.PI);
      context.fillStyle = this.color(i);
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = this.theme.background;
      context.stroke();
    });
    return false;
  }

  destroy() {
    this.seldom.stop();
    for (const leave of this.leaves) leave();
    super.destroy();
  }
}
