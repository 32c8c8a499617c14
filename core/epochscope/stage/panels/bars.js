/** Bars at the cursor's epoch: sizes and weights of clusters, or how many points have which entropy. */
import { count, percent } from "../base/format.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { Tooltip } from "../base/tooltip.js";
import { entryOf } from "../data/errors.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Line } from "../base/tooltip.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent } from "../runtime/store.js" */

/**
 * @typedef {object} BarKind
 * @property {(entry: Epoch) => number[] | null} of  the numbers
 * @property {(value: number, all: number) => Line[]} words  one of them, and the sum of all
 * @property {(n: number, k: number) => [level: number, label: string]} [even]  if all bars were alike
 * @property {boolean} [bins]  of entropies from 0 to ln k; else one bar for each cluster
 */

/** @param {number} value @param {number} all @returns {Line[]} */
const shareOfPoints = (value, all) => [
  ["points", count(value)],
  ["share", percent(value / all)],
];

/** What bars can show. @type {Record<string, BarKind>} */
const VALUES = {
  sizes: {
    of: (entry) => entry.sizes,
    words: shareOfPoints,
    even: (n, k) => [n / k, `equal sizes (${count(Math.round(n / k))})`],
  },
  mixing: {
    of: (entry) => entry.mixing,
    words: (value) => [["weight", value.toFixed(4)]],
    even: (_, k) => [1 / k, `equal weights (${(1 / k).toPrecision(2)})`],
  },
  entropy: { of: (entry) => entry.entropy, words: shareOfPoints, bins: true },
};
const LONGEST = 400; // ms that bars take to grow

export class BarsPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  kind = entryOf(VALUES, this.spec.value, "value of bars");
  #most = 0; // top of the axis
  #version = -1; // of the store, as the axis knows it
  /** @type {{values: number[], from: number[], now: number[], start: number, length: number} | null} */
  #shown = null;

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 14, b: 36 },
      dragmode: false,
      xaxis: { ticks: "", showgrid: false, zeroline: false },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  traces() {
    return [{ ...NOTHING, showlegend: false }];
  }

  /** Where the axis of bins ends: ln k, all clusters alike. */
  get #end() {
    return Math.log(Math.max(2, this.store.info?.k ?? 10));
  }

  layout() {
    const layout = super.layout();
    const k = this.store.info?.k ?? 10;
    const end = this.#end;
    const binned = {
      range: [0, 1.001 * end],
      tickvals: [0, end / 2, end],
      ticktext: ["0: sure", (end / 2).toFixed(2), `${end.toFixed(2)} = ln k`],
    };
    const clusters = { range: [-0.6, k - 0.4], tick0: 0, dtick: Math.ceil(k / 20) };
    Object.assign(layout.xaxis, { autorange: false, fixedrange: true, ...(this.kind.bins ? binned : clusters) });
    Object.assign(layout.yaxis, { range: [0, this.#most || 1], autorange: false, fixedrange: true, nticks: 5 });
    if (this.kind.bins) layout.margin.r = Math.max(24, layout.margin.r ?? 0); // half of the last tick's text
    return layout;
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#hover(this.pointer(event)));
    this.gd.addEventListener("pointerleave", () => this.tooltip.hide());
  }

  /** @param {Place | null} at */
  #hover(at) {
    const { current } = this.store;
    const values = current && this.kind.of(current);
    if (!at || !values) return this.tooltip.hide();
    const x = this.gd._fullLayout.xaxis.p2d(at.px);
    const width = this.#end / values.length;
    const i = this.kind.bins ? Math.floor(x / width) : Math.round(x);
    if (!(i >= 0 && i < values.length)) return this.tooltip.hide();
    const all = values.reduce((a, b) => a + b, 0);
    /** @type {Line} */
    const title = this.kind.bins
      ? ["", `entropy ${(i * width).toFixed(2)} to ${((i + 1) * width).toFixed(2)}`]
      : ["", `cluster ${i}`, this.color(i)];
    this.tooltip.show(at.x, at.y, [title, ...this.kind.words(values[i], all)]);
  }

  /** @param {StageEvent} event */
  changed(event) {
    if (event === "info" && this.ready) this.redraw();
  }

  /** If all bars were alike; null where that means nothing. */
  get #even() {
    const { info } = this.store;
    return info?.n && info.k && this.kind.even ? this.kind.even(info.n, info.k) : null;
  }

  /** The top of the axis: the largest bar of the whole run, so that bars can be compared over epochs. */
  #scale() {
    const values = this.store.epochs.flatMap((entry) => this.kind.of(entry) ?? []);
    const most = 1.06 * values.reduce((a, b) => Math.max(a, b), 1.6 * (this.#even?.[0] ?? 0));
    if (most <= this.#most && most >= this.#most * 0.6) return;
    this.#most = most;
    this.Plotly.relayout(this.gd, { "yaxis.range": [0, most] });
  }

  /** @param {number} now */
  paint(now) {
    const area = this.surface();
    if (!area) return false;
    const { current, version, cursor } = this.store;
    const values = current && this.kind.of(current);
    this.report.epoch = current?.epoch ?? null;
    this.report.n = values?.length ?? 0;
    this.say(values ? "" : this.whyNothing("No clusters"));
    if (!values) {
      this.#shown = null;
      return false;
    }
    if (this.#version !== version) this.#scale();
    this.#version = version;
    const before = this.#shown;
    let shown = before;
    if (shown?.values !== values) {
      const from = before?.now.length === values.length && !this.theme.still ? before.now : values;
      shown = { values, from, now: from, start: now, length: Math.min(LONGEST, cursor.gap) };
      this.#shown = shown;
    }
    const { from, start, length } = shown;
    const t = Math.min(1, Math.max(0, (now - start) / length));
    shown.now = t < 1 ? values.map((value, i) => from[i] + (value - from[i]) * t) : values;
    this.#paintBars(area, shown.now);
    this.#paintEven(area);
    return t < 1 && from !== values;
  }

  /** @param {Area} area @param {number[]} values */
  #paintBars({ context, left, top, height, xaxis, yaxis }, values) {
    const base = top + height;
    const { bins } = this.kind;
    const unit = bins ? this.#end / values.length : 1;
    const wide = Math.max(1, (xaxis.d2p(unit) - xaxis.d2p(0)) * (bins ? 0.92 : 0.72));
    const corner = Math.min(3, wide / 4);
    for (const [i, value] of values.entries()) {
      const y = top + yaxis.d2p(value);
      const least = bins && !value ? 0 : 1; // a cluster without points still has its place
      const x = left + xaxis.d2p(bins ? (i + 0.5) * unit : i) - wide / 2;
      context.fillStyle = bins ? this.theme.primary : this.color(i);
      context.beginPath();
      context.roundRect(x, Math.min(y, base - least), wide, Math.max(least, base - y), [corner, corner, 0, 0]);
      context.fill();
    }
  }

  /** @param {Area} area */
  #paintEven({ context, left, top, width, yaxis }) {
    const even = this.#even;
    if (!even) return;
    const [level, label] = even;
    const y = Math.round(top + yaxis.d2p(level)) + 0.5;
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.setLineDash([]);
    context.font = `10.5px ${this.theme.font}`;
    context.textAlign = "right";
    context.fillStyle = this.theme.faint;
    context.fillText(label, left + width - 2, top + 9);
  }
}
