/** The way of a run in the plane of two numbers of its epochs: `table`, and in it `x` and `y`. The cursor is a dot on it. */

import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { Tooltip } from "../base/tooltip.js";
import { isTable, TABLES } from "../data/epoch.js";
import { UnknownValue } from "../data/errors.js";
import { tr } from "../data/language.js";
import { alpha } from "../render/color.js";
import { drawDot } from "./lines.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @typedef {{epoch: number, x: number, y: number}} Stop  an epoch, and where it is */

const NEAR = 14; // CSS pixels between a pointer and the epoch that it means

/** Where the epochs are; one without these numbers is left out. @type {(epochs: Epoch[], spec: Record<string, any>) => Stop[]} */
export const stopsOf = (epochs, { table, x, y }) =>
  epochs.flatMap((entry) => {
    const numbers = entry.numbers(table);
    const [a, b] = [Number(numbers[x] ?? Number.NaN), Number(numbers[y] ?? Number.NaN)];
    return Number.isFinite(a) && Number.isFinite(b) ? [{ epoch: entry.epoch, x: a, y: b }] : [];
  });

/** The stop nearest to a place within `most`, or null. @type {(stops: Stop[], x: number, y: number, most: number) => Stop | null} */
export function nearestStop(stops, x, y, most) {
  /** @type {Stop | null} */
  let best = null;
  let least = most;
  for (const stop of stops) {
    const apart = Math.hypot(stop.x - x, stop.y - y);
    if (apart <= least) [best, least] = [stop, apart];
  }
  return best;
}

export class TrailPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  #version = -1; // of the store, of which the stops are
  /** @type {Stop[]} */
  #stops = [];

  start() {
    const { table } = this.spec;
    if (!isTable(table)) throw new UnknownValue("table of numbers", table, TABLES);
    super.start();
  }

  get defaults() {
    return { margin: { l: 44, r: 8, t: 28, b: 36 }, dragmode: false, xaxis: {}, yaxis: { automargin: true } };
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  traces() {
    return [{ ...NOTHING, showlegend: false }, ...super.traces()];
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#hover(this.pointer(event)));
    this.gd.addEventListener("pointerleave", () => this.tooltip.hide());
    this.onClick((at) => {
      const stop = this.#stopAt(at);
      if (stop) this.store.cursor.seek(stop.epoch);
    });
  }

  /** @param {Place | null} at @returns {Stop | null} */
  #stopAt(at) {
    const { xaxis, yaxis } = this.gd._fullLayout;
    const inPixels = this.#stops.map(({ epoch, x, y }) => ({ epoch, x: xaxis.d2p(x), y: yaxis.d2p(y) }));
    const near = at && nearestStop(inPixels, at.px, at.py, NEAR);
    return near ? (this.#stops.find(({ epoch }) => epoch === near.epoch) ?? null) : null;
  }

  /** @param {Place | null} at */
  #hover(at) {
    const stop = this.#stopAt(at);
    if (!at || !stop) return this.tooltip.hide();
    const { x, y } = this.spec;
    this.tooltip.show(at.x, at.y, [
      ["", tr("epoch {epoch}", { epoch: stop.epoch })],
      [x, stop.x.toFixed(3)],
      [y, stop.y.toFixed(3)],
    ]);
  }

  paint() {
    const area = this.surface();
    if (!area) return false;
    const { store } = this;
    if (this.#version !== store.version) this.#stops = stopsOf(store.unbroken, this.spec);
    this.#version = store.version;
    const epoch = store.current?.epoch ?? null;
    Object.assign(this.report, { n: this.#stops.length, epoch });
    this.say(this.#stops.length ? "" : this.whyNothing(tr("No such numbers")));
    this.#paintWay(area, epoch ?? Number.POSITIVE_INFINITY);
    return false;
  }

  /** The way so far, and faintly the way to come. @param {Area} area @param {number} epoch  of the cursor */
  #paintWay({ context, left, top, xaxis, yaxis }, epoch) {
    /** @type {(stop: Stop) => [number, number]} */
    const place = ({ x, y }) => [left + xaxis.d2p(x), top + yaxis.d2p(y)];
    const { primary, text, background } = this.theme;
    context.lineWidth = 2;
    for (const [i, stop] of this.#stops.entries()) {
      const [x, y] = place(stop);
      context.strokeStyle = context.fillStyle = alpha(primary, stop.epoch <= epoch ? 0.85 : 0.25);
      if (i) {
        context.beginPath();
        context.moveTo(...place(this.#stops[i - 1]));
        context.lineTo(x, y);
        context.stroke();
      }
      context.beginPath();
      context.arc(x, y, 2, 0, 2 * Math.PI);
      context.fill();
    }
    const now = this.#stops.find((stop) => stop.epoch === epoch);
    if (now) drawDot(context, ...place(now), primary || text, background);
  }
}
