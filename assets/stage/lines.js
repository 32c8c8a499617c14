/** Curves over epochs: native Plotly traces, with the cursor, phases and parameter changes painted underneath. */
import { PlotPanel } from "./plot.js";
import { alpha } from "./theme.js";

const NICE = { acc: "ACC", nmi: "NMI", ari: "ARI", kl: "KL", "gamma kl": "γ KL", changed: "changed labels" };
/** Symbols of parameters whose names are Greek letters. */
const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", lambda: "λ", mu: "μ", nu: "ν", sigma: "σ", tau: "τ", temperature: "τ" };
const pretty = (name) => NICE[name] ?? name.replaceAll("_", " ");
const number = (x) => (typeof x === "number" ? String(Number(x.toPrecision(3))) : String(x));
const FULL = 0.9; // of the axis of a live run: time for a longer one
const DASHES = ["solid", "dash", "dot", "dashdot"];

/** "γ 0.1 → 0.5" */
export const markText = (mark) => `${mark.symbol ?? GREEK[mark.name] ?? mark.name} ${number(mark.old)} → ${number(mark.new)}`;

export class LinesPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.cost = 20;
    this.last = 0;
    this.version = -1;
    this.given = 0; // epochs that Plotly has; the canvas goes on from there
    this.names = "";
  }

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 30, b: 34 },
      hovermode: "x unified",
      dragmode: "zoom",
      xaxis: { title: { text: "epoch", standoff: 6 }, zeroline: false, showgrid: false, rangemode: "tozero" },
      yaxis: { zeroline: false, automargin: true },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      showlegend: true,
    };
  }

  get config() {
    return { ...super.config, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"] };
  }

  layout() {
    const layout = super.layout();
    if (layout.legend.y < 0) Object.assign(layout.legend, { y: 1.02, yanchor: "bottom" });
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
    return spec.names ?? [...new Set(store.epochs.flatMap((e) => Object.keys(e[spec.table] ?? {})))].filter((n) => n !== "changed" && n !== "label change");
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
      uid: name,
      x,
      y: store.epochs.map((e) => this.#value(name, e)),
      connectgaps: false,
      line: { width: 2, color: this.color(i), dash: DASHES[Math.floor(i / this.theme.palette.length) % DASHES.length], ...own[i]?.line },
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
      const { color, width, dash } = series[i].line;
      context.beginPath();
      context.strokeStyle = color;
      context.lineWidth = width;
      context.setLineDash({ dash: [9, 9], dot: [3, 3], dashdot: [9, 4, 3, 4] }[dash] ?? []);
      let pen = false;
      for (const entry of news) {
        const value = this.#value(name, entry);
        const y = top + yaxis.d2p(value);
        if (value !== null) pen ? context.lineTo(this.#x(area, entry.epoch), y) : context.moveTo(this.#x(area, entry.epoch), y);
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
    const { store } = this;
    if (!this.ready || this.version === store.version || this.refreshing) return;
    const wait = this.last + (fits && store.live ? 3000 : Math.max(250, 10 * this.cost)) - performance.now();
    if (wait > 0) {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.schedule();
      }, wait);
      return;
    }
    this.refreshing = true;
    this.version = store.version;
    const start = performance.now();
    const traces = this.traces();
    this.given = store.epochs.length;
    this.names = this.#curves().join();
    this.Plotly.react(this.gd, traces, this.layout(), this.config)
      .catch((error) => console.error("epochscope curves:", error))
      .finally(() => {
        this.last = performance.now();
        this.cost = 0.5 * this.cost + 0.5 * (this.last - start);
        this.refreshing = false;
        this.schedule();
      });
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    const { store } = this;
    const series = this.gd._fullData ?? [];
    const empty = !series.some((trace) => trace.y?.some?.((y) => y !== null));
    const waiting = this.version !== store.version;
    this.say(!empty || waiting || store.message.text ? "" : store.epochs.length ? "Nothing recorded yet." : "Waiting for the first epoch ...");
    const { context, left, top, width, height } = area;
    context.save();
    context.beginPath();
    context.rect(left - 1, top - 1, width + 2, height + 2);
    context.clip();
    this.#phases(area);
    this.#levels(area);
    this.#marks(area);
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

  #phases(area) {
    const { context, top, height, left, width } = area;
    const { epochs } = this.store;
    const starts = epochs.filter((e, i) => i === 0 || e.phase !== epochs[i - 1].phase);
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.font = `10.5px ${this.theme.font}`;
    starts.forEach((entry, i) => {
      const next = starts[i + 1]?.epoch ?? epochs.at(-1).epoch;
      const x = i ? this.#x(area, entry.epoch) - 0.5 * (this.#x(area, 1) - this.#x(area, 0)) : this.#x(area, entry.epoch);
      if (i) {
        context.fillStyle = this.theme.border;
        context.fillRect(Math.round(x), top, 1, height);
      }
      const start = Math.max(x, left) + 4;
      const room = Math.min(this.#x(area, next), left + width) - start;
      if (starts.length < 2 || context.measureText(entry.phase).width > room) return;
      context.fillStyle = this.theme.faint;
      context.fillText(entry.phase, start, top + height - 5);
    });
  }

  #levels({ context, left, width, top, height, yaxis }) {
    const { info } = this.store;
    const names = this.spec.names ?? ["acc"];
    const levels = [];
    if (this.spec.table === "scores" && names.includes("acc") && Number.isFinite(info?.one_cluster)) levels.push([info.one_cluster, "all in one cluster"]);
    if (this.spec.table === "label change" && Number.isFinite(info?.tol)) levels.push([info.tol, `stops below ${number(100 * info.tol)}%`]);
    if (this.spec.table === "sizes" && info?.n && info?.k) levels.push([info.n / info.k, "equal sizes"]);
    for (const [value, label] of levels) {
      const y = Math.round(top + yaxis.d2p(value)) + 0.5;
      if (!(y > top - 2 && y < top + height + 2)) continue;
      context.strokeStyle = this.theme.faint;
      context.lineWidth = 1;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.stroke();
      context.setLineDash([]);
      context.fillStyle = this.theme.faint;
      context.textAlign = "right";
      context.fillText(label, left + width - 4, y - 4 < top + 8 ? y + 12 : y - 4);
    }
  }

  #marks(area) {
    const { context, top, height, left, width } = area;
    const shown = [];
    const ends = []; // where each row of labels ends, so that labels do not run into each other
    context.font = `600 10.5px ${this.theme.font}`;
    for (const mark of this.store.marks) {
      const x = Math.round(this.#x(area, mark.epoch)) + 0.5;
      if (!(x >= left - 1 && x <= left + width + 1)) continue;
      const text = markText(mark);
      const size = context.measureText(text).width;
      const start = x + 5 + size > left + width ? x - 5 - size : x + 5;
      let row = ends.findIndex((end) => end < start);
      if (row < 0) row = ends.length;
      ends[row] = start + size + 8;
      context.strokeStyle = alpha(this.theme.text, 0.75);
      context.lineWidth = 1;
      context.setLineDash([5, 3]);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
      context.setLineDash([]);
      context.textAlign = "left";
      context.textBaseline = "alphabetic";
      context.fillStyle = this.theme.text;
      context.fillText(text, start, top + 11 + row * 13);
      shown.push(text);
    }
    this.report.marks = shown;
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
    clearTimeout(this.later);
    super.destroy();
  }
}
