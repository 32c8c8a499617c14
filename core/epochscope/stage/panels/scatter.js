/** How hard each drawn point is pulled against how sure it is, in the colors of the points. */

import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { describe, Tooltip } from "../base/tooltip.js";
import { GRAY } from "../data/color_modes.js";
import { tr } from "../data/language.js";
import { scatterSentence } from "../data/sentences.js";
import { alpha } from "../render/color.js";

/** @import { Area, Place } from "../base/plot_panel.js" */
/** @import { Scaled } from "../data/channel_decoders.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @typedef {{entry: Epoch, pull: Scaled, confidence: Uint8Array, area: Area}} Drawn */

const NEAR = 8; // CSS pixels

/** Where a point lies, from the corner of the plot. @param {Drawn} drawn @param {number} i @returns {[number, number]} */
const placeOf = ({ area: { xaxis, yaxis }, confidence, pull }, i) => [
  xaxis.d2p(confidence[i] / 255),
  yaxis.d2p((pull.top * pull.values[i]) / 255),
];

export class ScatterPanel extends PlotPanel {
  tooltip = new Tooltip(this.root);
  #top = 0; // of the axis
  /** @type {Drawn | null} */
  #drawn = null;

  get defaults() {
    const margin = { l: 46, r: 8, t: 28, b: 36 };
    return { margin, dragmode: false, xaxis: { zeroline: false }, yaxis: { zeroline: false, automargin: true } };
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  traces() {
    return [{ ...NOTHING, showlegend: false }];
  }

  layout() {
    const layout = super.layout();
    const fixed = { autorange: false, fixedrange: true };
    Object.assign(layout.xaxis, { range: [0, 1.02], ...fixed, nticks: 6 });
    Object.assign(layout.yaxis, { range: [0, 1.05 * (this.#top || 1)], ...fixed, nticks: 5 });
    return layout;
  }

  started() {
    this.gd.addEventListener("pointermove", (event) => this.#hover(this.pointer(event)));
    this.gd.addEventListener("pointerleave", () => this.#hover(null));
    this.onClick((at) => {
      const point = this.#nearest(at);
      if (point !== null) this.store.pick(point);
    });
  }

  /** @param {Place | null} at */
  #hover(at) {
    const point = at && this.#nearest(at);
    this.store.hover(point);
    const drawn = this.#drawn;
    if (!at || point === null || !drawn) return this.tooltip.hide();
    const { entry, pull } = drawn;
    const lines = describe(
      this.store,
      point,
      entry,
      (i) => this.color(i),
      (i) => this.clusterColor(i),
    );
    lines.push([tr("pull"), ((pull.top * pull.values[point]) / 255).toPrecision(3)]);
    this.tooltip.show(at.x, at.y, lines, this.store, point);
  }

  /** @param {Place} at @returns {number | null} */
  #nearest({ px, py }) {
    const drawn = this.#drawn;
    if (!drawn) return null;
    let best = null;
    let least = NEAR ** 2;
    for (let i = 0; i < drawn.pull.values.length; i++) {
      const [x, y] = placeOf(drawn, i);
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  describe() {
    const drawn = this.#drawn;
    if (!drawn) return this.noteBox.textContent ?? "";
    const { entry, pull, confidence } = drawn;
    const n = pull.values.length;
    return scatterSentence({
      title: this.figureTitle,
      epoch: entry.epoch,
      phase: entry.phase,
      x: [tr("confidence"), Float32Array.from(confidence.subarray(0, n), (value) => value / 255)],
      y: [tr("pull"), Float32Array.from(pull.values, (value) => (pull.top * value) / 255)],
    });
  }

  paint() {
    const area = this.surface();
    if (!area || area.height < 10) return false;
    const entry = this.store.current;
    const pull = entry?.channel("pull", "scaled") ?? null;
    const confidence = entry?.confidence ?? null;
    const drawn = entry && pull && confidence ? { entry, pull, confidence, area } : null;
    this.#drawn = drawn;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: drawn ? drawn.pull.values.length : 0 });
    this.say(drawn ? "" : this.whyNothing(tr("No pull")));
    if (!drawn) return false;
    const { top } = drawn.pull;
    if (top > 0 && !(Math.abs(top - this.#top) < 1e-3 * top)) {
      this.#top = top; // each epoch has its own scale: a pull may fall by powers of ten
      this.redraw();
    }
    this.#paintPoints(drawn);
    this.#paintMarked(drawn);
    return false;
  }

  /** @param {Drawn} drawn */
  #paintPoints(drawn) {
    const { context, left, top } = drawn.area;
    const { store, theme } = this;
    const { labels } = drawn.entry;
    const groups = store.color === "cluster" || !store.info?.truth ? labels : store.info.truth;
    const colors = theme.palette.map((color) => alpha(color, 0.7));
    const mask = store.selection?.mask;
    for (let i = 0; i < drawn.pull.values.length; i++) {
      const [x, y] = placeOf(drawn, i);
      const size = mask && !mask[i] ? 1.5 : 3;
      const group = groups?.[i] ?? 0;
      context.fillStyle = group < 0 ? GRAY : colors[group % colors.length];
      context.fillRect(left + x - size / 2, top + y - size / 2, size, size);
    }
  }

  /** @param {Drawn} drawn */
  #paintMarked(drawn) {
    const { context, left, top } = drawn.area;
    const { store, theme } = this;
    for (const point of [store.hovered, store.picked]) {
      if (point === null || point >= drawn.pull.values.length) continue;
      const [x, y] = placeOf(drawn, point);
      context.beginPath();
      context.arc(left + x, top + y, 5, 0, 2 * Math.PI);
      context.lineWidth = 2;
      context.strokeStyle = theme.text;
      context.stroke();
    }
  }
}
