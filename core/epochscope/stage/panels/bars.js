/**
 * Bars at the cursor's epoch: one of each cluster, or a histogram. Python's figure says what they show: `value`, a list of
 * numbers of an epoch; `bins`, what is binned, if they are no clusters (its x axis is the range of the bins); `level`, a
 * level to compare with.
 */

import { count, percent } from "../base/format.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { columnTicks } from "../base/room.js";
import { saveButtons } from "../base/save_picture.js";
import { Tooltip } from "../base/tooltip.js";
import { listNamed } from "../data/declared.js";
import { tr } from "../data/language.js";
import { barsSentence, barsTable } from "../data/sentences.js";
import { levelOf } from "./levels.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Line } from "../base/tooltip.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { StageEvent } from "../runtime/store.js" */

const LONGEST = 400; // ms that bars take to grow

export class BarsPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  #most = 0; // top of the axis
  #clusters = 0; // bars for which the x axis has room, where their number may grow
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

  /** @param {Epoch | null} entry */
  #values(entry) {
    return entry?.list(this.spec.value) ?? null;
  }

  /** Where the bars stand: the first one and the width of each, on the x axis. @param {number} n  bars */
  #placed(n) {
    if (!this.spec.bins) return { first: -0.5, width: 1 };
    const [low, high] = this.figure.layout.xaxis.range;
    return { first: low, width: (high - low) / n };
  }

  layout() {
    const layout = super.layout();
    Object.assign(layout.xaxis, { autorange: false, fixedrange: true });
    if (this.#clusters) Object.assign(layout.xaxis, this.#across());
    Object.assign(layout.yaxis, { range: [0, this.#most || 1], autorange: false, fixedrange: true, nticks: 5 });
    return layout;
  }

  /** The x axis of clusters: those that have room for their number have one. */
  #across() {
    return { range: [-0.5, this.#clusters - 0.5], ...columnTicks(this.#clusters, this.root.clientWidth) };
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#hover(this.pointer(event)));
    this.gd.addEventListener("pointerleave", () => this.tooltip.hide());
  }

  /** @param {Place | null} at */
  #hover(at) {
    const { current, info } = this.store;
    const values = this.#values(current);
    if (!at || !info || !values) return this.tooltip.hide();
    const { first, width } = this.#placed(values.length);
    const i = Math.floor((this.gd._fullLayout.xaxis.p2d(at.px) - first) / width);
    if (!(i >= 0 && i < values.length)) return this.tooltip.hide();
    const all = values.reduce((a, b) => a + b, 0);
    const [from, to] = [first + i * width, first + (i + 1) * width];
    /** @type {Line} */
    const title = this.spec.bins
      ? ["", tr("{name} {low} to {high}", { name: tr(this.spec.bins), low: from.toFixed(2), high: to.toFixed(2) })]
      : ["", tr("cluster {j}", { j: i }), this.clusterColor(i)];
    const { counts, unit } = info.line_numbers[this.spec.value];
    /** @type {Line[]} */
    const words = counts
      ? [
          [tr(unit), count(values[i])],
          [tr("share"), percent(values[i] / all)],
        ]
      : [[tr(unit), values[i].toFixed(4)]];
    this.tooltip.show(at.x, at.y, [title, ...words]);
  }

  /** @param {StageEvent} event */
  changed(event) {
    const { info } = this.store;
    if (info && (event === "info" || event === "update")) listNamed(info, this.spec.value);
  }

  /** What is binned, in the range of the x axis; null where bars are clusters. */
  get #bins() {
    if (!this.spec.bins) return null;
    const [low, high] = this.figure.layout.xaxis.range;
    return { of: tr(String(this.spec.bins)), low: Number(low), high: Number(high) };
  }

  describe() {
    const { current } = this.store;
    const values = this.#values(current) ?? [];
    return barsSentence({
      title: this.figureTitle,
      epoch: current?.epoch,
      phase: current?.phase,
      values,
      bins: this.#bins,
    });
  }

  get hasTable() {
    return true;
  }

  tabulate() {
    const values = this.#values(this.store.current);
    const unit = this.store.info?.line_numbers[this.spec.value]?.unit ?? "value";
    return values && barsTable(values, unit, this.#bins);
  }

  /** The level to compare with, and its label; null where there is none. */
  get #level() {
    return this.spec.level ? levelOf(this.spec.level, this.store.info) : null;
  }

  /** The top of the axis: the largest bar of the whole run, so that bars can be compared over epochs. */
  #scale() {
    this.#widen();
    const values = this.store.epochs.flatMap((entry) => this.#values(entry) ?? []);
    const most = 1.06 * values.reduce((a, b) => Math.max(a, b), 1.6 * (this.#level?.[0] ?? 0));
    if (most <= this.#most && most >= this.#most * 0.6) return;
    this.#most = most;
    this.Plotly.relayout(this.gd, { "yaxis.range": [0, most] });
  }

  /** Room for as many clusters as a method has found so far. */
  #widen() {
    const { info } = this.store;
    if (this.spec.bins || !info?.finds_k || info.k <= this.#clusters) return;
    this.#clusters = info.k;
    const { range, tickvals, ticktext } = this.#across();
    this.Plotly.relayout(this.gd, { "xaxis.range": range, "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext });
  }

  /** @param {number} now */
  paint(now) {
    const area = this.surface();
    if (!area) return false;
    const { current, version, cursor } = this.store;
    const values = this.#values(current);
    this.report.epoch = current?.epoch ?? null;
    this.report.n = values?.length ?? 0;
    this.say(values ? "" : this.whyNothing(tr("No clusters")));
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
    this.#paintLevel(area);
    return t < 1 && from !== values;
  }

  /** @param {Area} area @param {number[]} values */
  #paintBars({ context, left, top, height, xaxis, yaxis }, values) {
    const base = top + height;
    const { bins } = this.spec;
    const { first, width } = this.#placed(values.length);
    const wide = Math.max(1, (xaxis.d2p(width) - xaxis.d2p(0)) * (bins ? 0.92 : 0.72));
    const corner = Math.min(3, wide / 4);
    for (const [i, value] of values.entries()) {
      const y = top + yaxis.d2p(value);
      const least = bins && !value ? 0 : 1; // a cluster without points still has its place
      const x = left + xaxis.d2p(first + (i + 0.5) * width) - wide / 2;
      context.fillStyle = bins ? this.theme.primary : this.clusterColor(i);
      context.beginPath();
      context.roundRect(x, Math.min(y, base - least), wide, Math.max(least, base - y), [corner, corner, 0, 0]);
      context.fill();
    }
  }

  /** @param {Area} area */
  #paintLevel({ context, left, top, width, yaxis }) {
    const found = this.#level;
    if (!found) return;
    const [level, label] = found;
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
