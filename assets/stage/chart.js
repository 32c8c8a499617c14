/**
 * A figure that Python made whole, drawn again in place when it changes: no remount, no flicker, zoom kept.
 * With `epochs` in its settings its x axis counts epochs: the cursor is painted into it, and a click moves the cursor.
 */
import { PlotPanel } from "./plot.js";
import { saving } from "./save.js";

export class ChartPanel extends PlotPanel {
  get defaults() {
    return { margin: { l: 46, r: 8, t: 32, b: 36 }, dragmode: false, xaxis: { zeroline: false, automargin: true }, yaxis: { zeroline: false, automargin: true } };
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  layout() {
    return { ...super.layout(), datarevision: this.revision ?? 0 };
  }

  update(data) {
    if (JSON.stringify(data.figure) !== JSON.stringify(this.data.figure)) this.revision = (this.revision ?? 0) + 1;
    super.update(data);
  }

  started() {
    if (!this.spec.epochs) return;
    this.gd.style.setProperty("--es-cursor", "pointer");
    this.onClick(({ px }) => {
      const { cursor, numbers } = this.store;
      const wanted = this.gd._fullLayout.xaxis.p2d(px);
      if (numbers.length) cursor.seek(numbers.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best)));
    });
  }

  paint() {
    Object.assign(this.report, { n: this.ready ? this.traces().length : 0, epoch: this.store.current?.epoch ?? null });
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
}
