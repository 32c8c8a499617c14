/** A square grid as a picture: the discriminator's field with the two sets of points it tells apart, or a matrix. */

import { contextOf, make } from "../base/dom.js";
import { count } from "../base/format.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { channelNamed } from "../data/declared.js";
import { tr } from "../data/language.js";
import { headed } from "../data/sentences.js";
import { table } from "../render/colormaps.js";
import { colorScale } from "./color_scale.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { Box } from "../data/types.js" */
/** @import { StageEvent } from "../runtime/store.js" */

/**
 * What a figure says of its grid. With a `box` (a list of numbers of the epoch) it is a field in a plane, its values
 * from 0 to 1, and `points` (channels of such) may lie on it; without one it is a matrix with a scale of its own.
 * @typedef {{value: string, missing: string, box?: string, points?: {fill: string, ring: string}, caption?: string[]}} Grid
 */

export class GridPanel extends PlotPanel {
  /** @type {Grid} */
  kind = /** @type {any} */ (this.spec);
  caption = make("div", "es-caption");
  #cells = make("canvas");
  /** @type {Uint8Array | null} */
  #drawn = null;
  #dark = false; // the theme of what is drawn
  /** @type {Box | null}  of the field */
  #box = null;
  #top = 1; // of the matrix
  #axes = ""; // what Plotly shows
  #captionText = "";

  start() {
    this.root.append(make("div", "es-foot", {}, this.caption));
    super.start();
  }

