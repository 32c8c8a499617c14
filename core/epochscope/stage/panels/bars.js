/** Bars at the cursor's epoch: sizes and weights of clusters, or how many points have which entropy. */
import { count, percent } from "../base/panel.js";
import { PlotPanel } from "../base/plot_panel.js";
import { saving } from "../base/save_picture.js";
import { Tip } from "../base/tooltip.js";

/** What each value is: its numbers, what one bar is called, the level that all bars would have if they were alike. */
const VALUES = {
  sizes: {
    of: (entry) => entry.sizes,
    words: (value, all) => [
      ["points", count(value)],
      ["share", percent(value / all)],
    ],
    even: ({ n, k }) => [n / k, `equal sizes (${count(Math.round(n / k))})`],
  },
  mixing: {
    of: (entry) => entry.mixing,
    words: (value) => [["weight", value.toFixed(4)]],
    even: ({ k }) => [1 / k, `equal weights (${(1 / k).toPrecision(2)})`],
  },
  entropy: {
    of: (entry) => entry.entropy,
    words: (value, all) => [
      ["points", count(value)],
      ["share", percent(value / all)],
    ],
    bins: true,
  },
};

export class BarsPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.tip = new Tip(this.root);
    this.most = 0;
  }

  get kind() {
    return VALUES[this.spec.value] ?? VALUES.sizes;
  }

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 14, b: 36 },
      dragmode: false,
      xaxis: { ticks: "", showgrid: false, zeroline: false },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  traces() {
    return [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false }];
  }

  /** Where the axis of bins ends: ln k, all clusters alike. */
  get end() {
    return Math.log(Math.max(2, this.store.info?.k ?? 10));
  }

  layout() {
    const layout = super.layout();
    const k = this.store.info?.k ?? 10;
    const axis = this.kind.bins
      ? {
          range: [0, 1.001 * this.end],
          tickvals: [0, this.end / 2, this.end],
          ticktext: ["0: sure", (this.end / 2).toFixed(2), `${this.end.toFixed(2)} = ln k`],
        }
      : { range: [-0.6, k - 0.4], tick0: 0, dtick: Math.ceil(k / 20) };
    Object.assign(layout.xaxis, { autorange: false, fixedrange: true, ...axis });
    Object.assign(layout.yaxis, { range: [0, this.most || 1], autorange: false, fixedrange: true, nticks: 5 });
    if (this.kind.bins) layout.margin.r = Math.max(24, layout.margin.r ?? 0); // half of the last tick's text
    return layout;
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => {
      const at = this.pointer(event);
      const values = this.store.current && this.kind.of(this.store.current);
      if (!at || !values) return this.tip.hide();
      const x = this.gd._fullLayout.xaxis.p2d(at.px);
      const width = this.end / values.length;
      const c = this.kind.bins ? Math.floor(x / width) : Math.round(x);
      if (!(c >= 0 && c < values.length)) return this.tip.hide();
      const all = values.reduce((a, b) => a + b, 0);
      const title = this.kind.bins
        ? ["", `entropy ${(c * width).toFixed(2)} to ${((c + 1) * width).toFixed(2)}`]
        : ["", `cluster ${c}`, this.color(c)];
      this.tip.show(at.x, at.y, [title, ...this.kind.words(values[c], all)]);
    });
    this.gd.addEventListener("pointerleave", () => this.tip.hide());
  }

  changed(what) {
    if (what === "info" && this.ready) this.redress();
  }

  /** The top of the axis: the largest bar of the whole run, so that bars can be compared over epochs. */
  #scale() {
    const { epochs, info } = this.store;
    let most = info?.n && info?.k && this.kind.even ? 1.6 * this.kind.even(info)[0] : 0;
    for (let i = epochs.length - 1; i >= 0; i--)
      for (const value of this.kind.of(epochs[i]) ?? []) most = Math.max(most, value);
    most *= 1.06;
    if (most > this.most || most < this.most * 0.6) {
      this.most = most;
      this.Plotly.relayout(this.gd, { "yaxis.range": [0, most] });
    }
  }

  paint(now) {
    const area = this.surface();
    if (!area) return false;
    const entry = this.store.current;
    const values = entry && this.kind.of(entry);
    this.report.epoch = entry?.epoch ?? null;
    this.report.n = values?.length ?? 0;
    if (!values) {
      this.say(
        this.store.message.text
          ? ""
          : entry
            ? `No clusters in this phase${entry.phase ? ` (${entry.phase})` : ""}.`
            : "Waiting for the first epoch ...",
      );
      this.shown = null;
      return false;
    }
    this.say("");
    if (this.seen !== this.store.version) this.#scale();
    this.seen = this.store.version;
    if (this.shown?.values !== values) {
      const from = this.shown?.now?.length === values.length && !this.theme.still ? this.shown.now : values;
      this.shown = { values, from, now: from, start: now, length: Math.min(400, this.store.cursor.gap) };
    }
    const { shown } = this;
    const t = Math.min(1, Math.max(0, (now - shown.start) / shown.length));
    shown.now = t < 1 ? values.map((value, i) => shown.from[i] + (value - shown.from[i]) * t) : values;
    this.#bars(area, shown.now);
    return t < 1 && shown.from !== values;
  }

  #bars(area, values) {
    const { context, left, top, height, width, xaxis, yaxis } = area;
    const base = top + height;
    const { bins } = this.kind;
    const unit = bins ? this.end / values.length : 1;
    const wide = Math.max(1, (xaxis.d2p(unit) - xaxis.d2p(0)) * (bins ? 0.92 : 0.72));
    values.forEach((value, c) => {
      const y = top + yaxis.d2p(value);
      context.fillStyle = bins ? this.theme.primary : this.color(c);
      context.beginPath();
      const least = bins && !value ? 0 : 1; // a cluster without points still has its place
      context.roundRect(
        left + xaxis.d2p(bins ? (c + 0.5) * unit : c) - wide / 2,
        Math.min(y, base - least),
        wide,
        Math.max(least, base - y),
        [Math.min(3, wide / 4), Math.min(3, wide / 4), 0, 0],
      );
      context.fill();
    });
    const { info } = this.store;
    if (!info?.n || !info?.k || !this.kind.even) return;
    context.font = `10.5px ${this.theme.font}`;
    context.textAlign = "right";
    const [level, label] = this.kind.even(info);
    const y = Math.round(top + yaxis.d2p(level)) + 0.5;
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = this.theme.faint;
    context.fillText(label, left + width - 2, top + 9);
  }
}
