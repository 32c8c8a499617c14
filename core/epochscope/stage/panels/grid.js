/** A square grid as a picture: the discriminator's field with the two sets of points it tells apart, or a matrix. */
import { contextOf, make } from "../base/dom.js";
import { count } from "../base/format.js";
import { NOTHING, PlotPanel } from "../base/plot_panel.js";
import { saveButtons } from "../base/save_picture.js";
import { entryOf } from "../data/errors.js";
import { table } from "../render/colormaps.js";
import { colorScale } from "./color_scale.js";

/** @import { Area } from "../base/plot_panel.js" */
/** @import { Epoch } from "../data/epoch.js" */
/** @import { Box } from "../data/types.js" */
/** @import { StageEvent } from "../runtime/store.js" */

/** What a grid can show; `field`: whether it lies in a plane with points. */
const GRIDS = {
  field: { missing: "No field of a discriminator", field: true },
  affinity: { missing: "No affinity", field: false },
};

export class GridPanel extends PlotPanel {
  kind = entryOf(GRIDS, this.spec.value, "grid");
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
    const [left, right, low, high] = this.kind.field ? (this.#box ?? [0, 1, 0, 1]) : [0, 1, 1, 0];
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
    const scale = { cmin: 0, cmax: this.kind.field ? 1 : this.#top, colorscale: this.#colors };
    return [{ ...NOTHING, showlegend: false, marker: { color: [0], ...scale, showscale: true, colorbar } }];
  }

  /** @param {StageEvent} event */
  changed(event) {
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
      for (let x = 0; x < g; x++) pixels[(this.kind.field ? g - 1 - y : y) * g + x] = colors[values[y * g + x]];
    context.putImageData(image, 0, 0);
  }

  paint() {
    const area = this.surface();
    if (!area || area.height < 10) return false;
    const entry = this.store.current;
    const { field, missing } = this.kind;
    const box = /** @type {Box | null} */ (field ? (entry?.list("field_box") ?? null) : null);
    const matrix = field ? null : entry?.channel("affinity", "scaled");
    const values = (field ? box && entry?.channel("field", "uint8") : matrix?.values) ?? null;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: values?.length ?? 0 });
    this.say(values ? "" : this.whyNothing(missing));
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
    if (field) this.#paintSets(area, entry);
    else this.#sayBelow(["points in the order of", "their clusters; bright: strong"]);
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
   */
  #paintSets({ context, left, top, width, height, xaxis, yaxis }, entry) {
    const room = 2 * Math.round((width * height) / 120); // more would hide the field
    const none = new Float32Array(0);
    const codes = (entry.channel("field_codes", "plane") ?? none).slice(0, room);
    const prior = (entry.channel("field_prior", "plane") ?? none).slice(0, room);
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
    this.#sayBelow([`▪ ${count(codes.length / 2)} codes, T = 0`, `○ ${count(prior.length / 2)} draws, T = 1`]);
    Object.assign(this.report, { codes: codes.length / 2, prior: prior.length / 2 });
  }
}
