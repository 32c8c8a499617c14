/**
 * A figure that Python made whole, drawn again in place when it changes: no remount, no flicker, zoom kept.
 * With `epochs` in its settings its x axis counts epochs: the cursor is painted into it, and a click moves the cursor.
 */
import { PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { nearestTo } from "../data/numbers.js";
import { figureSentence, figureTable } from "../render/figure_words.js";

/** What a chart looks like where its figure says nothing. */
export const CHART_DEFAULTS = {
  margin: { l: 46, r: 8, t: 32, b: 36 },
  dragmode: false,
  xaxis: { zeroline: false, automargin: true },
  yaxis: { zeroline: false, automargin: true },
};

export class ChartPanel extends PlotPanel {
  #revision = 0;

  get defaults() {
    return CHART_DEFAULTS;
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  describe() {
    return figureSentence(this.figureTitle, this.figure);
  }

  get hasTable() {
    return Boolean(figureTable(this.figure));
  }

  tabulate() {
    return figureTable(this.figure);
  }

  layout() {
    return { ...super.layout(), datarevision: this.#revision };
  }

  async redraw() {
    this.#revision++;
    await super.redraw();
  }

  started() {
    if (!this.spec.epochs) return;
    this.gd.style.setProperty("--es-cursor", "pointer");
    this.onClick(({ px }) => {
      const { cursor, numbers } = this.store;
      if (numbers.length) cursor.seek(nearestTo(numbers, this.gd._fullLayout.xaxis.p2d(px)));
    });
  }

  paint() {
    const { current, cursor } = this.store;
    Object.assign(this.report, { n: this.ready ? this.traces().length : 0, epoch: current?.epoch ?? null });
    if (!this.spec.epochs) return false;
    const area = this.surface();
    const { epoch } = cursor;
    if (!area || epoch === null) return false;
    const { context, left, top, width, height, xaxis } = area;
    const x = xaxis.d2p(epoch);
    if (!(x >= -1 && x <= width + 1)) return false;
    this.canvas.style.zIndex = "1"; // stacked areas would hide it
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
