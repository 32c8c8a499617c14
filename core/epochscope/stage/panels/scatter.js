/** How hard each drawn point is pulled against how sure it is, in the colours of the points. */

import { PlotPanel } from "../base/plot_panel.js";
import { saving } from "../base/save_picture.js";
import { alpha } from "../base/theme.js";
import { describe, Tip } from "../base/tooltip.js";
import { scaled } from "../data/channel_decoders.js";

const NEAR = 8; // CSS pixels

export class ScatterPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.tip = new Tip(this.root);
  }

  get defaults() {
    return {
      margin: { l: 46, r: 8, t: 28, b: 36 },
      dragmode: false,
      xaxis: { zeroline: false },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  traces() {
    return [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false }];
  }

  layout() {
    const layout = super.layout();
    Object.assign(layout.xaxis, { range: [0, 1.02], autorange: false, fixedrange: true, nticks: 6 });
    Object.assign(layout.yaxis, { range: [0, 1.05 * (this.top || 1)], autorange: false, fixedrange: true, nticks: 5 });
    return layout;
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => {
      const at = this.pointer(event);
      const point = at && this.#near(at);
      this.store.hover(point ?? null);
      if (!Number.isInteger(point)) return this.tip.hide();
      const { entry, pull } = this.shown;
      const lines = describe(this.store, point, entry, (i) => this.color(i));
      this.tip.show(
        at.x,
        at.y,
        [...lines, ["pull", ((pull.top * pull.values[point]) / 255).toPrecision(3)]],
        this.store,
        point,
      );
    });
    this.gd.addEventListener("pointerleave", () => {
      this.store.hover(null);
      this.tip.hide();
    });
    this.onClick((at) => {
      const point = this.#near(at);
      if (point !== null) this.store.pick(point);
    });
  }

  #near({ px, py }) {
    if (!this.shown || !this.area) return null;
    let [best, least] = [null, NEAR ** 2];
    const { values } = this.shown.pull;
    for (let i = 0; i < values.length; i++) {
      const [x, y] = this.#place(i);
      const far = (x - px) ** 2 + (y - py) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  /** Where a point lies, from the corner of the plot. */
  #place(i) {
    const { xaxis, yaxis } = this.area;
    const { entry, pull } = this.shown;
    return [xaxis.d2p(entry.confidence[i] / 255), yaxis.d2p((pull.top * pull.values[i]) / 255)];
  }

  paint() {
    const area = (this.area = this.surface());
    if (!area || area.height < 10) return false;
    const { store, theme } = this;
    const entry = store.current;
    const pull = scaled(entry?.pull);
    const there = pull && entry.confidence;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: there ? pull.values.length : 0 });
    this.shown = there ? { entry, pull } : null;
    if (!there) {
      this.say(
        store.message.text
          ? ""
          : entry
            ? `No pull in this phase${entry.phase ? ` (${entry.phase})` : ""}.`
            : "Waiting for the first epoch ...",
      );
      return false;
    }
    this.say("");
    if (pull.top > 0 && !(Math.abs(pull.top - this.top) < 1e-3 * pull.top)) {
      this.top = pull.top; // each epoch has its own scale: a pull may fall by powers of ten
      this.redress();
    }
    const { context, left, top } = area;
    const groups = store.color === "cluster" || !store.info?.truth ? entry.labels : store.info.truth;
    const paints = theme.palette.map((color) => alpha(color, 0.7));
    const mask = store.selection?.mask;
    for (let i = 0; i < pull.values.length; i++) {
      const [x, y] = this.#place(i);
      context.fillStyle = paints[(groups?.[i] ?? 0) % paints.length];
      const size = mask && !mask[i] ? 1.5 : 3;
      context.fillRect(left + x - size / 2, top + y - size / 2, size, size);
    }
    for (const point of [store.hovered, store.picked]) {
      if (point === null || point >= pull.values.length) continue;
      const [x, y] = this.#place(point);
      context.beginPath();
      context.arc(left + x, top + y, 5, 0, 2 * Math.PI);
      context.lineWidth = 2;
      context.strokeStyle = theme.text;
      context.stroke();
    }
    return false;
  }
}
