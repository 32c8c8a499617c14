/**
 * A figure of a lab, painted at once when an answer brings another one. Plotly draws it when somebody points at it, which
 * brings Plotly's tools.
 */
import { PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { CHART_DEFAULTS } from "../panels/chart.js";
import { canPaint, paintFigure, sameAxes } from "../render/fast_plot.js";
import { figureSentence, figureTable } from "../render/figure_words.js";

/** @import { LabSession } from "./lab_session.js" */

/** @extends {PlotPanel<LabSession>} */
export class LabChartPanel extends PlotPanel {
  /** @type {any}  the figure that is on the screen */
  #shown = null;
  /** @type {any}  the figure that Plotly has drawn */
  #drawn = null;
  /** @type {any}  the figure that Plotly is drawing */
  #given = null;
  #revision = 0;
  /** Of what is painted in Plotly's stead: whether it has the axes of what Plotly has drawn. @type {{same: boolean} | null} */
  #painted = null;

  get defaults() {
    return CHART_DEFAULTS;
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  get figure() {
    return this.store.figures[this.name];
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

  /** There is nothing to draw before the first answer. */
  get turnToDraw() {
    return this.store.begun;
  }

  layout() {
    this.#given = this.figure;
    return { ...super.layout(), datarevision: this.#revision };
  }

  /** @param {import("../runtime/store.js").StageEvent} _event */
  changed(_event) {
    if (!this.ready || this.figure === this.#shown) return;
    this.#shown = this.figure;
    if (!canPaint(this.figure, this.#drawn)) {
      this.redraw();
      return;
    }
    const same = sameAxes(this.figure, this.#drawn);
    this.#painted = { same };
    this.root.dataset.painted = same ? "data" : "axes";
    this.#rename();
    this.report.redrawn = (this.report.redrawn ?? 0) + 1;
    this.#completeIfPointedAt();
  }

  #completeIfPointedAt() {
    if (this.#painted && this.root.matches(":hover")) this.store.whenAtRest(this, () => this.complete());
  }

  /** Has Plotly draw what is painted. */
  async complete() {
    if (this.#painted) await this.redraw();
  }

  /** Updates title and names. */
  #rename() {
    const { data, layout } = this.figure;
    const title = this.gd.querySelector(".gtitle");
    if (title) title.textContent = layout.title.text;
    const named = data.filter((/** @type {any} */ trace) => trace.name && trace.showlegend !== false);
    for (const [i, text] of this.gd.querySelectorAll(".legendtext").entries())
      if (named[i]) text.textContent = named[i].name;
  }

  async redraw() {
    this.#revision++;
    await super.redraw();
    this.#drawn = this.#given;
    if (this.gone || this.#drawn !== this.figure) return;
    this.#shown = this.#drawn;
    this.#painted = null;
    delete this.root.dataset.painted;
    this.schedule();
  }

  started() {
    this.#drawn = this.#shown = this.#given;
    this.root.addEventListener("pointerenter", () => this.#completeIfPointedAt());
  }

  /** @returns {boolean} */
  paint() {
    this.report.n = this.ready ? this.traces().length : 0;
    const area = this.surface(); // an empty one
    const { _fullData: data, _fullLayout: full } = this.gd;
    if (!area || !this.#painted) return false;
    const hidden = (/** @type {number} */ i) => data[i] && data[i].visible !== true;
    const { figure, theme } = this;
    paintFigure({ context: area.context, figure, full, theme, hidden, ...this.#painted });
    return false;
  }
}
