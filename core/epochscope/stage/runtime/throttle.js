/** Gives Plotly the numbers again, but never twice at once and never too soon: each redraw takes the browser a moment. */

export class Seldom {
  /** @param {object} panel  @param {() => Promise<void>} redraw */
  constructor(panel, redraw) {
    Object.assign(this, { panel, redraw, last: 0, cost: 20, busy: false }); // cost: ms that a redraw takes
  }

  /** Draws now, or asks the panel to paint again when `rest` ms have passed since the last time. */
  draw(rest) {
    if (this.busy) return;
    const wait = this.last + rest - performance.now();
    if (wait > 0) {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.panel.schedule();
      }, wait);
      return;
    }
    this.busy = true;
    const start = performance.now();
    this.redraw()
      .catch((error) => console.error("epochscope curves:", error))
      .finally(() => {
        this.last = performance.now();
        this.cost = 0.5 * this.cost + 0.5 * (this.last - start);
        this.busy = false;
        this.panel.schedule();
      });
  }

  stop() {
    clearTimeout(this.later);
  }
}
