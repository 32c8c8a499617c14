/** Redraws something, but never twice at once and never too soon: each redraw takes the browser a moment. */

export class Throttle {
  /** @type {ReturnType<typeof setTimeout> | null} */
  #later = null;
  #busy = false;
  #last = 0; // when the last redraw ended

  /** Milliseconds that a redraw takes. */
  cost = 20;

  /**
   * @param {() => Promise<unknown>} redraw
   * @param {() => void} again  called after a redraw, and when the time for the next has come
   */
  constructor(redraw, again) {
    this.redraw = redraw;
    this.again = again;
  }

  /** Redraws now, or calls `again` when `rest` ms have passed since the last time. @param {number} rest */
  request(rest) {
    if (this.#busy) return;
    const wait = this.#last + rest - performance.now();
    if (wait > 0) {
      this.#later ??= setTimeout(() => {
        this.#later = null;
        this.again();
      }, wait);
      return;
    }
    this.#busy = true;
    const start = performance.now();
    this.redraw()
      .catch((error) => console.error("epochscope redraw:", error))
      .finally(() => {
        this.#last = performance.now();
        this.cost = 0.5 * this.cost + 0.5 * (this.#last - start);
        this.#busy = false;
        this.again();
      });
  }

  /** Whether a redraw is going on. */
  get busy() {
    return this.#busy;
  }

  stop() {
    if (this.#later !== null) clearTimeout(this.#later);
  }
}