  get #colors() {
    return colorScale(this.figure, this.theme.dark ? "#33373e" : "#ffffff");
  }

  get defaults() {
    const axis = { showgrid: false, zeroline: false, ticks: "" };
    return { dragmode: false, xaxis: axis, yaxis: { ...axis } };
  }

  /** @returns {Record<string, any>} */
  get config() {
    return { ...super.config, modeBarButtons: [saveButtons(this)] };
  }

  layout() {
    const layout = super.layout();
    const [left, right, low, high] = this.kind.box ? (this.#box ?? [0, 1, 0, 1]) : [0, 1, 1, 0];
    // directions of a plane and places in an order have no unit: the room belongs to the picture, the caption says the rest
    const bare = { autorange: false, fixedrange: true, showticklabels: false, ticks: "", title: { text: "" } };
    Object.assign(layout.xaxis, { range: [left, right], ...bare });
    Object.assign(layout.yaxis, { range: [low, high], ...bare });
    layout.margin = { l: 6, r: 34, t: 28, b: 42 };
    return layout;
  }

  traces() {
    const tickfont = { color: this.theme.faint, size: 10.5 };
    const colorbar = { thickness: 9, outlinewidth: 0, len: 1, y: 0.5, xpad: 6, tickfont, nticks: 4 };
    const scale = { cmin: 0, cmax: this.kind.box ? 1 : this.#top, colorscale: this.#colors };
    return [{ ...NOTHING, showlegend: false, marker: { color: [0], ...scale, showscale: true, colorbar } }];
  }

  /** @param {StageEvent} event */
  changed(event) {
    const { info } = this.store;
    const { value, box } = this.kind;
    if (info && (event === "info" || event === "update")) channelNamed(info, value, box ? "uint8" : "scaled");
    if (event === "update") this.#drawn = null;
  }

  /** Axes and color bar follow the epoch: boxes of fields move, affinities grow. @param {Box | null} box @param {number} top */
  #follow(box, top) {
    const axes = `${box}|${top.toPrecision(2)}`;
    if (axes === this.#axes) return;
    this.#axes = axes;
    this.#box = box;
    this.#top = top || 1;
    this.redraw();
  }

  /** @param {Uint8Array} values */
  #fillCells(values) {
    const g = Math.round(Math.sqrt(values.length));
    const cells = this.#cells;
    cells.width = cells.height = g;
    const context = contextOf(cells);
    const image = context.createImageData(g, g);
    const pixels = new Uint32Array(image.data.buffer);
    const colors = table(this.#colors);
    // row 0 of a field is its lowest, row 0 of a matrix its highest
    for (let y = 0; y < g; y++)
      for (let x = 0; x < g; x++) pixels[(this.kind.box ? g - 1 - y : y) * g + x] = colors[values[y * g + x]];
    context.putImageData(image, 0, 0);
  }

  describe() {
    const { current } = this.store;
    const what = this.kind.box ? tr("a field over the plane of the codes") : tr("one value for each pair of points");
    const below = this.caption?.textContent ? `; ${this.caption.textContent}` : "";
    return current ? `${headed(this.figureTitle, current.epoch, current.phase)}: ${what}${below}.` : "";
  }

  paint() {
    const area = this.surface();
    if (!area || area.height < 10) return false;
    const entry = this.store.current;
    const { value, missing } = this.kind;
    const field = Boolean(this.kind.box);
    const box = /** @type {Box | null} */ (this.kind.box ? (entry?.list(this.kind.box) ?? null) : null);
    const matrix = field ? null : entry?.channel(value, "scaled");
    const values = (field ? box && entry?.channel(value, "uint8") : matrix?.values) ?? null;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: values?.length ?? 0 });
    this.say(values ? "" : this.whyNothing(tr(missing)));
    if (!entry || !values) {
      this.#sayBelow([]);
      return false;
    }
    this.#follow(box, matrix?.top ?? 1);
    if (this.#drawn !== values || this.#dark !== this.theme.dark) this.#fillCells(values);
    [this.#drawn, this.#dark] = [values, this.theme.dark];
    const { context, left, top, width, height } = area;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.imageSmoothingEnabled = field;
    context.drawImage(this.#cells, left, top, width, height);
    if (this.kind.points) this.#paintSets(area, entry, this.kind.points);
    else this.#sayBelow((this.kind.caption ?? []).map((/** @type {string} */ line) => tr(line)));
    context.restore();
    return false;
  }

  /** Lines below the picture. @param {string[]} lines */
  #sayBelow(lines) {
    const text = lines.join(" ");
    if (this.#captionText === text) return;
    this.#captionText = this.caption.title = text;
    this.caption.replaceChildren(...lines.map((line) => make("div", "es-line", {}, line)));
  }

  /**
   * Codes as dots, draws from the prior as rings: they differ by shape, not by color alone.
   * @param {Area} area
   * @param {Epoch} entry
   * @param {{fill: string, ring: string}} channels
   */
  #paintSets({ context, left, top, width, height, xaxis, yaxis }, entry, { fill, ring }) {
    const room = 2 * Math.round((width * height) / 120); // more would hide the field
    const none = new Float32Array(0);
    const codes = (entry.channel(fill, "plane") ?? none).slice(0, room);
    const prior = (entry.channel(ring, "plane") ?? none).slice(0, room);
    /** @type {(points: Float32Array, draw: (x: number, y: number) => void) => void} */
    const each = (points, draw) => {
      for (let i = 0; i < points.length; i += 2) draw(left + xaxis.d2p(points[i]), top + yaxis.d2p(points[i + 1]));
    };
    const { dark } = this.theme;
    context.lineWidth = 1.2;
    context.strokeStyle = dark ? "rgba(255,255,255,.75)" : "rgba(20,24,30,.6)";
    each(prior, (x, y) => {
      context.beginPath();
      context.arc(x, y, 2.4, 0, 2 * Math.PI);
      context.stroke();
    });
    context.fillStyle = dark ? "rgba(255,255,255,.85)" : "rgba(20,24,30,.75)";
    each(codes, (x, y) => context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4));
    this.#sayBelow([
      tr("▪ {n} shown as false: T = 0", { n: count(codes.length / 2) }),
      tr("○ {n} as true: T = 1", { n: count(prior.length / 2) }),
    ]);
    Object.assign(this.report, { codes: codes.length / 2, prior: prior.length / 2 });
  }
}
