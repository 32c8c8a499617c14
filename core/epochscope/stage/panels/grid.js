/** A square grid as a picture: the discriminator's field with the two sets of points it tells apart, or a matrix. */

import { make } from "../base/dom.js";
import { count } from "../base/panel.js";
import { PlotPanel } from "../base/plot_panel.js";
import { saving } from "../base/save_picture.js";
import { planeOf, scaled } from "../data/channel_decoders.js";
import { diverging, scaleOf, table, VIRIDIS } from "../render/colormaps.js";

export class GridPanel extends PlotPanel {
  constructor(host, data, context) {
    super(host, data, context);
    this.cells = document.createElement("canvas");
    this.caption = make("div", "es-caption");
    this.root.append(make("div", "es-foot", {}, this.caption));
  }

  get field() {
    return this.spec.value === "field";
  }

  get colors() {
    return this.field ? diverging(this.theme.dark ? "#33373e" : "#ffffff") : VIRIDIS;
  }

  get defaults() {
    const axis = { showgrid: false, zeroline: false, ticks: "" };
    return { dragmode: false, xaxis: axis, yaxis: { ...axis } };
  }

  get config() {
    return { ...super.config, modeBarButtons: [saving(this)] };
  }

  layout() {
    const layout = super.layout();
    const [left, right, low, high] = this.field ? (this.box ?? [0, 1, 0, 1]) : [0, 1, 1, 0];
    // directions of a plane and places in an order have no unit: the room belongs to the picture, the caption says the rest
    const bare = { autorange: false, fixedrange: true, showticklabels: false, ticks: "", title: { text: "" } };
    Object.assign(layout.xaxis, { range: [left, right], ...bare });
    Object.assign(layout.yaxis, { range: [low, high], ...bare });
    layout.margin = { l: 6, r: 34, t: 28, b: 42 };
    return layout;
  }

  traces() {
    const bar = {
      thickness: 9,
      outlinewidth: 0,
      len: 1,
      y: 0.5,
      xpad: 6,
      tickfont: { color: this.theme.faint, size: 10.5 },
      nticks: 4,
    };
    const marker = {
      color: [0],
      cmin: 0,
      cmax: this.field ? 1 : this.top || 1,
      colorscale: scaleOf(this.colors),
      showscale: true,
      colorbar: bar,
    };
    return [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false, marker }];
  }

  changed(what) {
    if (what === "update") this.drawn = null;
  }

  /** Axes and colour bar follow the epoch: boxes of fields move, affinities grow. */
  #follow(box, top) {
    const key = `${box}|${top?.toPrecision(2)}`;
    if (key === this.key) return;
    this.key = key;
    [this.box, this.top] = [box, top];
    this.redress();
  }

  #raster(values) {
    const g = Math.round(Math.sqrt(values.length));
    const { cells } = this;
    cells.width = cells.height = g;
    const context = cells.getContext("2d");
    const image = context.createImageData(g, g);
    const pixels = new Uint32Array(image.data.buffer);
    const lut = table(this.colors);
    // row 0 of a field is its lowest, row 0 of a matrix its highest
    for (let y = 0; y < g; y++)
      for (let x = 0; x < g; x++) pixels[(this.field ? g - 1 - y : y) * g + x] = lut[values[y * g + x]];
    context.putImageData(image, 0, 0);
  }

  paint() {
    const area = this.surface();
    if (!area || area.height < 10) return false;
    const entry = this.store.current;
    const matrix = this.field ? null : scaled(entry?.affinity);
    const values = this.field ? entry?.field : matrix?.values;
    Object.assign(this.report, { epoch: entry?.epoch ?? null, n: values?.length ?? 0 });
    if (!values || (this.field && !entry.field_box)) {
      const what = this.field ? "field of a discriminator" : "affinity";
      this.say(
        this.store.message.text
          ? ""
          : entry
            ? `No ${what} in this phase${entry.phase ? ` (${entry.phase})` : ""}.`
            : "Waiting for the first epoch ...",
      );
      this.caption.title = "";
      this.caption.replaceChildren();
      return false;
    }
    this.say("");
    this.#follow(entry.field_box, matrix?.top);
    if (this.drawn !== values || this.dark !== this.theme.dark) this.#raster(values);
    [this.drawn, this.dark] = [values, this.theme.dark];
    const { context, left, top, width, height } = area;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.imageSmoothingEnabled = this.field;
    context.drawImage(this.cells, left, top, width, height);
    if (this.field) this.#sets(area, entry);
    else this.#say(["points in the order of", "their clusters; bright: strong"]);
    context.restore();
    return false;
  }

  /** Two lines below the picture. */
  #say(lines) {
    const text = lines.join(" ");
    if (this.caption.title === text) return;
    this.caption.title = text;
    this.caption.replaceChildren(...lines.map((line) => make("div", "es-line", {}, line)));
  }

  /** Codes as dots, draws from the prior as rings: they differ by shape, not by colour alone. */
  #sets({ context, left, top, width, height, xaxis, yaxis }, entry) {
    const room = 2 * Math.round((width * height) / 120); // more would hide the field
    const codes = (planeOf(entry.field_codes) ?? []).slice(0, room);
    const prior = (planeOf(entry.field_prior) ?? []).slice(0, room);
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
    this.#say([`▪ ${count(codes.length / 2)} codes, T = 0`, `○ ${count(prior.length / 2)} draws, T = 1`]);
    Object.assign(this.report, { codes: codes.length / 2, prior: prior.length / 2 });
  }
}
