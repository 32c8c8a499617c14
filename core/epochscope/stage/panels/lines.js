/** Curves over epochs: native Plotly traces, with the cursor, phases and parameter changes painted underneath. */
import { PlotPanel } from "../base/plot_panel.js";
import { alpha } from "../base/theme.js";
import { Seldom } from "../runtime/throttle.js";
import { paintLevels, paintMarks, paintPhases } from "./annotations.js";
import { CurveKey, pretty } from "./curve_legend.js";

const FULL = 0.9; // of the axis of a live run: time for a longer one
const DASHES = ["solid", "dash", "dot", "dashdot"];

export class LinesPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.seldom = new Seldom(this, () => this.#redraw());
    this.version = -1;
    this.given = 0; // epochs that Plotly has; the canvas goes on from there
    this.names = "";
    this.off = new Set(); // curves that somebody has hidden
    this.key = new CurveKey(this);
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

  get config() {
    return {
      ...super.config,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"],
    };
  }

  legend() {
    const names = this.#curves();
    return {
      key:
        names.length > 1 || this.spec.single
          ? names.map((name, i) => [pretty(name), this.color(i)]).filter((_, i) => !this.off.has(names[i]))
          : [],
    };
  }

  layout() {
    const layout = super.layout();
    layout.showlegend = false; // the key above takes less room
    layout.margin.t = 24 + this.key.dress(this.#curves());
    this.reach = this.store.live ? this.#room() : null;
    if (this.reach) Object.assign(layout.xaxis, { range: [0, this.reach], autorange: false });
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

  /** Names of the curves. */
  #curves() {
    const { store, spec } = this;
    if (spec.table === "sizes") {
      const k = store.info?.k ?? store.epochs.find((e) => e.sizes)?.sizes.length ?? 0;
      return Array.from({ length: k }, (_, c) => `${c}`);
    }
    if (spec.table === "label change") return ["changed"];
    if (spec.single) return this.key.chosen(store);
    return (
      spec.names ??
      [...new Set(store.epochs.flatMap((e) => Object.keys(e[spec.table] ?? {})))].filter(
        (n) => n !== "changed" && n !== "label change",
      )
    );
  }

  /** The number behind a curve at an epoch, or null. */
  #value(name, epoch) {
    const { table } = this.spec;
    const value = table === "label change" ? this.store.changed(epoch) : epoch[table]?.[name];
    return Number.isFinite(value) ? value : null;
  }

  traces() {
    const own = this.data.figure?.data ?? [];
    const { store } = this;
    const x = store.epochs.map((e) => e.epoch);
    const rate = this.spec.table === "label change";
    return this.#curves().map((name, i) => ({
      type: "scatter",
      mode: x.length > 1 ? "lines" : "markers",
      name: pretty(name),
      hovertemplate: rate ? "%{y:.2%}<extra>%{fullData.name}</extra>" : "%{y:.4~g}<extra>%{fullData.name}</extra>",
      ...own[i],
      uid: name.replace(/\W/g, (sign) => `_${sign.codePointAt(0)}`), // Plotly makes a CSS class of it
      visible: !this.off.has(name),
      x,
      y: store.epochs.map((e) => this.#value(name, e)),
      connectgaps: false,
      line: {
        width: 2,
        color: this.color(i),
        dash: DASHES[Math.floor(i / this.theme.palette.length) % DASHES.length],
        ...own[i]?.line,
      },
    }));
  }

  started() {
    this.onClick((at) => {
      const { xaxis } = this.gd._fullLayout;
      const wanted = xaxis.p2d(at.px);
      const { numbers } = this.store;
      if (!numbers.length) return;
      this.store.cursor.seek(numbers.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best)));
    });
  }

  /** The curves beyond what Plotly has; says whether they still are the same ones and fit into the plot. */
  #tail(area, series, names) {
    const { context, top, height, xaxis, yaxis } = area;
    if (names.join() !== this.names) return false;
    const news = this.store.epochs.slice(Math.max(0, this.given - 1));
    const zoomed = xaxis.range[1] !== this.reach;
    const last = news.at(-1).epoch;
    let fits = zoomed || last <= FULL * this.reach || (this.reach === this.store.planned && last <= this.reach);
    names.forEach((name, i) => {
      if (series[i]?.visible !== true) return;
      const { color, width, dash } = series[i].line ?? { color: this.color(i), width: 2 }; // none while it is one dot, or being redrawn
      context.beginPath();
      context.strokeStyle = color;
      context.lineWidth = width;
      context.setLineDash({ dash: [9, 9], dot: [3, 3], dashdot: [9, 4, 3, 4] }[dash] ?? []);
      let pen = false;
      for (const entry of news) {
        const value = this.#value(name, entry);
        const y = top + yaxis.d2p(value);
        if (value !== null)
          pen ? context.lineTo(this.#x(area, entry.epoch), y) : context.moveTo(this.#x(area, entry.epoch), y);
        pen = value !== null;
        fits &&= zoomed || !pen || (y > top - 3 && y < top + height + 3);
      }
      context.stroke();
    });
    context.setLineDash([]);
    return fits;
  }

  /** Gives Plotly the new numbers: seldom while the canvas can show them, and never more than a tenth of the time. */
  #refresh(fits) {
    const { store, seldom } = this;
    if (this.ready && this.version !== store.version)
      seldom.draw(fits && store.live ? 3000 : Math.max(250, 10 * seldom.cost));
  }

  #redraw() {
    const { store } = this;
    this.version = store.version;
    const traces = this.traces();
    this.given = store.epochs.length;
    this.names = this.#curves().join();
    return this.Plotly.react(this.gd, traces, this.layout(), this.config);
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    const { store } = this;
    const series = this.gd._fullData ?? [];
    const empty = !series.some((trace) => trace.y?.some?.((y) => y !== null));
    const waiting = this.version !== store.version;
    this.say(
      !empty || waiting || store.message.text
        ? ""
        : store.epochs.length
          ? "Nothing recorded yet."
          : "Waiting for the first epoch ...",
    );
    const { context, left, top, width, height } = area;
    context.save();
    context.beginPath();
    context.rect(left - 1, top - 1, width + 2, height + 2);
    context.clip();
    this.report.marks = paintMarks(this, area, paintPhases(this, area));
    paintLevels(this, area);
    const names = this.#curves();
    const fits = this.given < store.epochs.length ? this.#tail(area, series, names) : true;
    this.#cursor(area, series, names);
    context.restore();
    this.#refresh(fits);
    this.report.n = store.epochs.length;
    return false;
  }

  #x(area, epoch) {
    return area.left + area.xaxis.d2p(epoch);
  }

  changed(what) {
    if (what !== "view" || !this.ready || !this.spec.single || this.store.measure === this.measure) return;
    this.measure = this.store.measure;
    this.redress();
  }

  #cursor(area, series, names) {
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
      if (y === null) continue;
      context.beginPath();
      context.arc(x, top + yaxis.d2p(y), 4, 0, 2 * Math.PI);
      context.fillStyle = trace.line?.color ?? this.theme.text;
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = this.theme.background;
      context.stroke();
    }
  }

  destroy() {
    this.seldom.stop();
    super.destroy();
  }
}
