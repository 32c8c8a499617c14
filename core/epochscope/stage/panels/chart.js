/**
 * A figure that Python made whole, drawn again in place when it changes: no remount, no flicker, zoom kept. Python sent it
 * with the panel, or a lab has it in its last answer; then it is sketched at once, and drawn by Plotly later.
 * With `epochs` in its settings its x axis counts epochs: the cursor is painted into it, and a click moves the cursor.
 */
import { PlotPanel } from "../base/plot_panel.js";
import { saving } from "../base/save_picture.js";
import { fits, paint, sameAxes } from "../render/fast_plot.js";

export class ChartPanel extends PlotPanel {
  get defaults() {
    return {
      margin: { l: 46, r: 8, t: 32, b: 36 },
      dragmode: false,
      xaxis: { zeroline: false, automargin: true },
      yaxis: { zeroline: false, automargin: true },
    };
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  get figure() {
    return this.store.figures ? this.store.figures[this.name] : super.figure;
  }

  layout() {
    this.given = this.figure; // to Plotly, which takes a while
    return { ...super.layout(), datarevision: this.revision ?? 0 };
  }

  /** Paints at once what an answer has changed. Plotly draws it when somebody points at it, for whom it has its tools. */
  changed() {
    if (!this.ready || !this.store.figures || this.figure === this.shown) return;
    this.shown = this.figure;
    if (!fits(this.figure, this.drawn)) return this.redress();
    const same = sameAxes(this.figure, this.drawn);
    this.sketching = { same };
    this.root.dataset.sketch = same ? "data" : "axes";
    this.#rename();
    this.report.redrawn = (this.report.redrawn ?? 0) + 1;
    this.#pointedAt();
  }

  #pointedAt() {
    if (this.sketching && this.root.matches(":hover")) this.store.whenAtRest(this, () => this.complete());
  }

  /** What is sketched becomes a drawing of Plotly's. */
  async complete() {
    if (this.sketching) await this.redress();
  }

  /** Title and names as they are now. */
  #rename() {
    const { data, layout } = this.figure;
    const title = this.gd.querySelector(".gtitle");
    if (title) title.textContent = layout.title.text;
    const named = data.filter((trace) => trace.name && trace.showlegend !== false);
    this.gd.querySelectorAll(".legendtext").forEach((text, i) => named[i] && (text.textContent = named[i].name));
  }

  async redress() {
    this.revision = (this.revision ?? 0) + 1;
    await super.redress();
    this.drawn = this.given;
    if (this.gone || this.drawn !== this.figure) return;
    this.shown = this.drawn;
    this.sketching = null;
    delete this.root.dataset.sketch;
    this.schedule();
  }

  started() {
    this.drawn = this.shown = this.given;
    if (this.store.figures) this.root.addEventListener("pointerenter", () => this.#pointedAt());
    this.changed(); // meanwhile another answer may have come
    if (!this.spec.epochs) return;
    this.gd.style.setProperty("--es-cursor", "pointer");
    this.onClick(({ px }) => {
      const { cursor, numbers } = this.store;
      const wanted = this.gd._fullLayout.xaxis.p2d(px);
      if (numbers.length)
        cursor.seek(numbers.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best)));
    });
  }

  paint() {
    Object.assign(this.report, { n: this.ready ? this.traces().length : 0, epoch: this.store.current?.epoch ?? null });
    if (this.store.figures) return this.#sketch();
    if (!this.spec.epochs) return false;
    const area = this.surface();
    const epoch = this.store.cursor.epoch;
    if (!area || epoch === null) return false;
    const { context, left, top, width, height, xaxis } = area;
    const x = xaxis.d2p(epoch);
    if (!(x >= -1 && x <= width + 1)) return false;
    this.canvas.style.zIndex = 1; // stacked areas would hide it
    context.beginPath();
    context.moveTo(left + x, top);
    context.lineTo(left + x, top + height);
    context.lineWidth = 3.5;
    context.strokeStyle = this.theme.background;
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = this.theme.text;
    context.stroke();
    return false;
  }

  #sketch() {
    const area = this.surface(); // an empty one
    const data = this.gd?._fullData;
    if (area && this.sketching) {
      const hidden = (i) => data[i] && data[i].visible !== true;
      paint({
        context: area.context,
        figure: this.figure,
        full: this.gd._fullLayout,
        theme: this.theme,
        hidden,
        ...this.sketching,
      });
    }
    return false;
  }
}
