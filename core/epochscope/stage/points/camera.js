/** The part of the plane that a points panel shows, and the animation toward it. */
import { ease, extended, mix, rangeFor, tooFar } from "../data/view.js";

/** @import { Box } from "../data/types.js" */

const GLIDE = 350; // ms that a change of the range takes

export class Camera {
  /** Whether a person has chosen the range. */
  zoomed = false;
  /** @type {Box | null}  what the axes show */
  range = null;
  /** @type {Box | null}  what is seen on the way there */
  #seen = null;
  /** @type {Box | null}  that holds all that was looked at */
  #extent = null;
  #shape = 0; // width / height of the plot
  /** @type {{from: Box, to: Box, start: number, length: number} | null} */
  #glide = null;

  /** Returns to the automatic range, starting with the next frame. */
  reset() {
    this.zoomed = false;
    this.range = this.#extent = null;
  }

  /**
   * Looks at a frame; true if the axes have to show another `range`.
   * @param {Box} box  of the frame
   * @param {Box} run  that holds all frames of the run
   * @param {number} shape  width / height of the plot
   * @param {number} now  ms
   * @param {boolean} still  whether nothing may glide
   */
  lookAt(box, run, shape, now, still) {
    this.#extent = extended(this.#extent, box);
    const wanted = rangeFor(this.#extent, run, shape);
    const reshaped = Math.abs(shape - this.#shape) > 0.01;
    if (this.range && !reshaped && !tooFar(this.range, wanted, this.#extent)) return false;
    const length = !this.#seen || reshaped || still ? 0 : GLIDE;
    this.#glide = { from: this.#seen ?? wanted, to: wanted, start: now, length };
    this.#shape = shape;
    this.range = wanted;
    return true;
  }

  /** The visible range at a time, and whether it is moving. @param {Box} range @param {number} now @returns {[Box, boolean]} */
  seen(range, now) {
    const glide = this.#glide;
    const t = glide?.length ? Math.min(1, (now - glide.start) / glide.length) : 1;
    this.#seen = glide && t < 1 ? mix(glide.from, glide.to, ease(t)) : range;
    return [this.#seen, t < 1];
  }
}
