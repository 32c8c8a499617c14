/** Cluster sizes at the cursor's epoch. */
import { count, percent } from "./panel.js";
import { PlotPanel } from "./plot.js";
import { Tip } from "./tip.js";

export class BarsPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.tip = new Tip(this.root);
    this.most = 0;
  }

  get defaults() {
    return {
      margin: { l: 44, r: 8, t: 14, b: 36 },
      dragmode: false,
      xaxis: { title: { text: "cluster", standoff: 6 }, ticks: "", showgrid: false, zeroline: false },
      yaxis: { title: { text: "points" }, zeroline: false, automargin: true },
    };
  }

  get config() {
    return { ...super.config, displayModeBar: false };
  }

  traces() {
    return [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false }];
  }

  layout() {
    const layout = super.layout();
    const k = this.store.info?.k ?? 10;
    const step = Math.ceil(k / 20);
    Object.assign(layout.xaxis, { range: [-0.6, k - 0.4], autorange: false, fixedrange: true, tick0: 0, dtick: step });
    Object.assign(layout.yaxis, { range: [0, this.most || 1], autorange: false, fixedrange: true, nticks: 5 });
    return layout;
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => {
      const at = this.pointer(event);
      const sizes = this.store.current?.sizes;
      if (!at || !sizes) return this.tip.hide();
      const c = Math.round(this.gd._fullLayout.xaxis.p2d(at.px));
      if (!(c >= 0 && c < sizes.length)) return this.tip.hide();
      const total = sizes.reduce((a, b) => a + b, 0);
      this.tip.show(at.x, at.y, [["", `cluster ${c}`, this.color(c)], ["points", count(sizes[c])], ["share", percent(sizes[c] / total)]]);
    });
    this.gd.addEventListener("pointerleave", () => this.tip.hide());
  }

  changed(what) {
    if (what === "info" && this.ready) this.redress();
  }

  /** The top of the axis: the largest cluster of the whole run, so that bars can be compared over epochs. */
  #scale() {
    const { epochs } = this.store;
    let most = this.store.info?.n && this.store.info?.k ? (1.6 * this.store.info.n) / this.store.info.k : 0;
    for (let i = epochs.length - 1; i >= 0; i--) for (const size of epochs[i].sizes ?? []) most = Math.max(most, size);
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
    const sizes = entry?.sizes;
    this.report.epoch = entry?.epoch ?? null;
    this.report.n = sizes?.length ?? 0;
    if (!sizes) {
      this.say(this.store.message.text ? "" : entry ? `No clusters in this phase${entry.phase ? ` (${entry.phase})` : ""}.` : "Waiting for the first epoch ...");
      this.shown = null;
      return false;
    }
    this.say("");
    if (this.seen !== this.store.version) this.#scale();
    this.seen = this.store.version;
    if (this.shown?.sizes !== sizes) {
      const from = this.shown?.now?.length === sizes.length && !this.theme.still ? this.shown.now : sizes;
      this.shown = { sizes, from, now: from, start: now, length: Math.min(400, this.store.cursor.gap) };
    }
    const { shown } = this;
    const t = Math.min(1, Math.max(0, (now - shown.start) / shown.length));
    shown.now = t < 1 ? sizes.map((size, i) => shown.from[i] + (size - shown.from[i]) * t) : sizes;
    this.#bars(area, shown.now);
    return t < 1 && shown.from !== sizes;
  }

  #bars({ context, left, top, height, width, xaxis, yaxis }, sizes) {
    const base = top + height;
    const wide = Math.max(1, (xaxis.d2p(1) - xaxis.d2p(0)) * 0.72);
    sizes.forEach((size, c) => {
      const y = top + yaxis.d2p(size);
      context.fillStyle = this.color(c);
      context.beginPath();
      context.roundRect(left + xaxis.d2p(c) - wide / 2, Math.min(y, base - 1), wide, Math.max(1, base - y), [Math.min(3, wide / 4), Math.min(3, wide / 4), 0, 0]);
      context.fill();
    });
    const { info } = this.store;
    if (!info?.n || !info?.k) return;
    const y = Math.round(top + yaxis.d2p(info.n / info.k)) + 0.5;
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
    context.fillText(`equal sizes (${count(Math.round(info.n / info.k))})`, left + width - 2, top + 9);
  }
}
