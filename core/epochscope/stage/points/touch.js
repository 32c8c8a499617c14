/** Fingers on the points: one moves the view, two zoom it, one that rests shows what a pointer that hovers shows. */
import { pinched } from "../base/room.js";

/** @import { Box } from "../data/types.js" */
/** @import { PointsPanel } from "./points_panel.js" */

const REST = 450; // ms
const STILL = 8; // CSS pixels that a resting finger may move
const DOUBLE = 300; // ms between two taps that show all points again

export class Touch {
  /** Whether the last finger rested: then it asked what is there and picks nothing. */
  rested = false;
  /** @type {Map<number, [x: number, y: number]>}  where each finger is, in parts of the plot */
  #fingers = new Map();
  /** @type {{range: Box, places: [x: number, y: number][], at: [x: number, y: number]} | null}  where a gesture began */
  #start = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #moved = false;
  #tapped = Number.NEGATIVE_INFINITY; // ms

  /**
   * @param {PointsPanel} panel
   * @param {(event: PointerEvent) => void} hover
   */
  constructor(panel, hover) {
    this.panel = panel;
    this.hover = hover;
    const { gd } = panel;
    const early = { capture: true, passive: false };
    gd.addEventListener("touchstart", (event) => this.#keep(event), early); // Plotly would make one finger's drag of it
    gd.addEventListener("pointerdown", (event) => this.#down(event), true);
    gd.addEventListener("pointermove", (event) => this.#move(event), true);
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
      gd.addEventListener(name, (event) => this.#up(event), true);
  }

  /** @param {TouchEvent} event */
  #keep(event) {
    if (!this.panel.pointer(event.changedTouches[0]) || isTool(event)) return;
    event.stopPropagation();
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType !== "touch" || isTool(event) || !this.#place(event)) return;
    const first = this.#fingers.size === 0;
    this.#fingers.set(event.pointerId, this.#placeOf(event));
    this.rested = false;
    clearTimeout(this.#timer);
    this.#begin(event);
    if (first) {
      this.#moved = false;
      this.panel.tooltip.hide();
      this.#timer = setTimeout(() => this.#rest(event), REST);
    }
  }

  /** @param {PointerEvent} event */
  #begin({ clientX, clientY }) {
    const range = this.panel.view?.range;
    const places = /** @type {[number, number][]} */ ([...this.#fingers.values()].map((place) => [...place]));
    this.#start = range && places.length ? { range: [...range], places, at: [clientX, clientY] } : null;
  }

  /** @param {PointerEvent} event */
  #rest(event) {
    if (this.#fingers.size !== 1) return;
    this.rested = true;
    this.hover(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#fingers.has(event.pointerId) || !this.#start) return;
    if (this.rested) return this.hover(event);
    this.#fingers.set(event.pointerId, this.#placeOf(event));
    const { range, places, at } = this.#start;
    const moved = Math.hypot(event.clientX - at[0], event.clientY - at[1]) > STILL;
    if (!moved && places.length < 2) return;
    clearTimeout(this.#timer);
    this.#moved = true;
    this.panel.lookAt(pinched(range, places, [...this.#fingers.values()]));
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#fingers.delete(event.pointerId)) return;
    clearTimeout(this.#timer);
    this.#begin(event);
    if (this.#fingers.size || this.#moved || this.rested) return;
    if (event.timeStamp - this.#tapped < DOUBLE) this.panel.showAll();
    this.#tapped = event.timeStamp;
  }

  /** @param {PointerEvent} event */
  #place(event) {
    return this.panel.pointer(event);
  }

  /** Where a finger is, in parts of the plot from its lower left corner. @param {PointerEvent} event @returns {[number, number]} */
  #placeOf({ clientX, clientY }) {
    const { gd, scale, view } = this.panel;
    if (!view) return [0, 0];
    const box = gd.getBoundingClientRect();
    const x = (clientX - box.left) / scale - view.left;
    const y = (clientY - box.top) / scale - view.top;
    return [x / view.width, 1 - y / view.height];
  }
}

/** @param {Event} event */
const isTool = ({ target }) => target instanceof Element && Boolean(target.closest(".legend,.modebar"));
